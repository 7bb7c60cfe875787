"""Each action of each role is taken away in turn: what the role is for must no longer come out.

A role's battery runs once with every right, once without each of them, and at last with every right but those
taken on trust: that it passes then shows that each right came back and that no failure left anything broken.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from functools import cache
from typing import Any

import pytest

from localcloud.client.handle import LocalCloud
from tests.gates.roles.bucket_battery import Battery
from tests.gates.roles.object_battery import ObjectBattery, k_admits_another_account
from tests.support.deployment import Deployment
from tests.support.translated import actions, of_type, resolved
from tests.support.workers import kill_workers

LANE, TRAIL_CHECK, SCHEDULE = "EnforceBucketRole", "CheckTrailRole", "CheckTrailScheduleRole"
OBJECTS = "EnforceObjectRole"
TRAIL = "gate-trail"
REMEMBERED = {"kms:DescribeKey", "kms:GetKeyPolicy"}
"""What the functions ask once a minute of one and the same key, K."""
POLLER = "on AWS Lambda's poller takes messages with the role's rights; the local cloud's asks nobody"
LOGGER = "on AWS Lambda writes the log with the role's rights; the local cloud asks nobody"
FAILURES = (
    "on AWS Lambda tells failures of asynchronous calls with the role's rights; the local cloud asks nobody"
)
SCHEDULER = "on AWS the scheduler calls with the role's rights; the local cloud asks nobody"
NOT_MISSED = {
    (LANE, "sqs:ReceiveMessage"): POLLER,
    (LANE, "sqs:DeleteMessage"): POLLER,
    (LANE, "sqs:GetQueueAttributes"): POLLER,
    (LANE, "logs:CreateLogStream"): LOGGER,
    (LANE, "logs:PutLogEvents"): LOGGER,
    (OBJECTS, "sqs:ReceiveMessage"): POLLER,
    (OBJECTS, "sqs:DeleteMessage"): POLLER,
    (OBJECTS, "sqs:GetQueueAttributes"): POLLER,
    (OBJECTS, "logs:CreateLogStream"): LOGGER,
    (OBJECTS, "logs:PutLogEvents"): LOGGER,
    (TRAIL_CHECK, "logs:CreateLogStream"): LOGGER,
    (TRAIL_CHECK, "logs:PutLogEvents"): LOGGER,
    (TRAIL_CHECK, "sns:Publish"): FAILURES,
    (SCHEDULE, "lambda:InvokeFunction"): SCHEDULER,
}
GRANTED = sorted(
    {
        (role, action)
        for role, properties in of_type(resolved(), "AWS::IAM::Role").items()
        for policy in properties["Policies"]
        for statement in policy["PolicyDocument"]["Statement"]
        for action in actions(statement)
    }
)
MISSED = [grant for grant in GRANTED if grant not in NOT_MISSED]

Complaint = Callable[[], str | None]


@pytest.fixture(scope="module")
def role_deployment(deployment: Deployment) -> Iterator[Deployment]:
    """The shared stack while K admits a reader of another account."""
    with k_admits_another_account(deployment):
        yield deployment


@pytest.fixture(scope="module")
def complaint_of(role_deployment: Deployment) -> Iterator[Callable[[str], Complaint]]:
    """By role, what says whether everything comes out that the role is for. With every right it does."""
    batteries = {LANE: bucket_lane, OBJECTS: object_lane, TRAIL_CHECK: trail_check}
    with ExitStack() as started:

        @cache
        def complaint_of(role: str) -> Complaint:
            complaint = started.enter_context(batteries[role](role_deployment))
            assert complaint() is None
            return complaint

        yield complaint_of


@contextmanager
def bucket_lane(deployment: Deployment) -> Iterator[Complaint]:
    yield Battery(deployment).complaint
    forget_what_was_refused(deployment)


@contextmanager
def object_lane(deployment: Deployment) -> Iterator[Complaint]:
    yield ObjectBattery(deployment, roles_of(deployment)[OBJECTS]).complaint
    forget_what_was_refused(deployment)


@contextmanager
def trail_check(deployment: Deployment) -> Iterator[Complaint]:
    """Whether the function that looks for trails says of a trail what it says with all its rights."""
    cloud, stack = deployment.cloud, deployment.stack
    trails = cloud.client("cloudtrail")
    cloud.client("s3").create_bucket(Bucket=TRAIL)
    trails.create_trail(Name=TRAIL, S3BucketName=TRAIL)
    trails.start_logging(Name=TRAIL)

    def look() -> Any:
        answer = cloud.client("lambda").invoke(FunctionName=stack.outputs["TrailCheckFunction"])
        return answer.get("FunctionError"), json.load(answer["Payload"])

    error, complete = look()
    assert error is None, complete

    def complaint() -> str | None:
        found = look()
        return None if found == (None, complete) else f"{found} instead of {complete}"

    yield complaint
    trails.delete_trail(Name=TRAIL)


def roles_of(deployment: Deployment) -> dict[str, str]:
    """The roles' names by their names in the template."""
    cloudformation = deployment.cloud.client("cloudformation")
    answer = cloudformation.describe_stack_resources(StackName=deployment.stack.name)
    return {r["LogicalResourceId"]: r["PhysicalResourceId"] for r in answer["StackResources"]}


def forget_what_was_refused(deployment: Deployment) -> None:
    queue = deployment.stack.outputs["BucketQueueUrl"]
    deployment.cloud.client("sqs").purge_queue(QueueUrl=queue)


@contextmanager
def taken_away(names: Iterable[str], role: str, deployment: Deployment) -> Iterator[None]:
    """The role with an explicit Deny of these actions."""
    iam, role_name = deployment.cloud.client("iam"), roles_of(deployment)[role]
    deny = {"Effect": "Deny", "Action": list(names), "Resource": "*"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [deny]})
    iam.put_role_policy(RoleName=role_name, PolicyName="taken-away", PolicyDocument=document)
    try:
        yield
    finally:
        iam.delete_role_policy(RoleName=role_name, PolicyName="taken-away")


def forgotten(cloud: LocalCloud) -> None:
    """What the functions remember of keys: it could stand in for a right."""
    kill_workers(cloud)


@pytest.mark.parametrize(("role", "action"), MISSED, ids=[f"{role} {action}" for role, action in MISSED])
def test_action_that_is_taken_away_is_missed(
    role: str, action: str, role_deployment: Deployment, complaint_of: Callable[[str], Complaint]
) -> None:
    complaint = complaint_of(role)

    with taken_away([action], role, role_deployment):
        if action in REMEMBERED:
            forgotten(role_deployment.cloud)
        without = complaint()
    forget_what_was_refused(role_deployment)

    assert without is not None


@pytest.mark.parametrize("role", [LANE, OBJECTS, TRAIL_CHECK])
def test_nothing_is_missed_when_every_action_is_back_but_those_taken_on_trust(
    role: str, role_deployment: Deployment, complaint_of: Callable[[str], Complaint]
) -> None:
    complaint = complaint_of(role)
    trusted = [action for of, action in NOT_MISSED if of == role]

    with taken_away(trusted, role, role_deployment):
        without = complaint()

    assert without is None


def test_nothing_is_taken_on_trust_that_no_role_may_do() -> None:
    assert NOT_MISSED.keys() - set(GRANTED) == set()
