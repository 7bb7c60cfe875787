"""Which keys count as approved, and which are swapped for the remediation key."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.scenarios.world import records
from tests.scenarios.world.names import (
    AWS_S3_KEY,
    DEFAULT_ENCRYPTION,
    PARTNER,
    PARTNER_KEY,
    STRANGER_KEY,
    TEAM_KEY,
    key_arn,
)
from tests.scenarios.world.policies import aws, deny, policy
from tests.scenarios.world.world import World

Deploy = Callable[..., World]
SSE = "x-amz-server-side-encryption"
AWS_S3_ALIAS = "alias/aws/s3"


def verdict(world: World) -> list[tuple[str, str]]:
    """Severity and status of what was published about the bucket's default encryption."""
    return [(one["severity"], one["status"]) for one in world.findings_of(DEFAULT_ENCRYPTION)]


# --- objects under aws/s3 by whatever name -------------------------------------------------------


def under_aws_s3(world: World, named: str | None, algorithm: str = "aws:kms") -> records.Record:
    """A write that asks for aws/s3 by this name, or for KMS without a key."""
    world.add_key(AWS_S3_KEY, manager="AWS", aliases=(AWS_S3_ALIAS,))
    asked = {SSE: algorithm} | ({f"{SSE}-aws-kms-key-id": named} if named else {})
    return world.written(algorithm=algorithm, key_id=AWS_S3_KEY, record={"asked": asked})


@pytest.mark.parametrize("algorithm", ["aws:kms", "aws:kms:dsse"])
@pytest.mark.parametrize(
    "named",
    [
        pytest.param(None, id="no key"),
        pytest.param(AWS_S3_ALIAS, id="alias"),
        pytest.param(f"arn:aws:kms:us-east-1:111122223333:{AWS_S3_ALIAS}", id="alias ARN"),
        pytest.param(AWS_S3_KEY.rpartition("/")[2], id="key id"),
        pytest.param(AWS_S3_KEY, id="key ARN"),
    ],
)
def test_d1_object_under_aws_s3_is_remediated_however_it_is_named(
    deploy: Deploy, named: str | None, algorithm: str
) -> None:
    world = deploy(AwsManagedKeyArn=AWS_S3_KEY)

    world.happens(under_aws_s3(world, named, algorithm))

    assert world.object().key_id == world.k.arn


@pytest.mark.parametrize("key_id", [TEAM_KEY, TEAM_KEY.rpartition("/")[2]], ids=["key ARN", "key id"])
def test_d1_object_under_a_key_of_this_account_is_compliant(world: World, key_id: str) -> None:
    asked = {SSE: "aws:kms", f"{SSE}-aws-kms-key-id": key_id}

    world.writes(algorithm="aws:kms", key_id=TEAM_KEY, record={"asked": asked})

    assert not world.was_written
    assert world.messages == []


def test_d1_write_that_took_the_buckets_default_key_runs_no_function(world: World) -> None:
    world.writes(algorithm="aws:kms", key_id=world.k.arn)

    assert world.account.calls == []


# --- another account's key after a call that cannot have set it ----------------------------------

OTHER_CALLS = [
    "CreateBucket",
    "PutBucketPolicy",
    "DeleteBucketPolicy",
    "PutBucketAcl",
    "PutBucketWebsite",
    "PutBucketReplication",
]


def bucket_under(world: World, key_id: str) -> None:
    world.bucket.algorithm, world.bucket.key_id, world.bucket.bucket_key = "aws:kms", key_id, True


@pytest.mark.parametrize("key_id", [PARTNER_KEY, STRANGER_KEY], ids=["readable", "unreadable"])
@pytest.mark.parametrize("name", OTHER_CALLS)
def test_d2_foreign_key_that_the_call_cannot_have_set_is_kept(world: World, name: str, key_id: str) -> None:
    bucket_under(world, key_id)

    world.calls(name)

    assert not world.was_written
    assert verdict(world) == [("CRITICAL", "MANUAL")]


def test_d2_foreign_key_that_another_call_set_is_kept(world: World) -> None:
    record = records.put_encryption(world.bucket.name, world.clock.now(), "aws:kms", TEAM_KEY)
    bucket_under(world, PARTNER_KEY)

    world.happens(record)

    assert not world.was_written
    assert verdict(world) == [("CRITICAL", "MANUAL")]


