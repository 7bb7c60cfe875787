"""What the guard knows when it writes: old answers, other partitions, the policy of the stack's own key."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import botocore.session
import pytest

from tests.scenarios.world import records
from tests.scenarios.world.names import (
    BUCKET,
    BUCKET_KEY,
    PARTNER,
    TEAM_KEY,
)
from tests.scenarios.world.policies import (
    THROUGH_S3,
    USE,
    administered,
    admits,
    allow,
    aws,
    deny,
    own_callers,
    policy,
    root,
)
from tests.scenarios.world.world import World

Deploy = Callable[..., World]
AWS_DEFAULT_KEY_POLICY = policy(allow(root(), "kms:*"))
PARTNER_READS = policy(admits(root(PARTNER)))
NEW_OBJECTS = "arn:aws:s3:::new-bucket/*"
FIRST, SECOND = "first environment", "second environment"


# --- the stack's own key -------------------------------------------------------------------------


@pytest.mark.parametrize(
    "key_policy",
    [
        pytest.param(AWS_DEFAULT_KEY_POLICY, id="AWS's default"),
        pytest.param(policy(administered()), id="administration only"),
        pytest.param(policy(administered(), own_callers(), deny("*", *USE)), id="with a Deny"),
    ],
)
def test_g7_stacks_own_key_is_not_trusted_without_a_look(world: World, key_policy: dict[str, Any]) -> None:
    world.k.policies["default"] = key_policy

    world.sets_default("AES256")

    assert not world.was_written
    assert world.only_finding["status"] == "MANUAL"


def test_g7_stacks_own_key_with_the_templates_policy_is_written(world: World) -> None:
    world.sets_default("AES256")

    assert world.bucket_is_under_k


def test_g7_operator_vouches_for_a_key_whose_policy_leaves_it_to_iam(deploy: Deploy) -> None:
    world = deploy(KmsKeyArn=TEAM_KEY, CallersMayUseKey="true")
    world.team_key.policies["default"] = AWS_DEFAULT_KEY_POLICY

    world.sets_default("AES256")

    assert world.bucket.key_id == TEAM_KEY


# --- answers of a few minutes ago, and of another execution environment --------------------------


def pipeline(world: World, opens: Callable[[], None]) -> None:
    """A pipeline creates a bucket, opens it, and sets its encryption; two environments share the work."""
    bucket = world.buckets.add("new-bucket")
    at = world.clock.now
    world.happens(records.bucket_call("CreateBucket", "new-bucket", at()), environment=FIRST)
    world.wait(10)
    opens()
    world.happens(records.bucket_call("PutBucketPolicy", "new-bucket", at()), environment=SECOND)
    world.wait(10)
    world.happens(world.lowered("AES256", bucket="new-bucket"), environment=FIRST)
    assert bucket.name == "new-bucket"


@pytest.mark.parametrize(
    "opened",
    [
        pytest.param(
            {"policy": policy(allow(root(PARTNER), "s3:GetObject", resource=NEW_OBJECTS))},
            id="policy",
        ),
        pytest.param({"website": {"IndexDocument": {"Suffix": "index.html"}}}, id="website"),
        pytest.param({"grants": [("http://acs.amazonaws.com/groups/global/AllUsers", "WRITE")]}, id="ACL"),
        pytest.param(
            {"replication": [{"ID": "r", "Status": "Enabled", "Destination": {"Bucket": "copy"}}]},
            id="replication",
        ),
    ],
)
def test_g8_bucket_opened_since_another_environment_looked_is_not_moved(
    world: World, opened: dict[str, Any]
) -> None:
    def opens() -> None:
        for name, value in opened.items():
            setattr(world.buckets.buckets["new-bucket"], name, value)

    pipeline(world, opens)

    assert world.buckets.buckets["new-bucket"].algorithm == "AES256"
    assert world.findings[-1]["status"] == "MANUAL"


def test_g8_bucket_that_nobody_opened_is_moved(world: World) -> None:
    pipeline(world, lambda: None)

    assert world.is_under_k(world.buckets.buckets["new-bucket"])


@pytest.mark.parametrize("seconds", [15, 60, 110])
def test_g8_object_in_a_bucket_opened_since_the_last_look_is_not_rewritten(
    world: World, seconds: float
) -> None:
    world.writes("before.csv", algorithm="AES256")
    world.bucket.policy = PARTNER_READS
    world.wait(seconds)

    world.writes("after.csv", algorithm="AES256")

    assert world.object("after.csv").algorithm == "AES256"
    assert world.findings[-1]["status"] == "MANUAL"


def test_g8_objects_of_a_bucket_that_nobody_opened_are_rewritten(world: World) -> None:
    world.writes("before.csv")
    world.wait(60)

    world.writes("after.csv")

    assert world.object("after.csv").key_id == world.k.arn


# --- the last look before the write --------------------------------------------------------------


def with_known_answers(world: World) -> None:
    """The functions have looked at this bucket and at K a moment ago."""
    world.sets_default("AES256")
    assert world.bucket_is_under_k
    world.wait(5)


def somebody_sets(world: World, algorithm: str, key_id: str) -> Callable[[], None]:
    return lambda: world.bucket.set_rule(
        {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": algorithm, "KMSMasterKeyID": key_id}}
    )


@pytest.mark.parametrize("algorithm", ["aws:kms:dsse", "aws:kms"])
def test_g9_bucket_set_while_the_ledger_is_slow_is_not_overwritten(world: World, algorithm: str) -> None:
    with_known_answers(world)
    world.account.slow("dynamodb:PutItem", 30)
    world.account.before("dynamodb:PutItem", somebody_sets(world, algorithm, TEAM_KEY))

    world.sets_default("AES256")

    assert (world.bucket.algorithm, world.bucket.key_id) == (algorithm, TEAM_KEY)


def test_g9_bucket_that_nobody_sets_while_the_ledger_is_slow_is_moved(world: World) -> None:
    with_known_answers(world)
    world.account.slow("dynamodb:PutItem", 30)

    world.sets_default("AES256")

    assert world.bucket_is_under_k


@pytest.mark.parametrize("state", ["Disabled", "PendingDeletion"])
def test_g9_key_disabled_within_the_last_minute_is_not_written(world: World, state: str) -> None:
    with_known_answers(world)
    world.k.state = state

    world.sets_default("AES256")

    assert world.bucket.algorithm == "AES256"
    assert (world.findings[-1]["status"], world.findings[-1]["severity"]) == ("MANUAL", "CRITICAL")


def test_g9_key_disabled_within_the_last_minute_is_not_written_to_an_object(world: World) -> None:
    world.writes("before.csv")
    world.wait(5)
    world.k.state = "Disabled"

    world.writes("after.csv")

    assert world.object("after.csv").algorithm == "AES256"
    assert (world.findings[-1]["status"], world.findings[-1]["severity"]) == ("MANUAL", "CRITICAL")


@pytest.mark.parametrize("state", ["Disabled", "PendingDeletion"])
def test_g9_key_disabled_before_the_first_look_is_not_written(world: World, state: str) -> None:
    world.k.state = state

    world.sets_default("AES256")

    assert not world.was_written
    assert (world.only_finding["status"], world.only_finding["severity"]) == ("MANUAL", "CRITICAL")


# --- Bucket Key and encryption context ----------------------------------------------------------

CONTEXT = "kms:EncryptionContext:aws:s3:arn"


def under_context(context: dict[str, Any] | None) -> dict[str, Any]:
    return own_callers(**({"StringEquals": THROUGH_S3} | (context or {})))


RESTS_ON_OBJECTS = [
    pytest.param({"StringLike": {CONTEXT: f"arn:aws:s3:::{BUCKET}/*"}}, id="objects"),
    pytest.param({"StringLike": {CONTEXT: f"arn:aws:s3:::{BUCKET}/a/*"}}, id="some objects"),
    pytest.param({"ArnLike": {CONTEXT: f"arn:aws:s3:::{BUCKET}/*"}}, id="by ARN"),
]
ALSO_ADMITS_THE_BUCKET = [
    pytest.param(None, id="no condition"),
    pytest.param({"StringLike": {CONTEXT: f"arn:aws:s3:::{BUCKET}*"}}, id="bucket and objects"),
]


def bucket_key_off(deploy: Deploy, context: dict[str, Any] | None) -> World:
    """A bucket under a team's key, whose Bucket Key is off and to be enforced."""
    world = deploy(BucketKeyMode="enforce")
    world.team_key.policies["default"] = policy(administered(), under_context(context))
    world.sets_default("aws:kms", TEAM_KEY)
    return world


