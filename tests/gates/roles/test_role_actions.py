"""Each action of each role is taken away in turn: what the role is for must no longer come out."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from localcloud.client.deploy import Stack
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
def role_names(cloud: LocalCloud, stack: Stack) -> dict[str, str]:
    """The roles' names by their names in the template."""
    answer = cloud.client("cloudformation").describe_stack_resources(StackName=stack.name)
    return {r["LogicalResourceId"]: r["PhysicalResourceId"] for r in answer["StackResources"]}


@pytest.fixture(scope="module")
def complaints(
    cloud: LocalCloud, stack: Stack, deployment: Deployment, role_names: dict[str, str]
) -> Iterator[dict[str, Complaint]]:
    """By role, what says whether everything comes out that the role is for. It does at first."""
    complaints = {
        LANE: Battery(deployment).complaint,
        OBJECTS: ObjectBattery(deployment, role_names[OBJECTS]).complaint,
        TRAIL_CHECK: trail_check(cloud, stack),
    }
    with k_admits_another_account(deployment):
        assert {role: complaint() for role, complaint in complaints.items()} == dict.fromkeys(complaints)
        yield complaints
    cloud.client("cloudtrail").delete_trail(Name=TRAIL)
    cloud.client("sqs").purge_queue(QueueUrl=stack.outputs["BucketQueueUrl"])  # what was refused meanwhile


def trail_check(cloud: LocalCloud, stack: Stack) -> Complaint:
    """Whether the function that looks for trails says of a trail what it says with all its rights."""
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

    return complaint


@contextmanager
def taken_away(names: Iterable[str], role_name: str, cloud: LocalCloud) -> Iterator[None]:
    """The role with an explicit Deny of these actions."""
    iam = cloud.client("iam")
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
def test_action_that_is_taken_away_is_missed_until_it_is_back(
    role: str,
    action: str,
    cloud: LocalCloud,
    stack: Stack,
    role_names: dict[str, str],
    complaints: dict[str, Complaint],
) -> None:
    with taken_away([action], role_names[role], cloud):
        if action in REMEMBERED:
            forgotten(cloud)
        without = complaints[role]()
    cloud.client("sqs").purge_queue(QueueUrl=stack.outputs["BucketQueueUrl"])  # what it sent back

    assert (without is not None, complaints[role]()) == (True, None)


@pytest.mark.parametrize("role", [LANE, OBJECTS, TRAIL_CHECK])
def test_what_is_taken_on_trust_is_not_missed(
    role: str, cloud: LocalCloud, role_names: dict[str, str], complaints: dict[str, Complaint]
) -> None:
    trusted = [action for of, action in NOT_MISSED if of == role]

    with taken_away(trusted, role_names[role], cloud):
        without = complaints[role]()

    assert without is None


def test_nothing_is_taken_on_trust_that_no_role_may_do() -> None:
    assert NOT_MISSED.keys() - set(GRANTED) == set()
