"""Each action of each role is denied in turn: the role's task must then fail.

A role's battery runs once with every right, once without each of them, and last with every right except those
that cannot be tested. That it then passes shows that each right was restored and nothing was left broken.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from localcloud.client.handle import LocalCloud
from tests.gates.roles.bucket_battery import Battery
from tests.gates.roles.key_battery import KeyBattery
from tests.gates.roles.object_battery import ObjectBattery, remediation_key_admits_another_account
from tests.gates.roles.policy_battery import PolicyBattery
from tests.gates.roles.sweep_battery import SweepBattery
from tests.support.deployment import Deployment, deployed
from tests.support.rights import role_statements
from tests.support.translated import actions, enforcing, of_type
from tests.support.workers import kill_workers

LANE, TRAIL_CHECK, SCHEDULE = "EnforceBucketRole", "CheckTrailRole", "CheckTrailScheduleRole"
OBJECTS, KEYS, POLICIES = "EnforceObjectRole", "EnforceKeyRole", "EnforcePolicyRole"
SWEEP, SWEEP_TIMER = "SweepRole", "SweepTimerRole"
TRAIL = "gate-trail"
CACHED = {"kms:DescribeKey", "kms:GetKeyPolicy", "kms:ListKeyPolicies", "s3:GetBucketTagging"}
"""Calls whose answers the functions cache for a minute or two."""
POLLER = "on AWS Lambda's poller uses the role's rights; the local cloud's poller uses none"
LOGGER = "on AWS Lambda writes the log with the role's rights; the local cloud checks none"
FAILURES = (
    "on AWS Lambda publishes failed asynchronous calls with the role's rights; the local cloud checks none"
)
ACCOUNT_SETTINGS = "the local cloud has no S3 Control: the account's Block Public Access stays unknown"
SCHEDULER = "on AWS the scheduler calls with the role's rights; the local cloud checks none"
LONG_SWEEPS = "only a sweep that is longer than one invocation continues itself"
UNTESTED = {
    (LANE, "sqs:ReceiveMessage"): POLLER,
    (LANE, "sqs:DeleteMessage"): POLLER,
    (LANE, "sqs:GetQueueAttributes"): POLLER,
    (LANE, "logs:CreateLogStream"): LOGGER,
    (LANE, "logs:PutLogEvents"): LOGGER,
    (LANE, "s3:GetAccountPublicAccessBlock"): ACCOUNT_SETTINGS,
    (OBJECTS, "s3:GetAccountPublicAccessBlock"): ACCOUNT_SETTINGS,
    (OBJECTS, "sqs:ReceiveMessage"): POLLER,
    (OBJECTS, "sqs:DeleteMessage"): POLLER,
    (OBJECTS, "sqs:GetQueueAttributes"): POLLER,
    (OBJECTS, "logs:CreateLogStream"): LOGGER,
    (OBJECTS, "logs:PutLogEvents"): LOGGER,
    (KEYS, "sqs:ReceiveMessage"): POLLER,
    (KEYS, "sqs:DeleteMessage"): POLLER,
    (KEYS, "sqs:GetQueueAttributes"): POLLER,
    (KEYS, "logs:CreateLogStream"): LOGGER,
    (KEYS, "logs:PutLogEvents"): LOGGER,
    (POLICIES, "s3:GetAccountPublicAccessBlock"): ACCOUNT_SETTINGS,
    (POLICIES, "sqs:ReceiveMessage"): POLLER,
    (POLICIES, "sqs:DeleteMessage"): POLLER,
    (POLICIES, "sqs:GetQueueAttributes"): POLLER,
    (POLICIES, "logs:CreateLogStream"): LOGGER,
    (POLICIES, "logs:PutLogEvents"): LOGGER,
    (TRAIL_CHECK, "logs:CreateLogStream"): LOGGER,
    (TRAIL_CHECK, "logs:PutLogEvents"): LOGGER,
    (TRAIL_CHECK, "sns:Publish"): FAILURES,
    (SWEEP, "logs:CreateLogStream"): LOGGER,
    (SWEEP, "logs:PutLogEvents"): LOGGER,
    (SWEEP, "sqs:ReceiveMessage"): POLLER,
    (SWEEP, "sqs:DeleteMessage"): POLLER,
    (SWEEP, "sqs:GetQueueAttributes"): POLLER,
    (SWEEP, "s3:GetAccountPublicAccessBlock"): ACCOUNT_SETTINGS,
    (SWEEP, "sqs:SendMessage"): LONG_SWEEPS,
    (SWEEP_TIMER, "sqs:SendMessage"): SCHEDULER,
    (SCHEDULE, "lambda:InvokeFunction"): SCHEDULER,
}
WRITING = enforcing(KeyDeletionMode="enforce")
"""The template that is deployed: its roles may make every write."""
GRANTED = sorted(
    {
        (role, action)
        for template in (WRITING, enforcing(TlsMode="enforce"))
        for role in of_type(template, "AWS::IAM::Role")
        for statement in role_statements(template, role)
        for action in actions(statement)
    }
)
TESTED = [grant for grant in GRANTED if grant not in UNTESTED]

FirstFailure = Callable[[], str | None]


@pytest.fixture(scope="module")
def deployment_of(request: pytest.FixtureRequest, built: Path) -> Iterator[Callable[[str], Deployment]]:
    """By role, the shared stack while K admits a reader of another account, or one that writes policies."""
    with ExitStack() as started:

        @cache
        def stack(*, writes_policies: bool) -> Deployment:
            if writes_policies:
                assert built.is_dir()
                return started.enter_context(deployed(TlsMode="enforce"))
            shared: Deployment = request.getfixturevalue("deployment")
            started.enter_context(remediation_key_admits_another_account(shared))
            return shared

        yield lambda role: stack(writes_policies=role == POLICIES)


@pytest.fixture(scope="module")
def first_failure_of(
    deployment_of: Callable[[str], Deployment],
) -> Iterator[Callable[[str], FirstFailure]]:
    """By role, the function that runs its battery; it was run once with every right, without a failure."""
    batteries = {
        LANE: bucket_lane,
        OBJECTS: object_lane,
        KEYS: key_lane,
        POLICIES: policy_lane,
        SWEEP: sweep,
        TRAIL_CHECK: trail_check,
    }
    with ExitStack() as started:

        @cache
        def first_failure_of(role: str) -> FirstFailure:
            first_failure = started.enter_context(batteries[role](deployment_of(role)))
            assert first_failure() is None
            return first_failure

        yield first_failure_of


@contextmanager
def bucket_lane(deployment: Deployment) -> Iterator[FirstFailure]:
    yield Battery(deployment).first_failure
    purge_returned_messages(deployment)


@contextmanager
def object_lane(deployment: Deployment) -> Iterator[FirstFailure]:
    yield ObjectBattery(deployment).first_failure
    purge_returned_messages(deployment)


@contextmanager
def key_lane(deployment: Deployment) -> Iterator[FirstFailure]:
    yield KeyBattery(deployment).first_failure
    purge_returned_messages(deployment)


@contextmanager
def sweep(deployment: Deployment) -> Iterator[FirstFailure]:
    """Each sweep in a new process: it looks at the same buckets, of which an earlier one cached answers."""
    battery = SweepBattery(deployment)

    def first_failure() -> str | None:
        clear_caches(deployment.cloud)
        return battery.first_failure()

    yield first_failure


@contextmanager
def policy_lane(deployment: Deployment) -> Iterator[FirstFailure]:
    yield PolicyBattery(deployment).first_failure
    purge_returned_messages(deployment)


@contextmanager
def trail_check(deployment: Deployment) -> Iterator[FirstFailure]:
    """Whether the trail check gives the same answer as with all its rights."""
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

    def first_failure() -> str | None:
        found = look()
        return None if found == (None, complete) else f"{found} instead of {complete}"

    yield first_failure
    trails.delete_trail(Name=TRAIL)


def roles_of(deployment: Deployment) -> dict[str, str]:
    """The roles' physical names by their logical names."""
    cloudformation = deployment.cloud.client("cloudformation")
    answer = cloudformation.describe_stack_resources(StackName=deployment.stack.name)
    return {r["LogicalResourceId"]: r["PhysicalResourceId"] for r in answer["StackResources"]}