@pytest.mark.parametrize("context", RESTS_ON_OBJECTS)
def test_g10_bucket_key_is_not_turned_on_where_the_key_policy_rests_on_object_arns(
    deploy: Deploy, context: dict[str, Any]
) -> None:
    world = bucket_key_off(deploy, context)

    assert not world.bucket.bucket_key
    assert [finding["status"] for finding in world.findings_of(BUCKET_KEY)] == ["MANUAL"]


@pytest.mark.parametrize("context", ALSO_ADMITS_THE_BUCKET)
def test_g10_bucket_key_is_turned_on_where_the_key_policy_admits_the_bucket_arn(
    deploy: Deploy, context: dict[str, Any] | None
) -> None:
    world = bucket_key_off(deploy, context)

    assert world.bucket.bucket_key
    assert [finding["status"] for finding in world.findings_of(BUCKET_KEY)] == ["REMEDIATED"]


@pytest.mark.parametrize("context", RESTS_ON_OBJECTS)
def test_g10_bucket_is_not_moved_with_a_bucket_key_that_the_remediation_key_refuses(
    deploy: Deploy, context: dict[str, Any]
) -> None:
    world = deploy(KmsKeyArn=TEAM_KEY)
    world.team_key.policies["default"] = policy(administered(), under_context(context))

    world.sets_default("AES256")

    assert not world.was_written
    assert world.findings[0]["status"] == "MANUAL"