@pytest.mark.parametrize(
    "rule",
    [{"BucketKeyEnabled": True}, {"BlockedEncryptionTypes": {"EncryptionType": "SSE-C"}}],
    ids=["Bucket Key", "block list"],
)
def test_d2_foreign_key_that_a_rule_without_a_default_leaves_is_kept(
    world: World, rule: dict[str, Any]
) -> None:
    record = records.put_encryption(world.bucket.name, world.clock.now())
    record["requestParameters"]["ServerSideEncryptionConfiguration"] = {"Rule": rule}
    bucket_under(world, PARTNER_KEY)

    world.happens(record)

    assert not world.was_written
    assert verdict(world) == [("CRITICAL", "MANUAL")]


@pytest.mark.parametrize("key_id", [PARTNER_KEY, STRANGER_KEY], ids=["readable", "unreadable"])
def test_d2_foreign_key_that_the_call_set_is_swapped(world: World, key_id: str) -> None:
    world.sets_default("aws:kms", key_id)

    assert world.bucket_is_under_k
    assert verdict(world) == [("CRITICAL", "REMEDIATED")]


@pytest.mark.parametrize("name", OTHER_CALLS)
def test_d2_other_weak_defaults_are_still_remediated_after_any_call(world: World, name: str) -> None:
    world.calls(name)

    assert world.bucket_is_under_k


# --- keys whose material is not AWS's ------------------------------------------------------------


@pytest.mark.parametrize("origin", ["EXTERNAL", "EXTERNAL_KEY_STORE"])
def test_d3_key_of_external_origin_is_not_approved_by_being_in_the_account(world: World, origin: str) -> None:
    world.team_key.origin = origin

    world.sets_default("aws:kms", TEAM_KEY, bucket_key=True)

    assert len(verdict(world)) == 1


@pytest.mark.parametrize(
    ("origin", "number"),
    [
        ("EXTERNAL", 1),
        ("EXTERNAL_KEY_STORE", 1),
        ("AWS_CLOUDHSM", 0),
    ],
)
def test_d3_object_is_judged_by_the_origin_of_its_key(world: World, origin: str, number: int) -> None:
    """The record does not show the key, so the function gets it (A21)."""
    world.team_key.origin = origin
    hidden = {"algorithm": None, "key_id": None}

    world.writes(name="CompleteMultipartUpload", algorithm="aws:kms", key_id=TEAM_KEY, record=hidden)

    assert world.account.count("s3:HeadObject") >= 1
    assert len(world.findings) == number


@pytest.mark.parametrize("origin", ["AWS_KMS", "AWS_CLOUDHSM"])
def test_d3_key_of_aws_origin_is_approved(world: World, origin: str) -> None:
    world.team_key.origin = origin

    world.sets_default("aws:kms", TEAM_KEY, bucket_key=True)

    assert verdict(world) == []


@pytest.mark.parametrize("origin", ["EXTERNAL", "EXTERNAL_KEY_STORE"])
def test_d3_listed_key_is_approved_whatever_its_origin(deploy: Deploy, origin: str) -> None:
    world = deploy(ApprovedKeys=TEAM_KEY)
    world.team_key.origin = origin

    world.sets_default("aws:kms", TEAM_KEY, bucket_key=True)

    assert verdict(world) == []


# --- a policy that refuses what the move would write ---------------------------------------------

OBJECTS = "arn:aws:s3:::payroll/*"


def prescribed(**condition: Any) -> dict[str, Any]:
    return deny("*", "s3:PutObject", resource=OBJECTS, **condition) | {"Sid": "PrescribedHeader"}