def purge_returned_messages(deployment: Deployment) -> None:
    for lane in ("Bucket", "Key", "KeyLook", "Policy"):
        queue = deployment.stack.outputs.get(f"{lane}QueueUrl")
        if queue:
            deployment.cloud.client("sqs").purge_queue(QueueUrl=queue)


@contextmanager
def denied(names: Iterable[str], role: str, deployment: Deployment) -> Iterator[None]:
    """Deny these actions to the role meanwhile."""
    iam, role_name = deployment.cloud.client("iam"), roles_of(deployment)[role]
    deny = {"Effect": "Deny", "Action": list(names), "Resource": "*"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [deny]})
    iam.put_role_policy(RoleName=role_name, PolicyName="taken-away", PolicyDocument=document)
    try:
        yield
    finally:
        iam.delete_role_policy(RoleName=role_name, PolicyName="taken-away")


def clear_caches(cloud: LocalCloud) -> None:
    """Clear what the functions cached about keys: it could replace a right."""
    kill_workers(cloud)


@pytest.mark.parametrize(("role", "action"), TESTED, ids=[f"{role} {action}" for role, action in TESTED])
def test_battery_fails_without_the_action(
    role: str,
    action: str,
    deployment_of: Callable[[str], Deployment],
    first_failure_of: Callable[[str], FirstFailure],
) -> None:
    deployment, first_failure = deployment_of(role), first_failure_of(role)

    with denied([action], role, deployment):
        if action in CACHED:
            clear_caches(deployment.cloud)
        without = first_failure()
    purge_returned_messages(deployment)

    assert without is not None


@pytest.mark.parametrize("role", [LANE, OBJECTS, KEYS, POLICIES, SWEEP, TRAIL_CHECK])
def test_battery_passes_with_every_action_except_the_untested_ones(
    role: str, deployment_of: Callable[[str], Deployment], first_failure_of: Callable[[str], FirstFailure]
) -> None:
    first_failure = first_failure_of(role)
    trusted = [action for of, action in UNTESTED if of == role]

    with denied(trusted, role, deployment_of(role)):
        without = first_failure()

    assert without is None


def test_every_untested_action_is_granted_to_its_role() -> None:
    assert UNTESTED.keys() - set(GRANTED) == set()