# --- partitions ---------------------------------------------------------------------------------


def places() -> list[Any]:
    """Every partition that botocore knows, with one of its Regions."""
    partitions = botocore.session.get_session().get_data("endpoints")["partitions"]
    first = {p["partition"]: min(region for region in p["regions"]) for p in partitions if p["regions"]}
    return [pytest.param(partition, region, id=partition) for partition, region in first.items()]


@pytest.mark.parametrize(("partition", "region"), places())
def test_g11_templates_own_key_admits_its_callers_in_every_partition(
    deploy: Deploy, partition: str, region: str
) -> None:
    world = deploy(partition=partition, region=region)

    world.happens(world.lowered("AES256", awsRegion=region))

    assert world.bucket_is_under_k, world.findings


@pytest.mark.parametrize(("partition", "region"), places())
def test_g11_partner_is_locked_out_in_every_partition(deploy: Deploy, partition: str, region: str) -> None:
    world = deploy(partition=partition, region=region)
    partner = aws(f"arn:{partition}:iam::{PARTNER}:root")
    world.bucket.policy = policy(allow(partner, "s3:GetObject", resource=f"arn:{partition}:s3:::{BUCKET}/*"))

    world.happens(world.lowered("AES256", awsRegion=region))

    assert not world.was_written
    assert world.findings[0]["status"] == "MANUAL"


@pytest.mark.parametrize(("partition", "region"), places())
def test_g11_trail_of_object_buckets_names_each_in_its_partition(
    deploy: Deploy, partition: str, region: str
) -> None:
    world = deploy(partition=partition, region=region, ObjectBuckets="one,two,three")

    trail = json.dumps(world.stack.template["Resources"]["ObjectTrail"])

    assert [f"arn:{partition}:s3:::{name}" in trail for name in ("one", "two", "three")] == [True] * 3


# --- callers that KMS refuses -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "hint"),
    [
        pytest.param(
            {"additionalEventData": {"SignatureVersion": "SigV2", "AuthenticationMethod": "QueryString"}},
            {"SigV2", "Signature Version 2"},
            id="Signature Version 2",
        ),
        pytest.param(
            {"tlsDetails": None},
            {"HTTP", "TLS"},
            id="no TLS",
        ),
    ],
)
def test_g14_caller_that_kms_refuses_is_a_hint_in_the_finding(
    world: World, changes: dict[str, Any], hint: set[str]
) -> None:
    world.writes(record=changes)

    assert any(word in str(world.only_finding) for word in hint)


def test_g14_finding_about_an_ordinary_caller_has_no_hint(world: World) -> None:
    hints = ("SigV2", "Signature Version 2", "HTTP", "TLS")

    world.writes()

    assert not any(word in str(world.only_finding) for word in hints)