PRESCRIBES_ANOTHER = [
    pytest.param(prescribed(StringNotEquals={f"s3:{SSE}": "AES256"}), id="AES256"),
    pytest.param(prescribed(StringNotEquals={f"s3:{SSE}": ["AES256", "aws:fsx"]}), id="one of several"),
    pytest.param(prescribed(StringEquals={f"s3:{SSE}": "aws:kms"}), id="no KMS"),
    pytest.param(prescribed(StringLike={f"s3:{SSE}": "aws:kms*"}), id="no KMS by pattern"),
    pytest.param(prescribed(StringNotEquals={f"s3:{SSE}-aws-kms-key-id": TEAM_KEY}), id="another key"),
    pytest.param(
        prescribed(StringNotLikeIfExists={f"s3:{SSE}-aws-kms-key-id": f"{TEAM_KEY}*"}),
        id="another key by pattern",
    ),
]
PRESCRIBES_WHAT_IS_WRITTEN = [
    pytest.param(prescribed(StringNotEquals={f"s3:{SSE}": "aws:kms"}), id="KMS"),
    pytest.param(prescribed(StringNotLike={f"s3:{SSE}": "aws:kms*"}), id="KMS by pattern"),
    pytest.param(prescribed(StringNotEqualsIfExists={f"s3:{SSE}": ["AES256", "aws:kms"]}), id="either"),
    pytest.param(deny(aws(f"arn:aws:iam::{PARTNER}:root"), "s3:PutObject", resource=OBJECTS), id="another's"),
]


@pytest.mark.parametrize("statement", PRESCRIBES_ANOTHER)
def test_d7_bucket_that_refuses_the_remediation_is_manual(world: World, statement: dict[str, Any]) -> None:
    world.bucket.policy = policy(statement)

    world.sets_default("AES256")

    assert not world.was_written
    assert verdict(world) == [("HIGH", "MANUAL")]
    assert "PrescribedHeader" in str(world.findings_of(DEFAULT_ENCRYPTION)[0])


@pytest.mark.parametrize("statement", PRESCRIBES_ANOTHER)
def test_d7_object_in_such_a_bucket_is_manual(world: World, statement: dict[str, Any]) -> None:
    world.bucket.policy = policy(statement)

    world.writes()

    assert not world.was_written
    assert world.only_finding["status"] == "MANUAL"
    assert "PrescribedHeader" in str(world.only_finding)


@pytest.mark.parametrize("statement", PRESCRIBES_WHAT_IS_WRITTEN)
def test_d7_bucket_that_asks_for_what_is_written_is_moved(world: World, statement: dict[str, Any]) -> None:
    world.bucket.policy = policy(statement)

    world.sets_default("AES256")

    assert world.bucket_is_under_k


def test_d7_partner_who_must_ask_for_sse_s3_does_not_keep_the_bucket(world: World) -> None:
    """A write that asks for SSE-S3 does not take the bucket's default."""
    world.bucket.policy = policy(
        {
            "Effect": "Allow",
            "Principal": aws(f"arn:aws:iam::{PARTNER}:root"),
            "Action": "s3:PutObject",
            "Resource": OBJECTS,
            "Condition": {"StringEquals": {f"s3:{SSE}": "AES256"}},
        }
    )

    world.sets_default("AES256")

    assert world.bucket_is_under_k


# --- a key of another Region ---------------------------------------------------------------------


@pytest.mark.parametrize(
    "key_id",
    [
        pytest.param(key_arn("66666666-6666-6666-6666-666666666666", region="eu-west-1"), id="plain"),
        pytest.param(key_arn("mrk-66666666666666666666666666666666", region="eu-west-1"), id="multi-Region"),
        pytest.param("arn:aws:kms:eu-west-1:111122223333:alias/app", id="alias"),
    ],
)
@pytest.mark.parametrize(
    "denied",
    [
        "kms:DescribeKey",
        "kms:GetKeyPolicy",
    ],
)
def test_d8_default_that_names_another_regions_key_is_critical(
    world: World, key_id: str, denied: str
) -> None:
    world.account.deny(denied)

    world.sets_default("aws:kms", key_id, bucket_key=True)

    assert not world.was_written
    assert verdict(world) == [("CRITICAL", "MANUAL")]
    assert "eu-west-1" in world.findings_of(DEFAULT_ENCRYPTION)[0]["reason"]


@pytest.mark.parametrize("name", ["77777777-7777-7777-7777-777777777777", f"mrk-{'7' * 32}"])
def test_d8_default_that_names_a_key_of_this_region_is_compliant(world: World, name: str) -> None:
    world.add_key(key_arn(name))

    world.sets_default("aws:kms", key_arn(name), bucket_key=True)

    assert verdict(world) == []
