"""Who would be locked out: the guard's answer, by the bucket that is moved to the remediation key or is not.

One line is one pair of bucket policy and key policy. A hidden case of a kind is one more line.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.scenarios.world.aws.account import ACCOUNT
from tests.scenarios.world.aws.buckets import CANONICAL_ID
from tests.scenarios.world.names import BUCKET, KEY_ACCESS, PARTNER, STRANGER, TEAM_KEY, key_arn
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
    service,
)
from tests.scenarios.world.world import World

VIA, S3 = "kms:ViaService", "s3.us-east-1.amazonaws.com"
MOVED, KEPT = True, False
DELIVERY = service("delivery.logs")
CONFIG = service("config")
PAYROLL = f"arn:aws:iam::{ACCOUNT}:role/Payroll"
OBJECTS = f"arn:aws:s3:::{BUCKET}/*"
PARTNER_READS = admits(root(PARTNER))

Deploy = Callable[..., World]


def lower(world: World, bucket: list[dict[str, Any]], key: list[dict[str, Any]]) -> bool:
    """Somebody lowers a bucket with this policy; K's policy is `key`. Whether the bucket was moved."""
    world.bucket.policy = policy(*bucket) if bucket else None
    world.k.policies["default"] = policy(*key)
    world.sets_default("AES256")
    return world.bucket_is_under_k


def key_that_admits(*statements: dict[str, Any]) -> list[dict[str, Any]]:
    return [administered(), own_callers(), *statements]


@pytest.mark.parametrize(
    ("condition", "moved"),
    [
        pytest.param({"StringEquals": {VIA: S3}}, MOVED, id="StringEquals"),
        pytest.param({"StringEquals": {VIA: "s3.*.amazonaws.com"}}, KEPT, id="StringEquals with a wildcard"),
        pytest.param({"StringLike": {VIA: "s3.*.amazonaws.com"}}, MOVED, id="StringLike with a wildcard"),
        pytest.param({"StringLike": {VIA: "s3.eu-*.amazonaws.com"}}, KEPT, id="StringLike elsewhere"),
        pytest.param({"StringEqualsIgnoreCase": {VIA: S3.upper()}}, MOVED, id="IgnoreCase"),
        pytest.param({"StringEquals": {VIA: S3.upper()}}, KEPT, id="StringEquals in capitals"),
        pytest.param({"StringEqualsIfExists": {VIA: S3}}, MOVED, id="IfExists"),
        pytest.param({"StringNotEquals": {VIA: "ec2.us-east-1.amazonaws.com"}}, MOVED, id="EC2 is excluded"),
        pytest.param({"StringNotEquals": {VIA: S3}}, KEPT, id="S3 is excluded"),
        pytest.param({"StringNotLike": {VIA: "s3.*"}}, KEPT, id="S3 is excluded by pattern"),
        pytest.param({"Null": {VIA: "false"}}, MOVED, id="through a service"),
        pytest.param({"Null": {VIA: "true"}}, KEPT, id="not through a service"),
    ],
)
def test_g1_operators_of_the_key_policy_mean_what_aws_says(
    deploy: Deploy, condition: dict[str, Any], moved: bool
) -> None:
    world = deploy(KmsKeyArn=TEAM_KEY)
    world.team_key.policies["default"] = policy(administered(), own_callers(**condition))

    world.sets_default("AES256")

    assert (world.bucket.key_id == TEAM_KEY) is moved
    assert world.findings[0]["status"] == ("REMEDIATED" if moved else "MANUAL")


def delivers_for(*accounts: str) -> dict[str, Any]:
    return admits(DELIVERY, "s3:PutObject", StringEquals={"aws:SourceAccount": list(accounts)})


def key_admits_deliveries_for(*accounts: str) -> dict[str, Any]:
    return allow(DELIVERY, *USE, StringEquals={"aws:SourceAccount": list(accounts)})


@pytest.mark.parametrize(
    ("bucket_for", "key_for", "moved"),
    [
        pytest.param([PARTNER], [ACCOUNT], KEPT, id="key admits only this account"),
        pytest.param([ACCOUNT, PARTNER], [ACCOUNT], KEPT, id="key admits one of two"),
        pytest.param([PARTNER], [PARTNER], MOVED, id="key admits the other account"),
        pytest.param([ACCOUNT, PARTNER], [PARTNER, ACCOUNT], MOVED, id="key admits both"),
        pytest.param([ACCOUNT], [ACCOUNT], MOVED, id="this account only"),
    ],
)
def test_g2_key_must_admit_a_service_for_the_accounts_that_the_bucket_names(
    world: World, bucket_for: list[str], key_for: list[str], moved: bool
) -> None:
    key = key_that_admits(key_admits_deliveries_for(*key_for))

    assert lower(world, [delivers_for(*bucket_for)], key) is moved


@pytest.mark.parametrize(
    ("statement", "moved"),
    [
        pytest.param(deny(aws(PAYROLL), *USE), KEPT, id="an own role"),
        pytest.param(deny(root(), "kms:*"), KEPT, id="the whole account"),
        pytest.param(deny("*", *USE, ArnLike={"aws:PrincipalArn": PAYROLL}), KEPT, id="by condition"),
        pytest.param(deny(aws(PAYROLL), "kms:ScheduleKeyDeletion"), MOVED, id="another action"),
        pytest.param(deny(root(PARTNER), *USE), MOVED, id="another account"),
    ],
)
def test_g3_deny_of_the_key_that_may_hit_an_own_caller_keeps_the_bucket(
    world: World, statement: dict[str, Any], moved: bool
) -> None:
    assert lower(world, [], key_that_admits(statement)) is moved


def for_source(arn: str, operator: str = "ArnLike") -> dict[str, Any]:
    return {operator: {"aws:SourceArn": arn}}


ALL_LOGS = f"arn:aws:logs:us-east-1:{ACCOUNT}:*"
ONE_LOG = f"arn:aws:logs:us-east-1:{ACCOUNT}:delivery-source:one"


@pytest.mark.parametrize(
    ("bucket_source", "key_source", "moved"),
    [
        pytest.param(for_source(ALL_LOGS), for_source(ALL_LOGS), MOVED, id="the same range"),
        pytest.param(for_source(ONE_LOG), for_source(ALL_LOGS), MOVED, id="a narrower one"),
        pytest.param(for_source(ALL_LOGS), for_source(ONE_LOG), KEPT, id="a wider one"),
        pytest.param({}, for_source(ONE_LOG), KEPT, id="an unknown one"),
        pytest.param(for_source(ONE_LOG), for_source(ALL_LOGS, "ArnNotLike"), KEPT, id="an excluded one"),
    ],
)
def test_g4_source_arns_are_compared_as_ranges(
    world: World, bucket_source: Any, key_source: Any, moved: bool
) -> None:
    key = key_that_admits(allow(DELIVERY, *USE, **key_source))

    assert lower(world, [admits(DELIVERY, "s3:PutObject", **bucket_source)], key) is moved


def opened(world: World, bucket: dict[str, Any], *key: dict[str, Any]) -> str | None:
    """Somebody puts a policy on a bucket under K; how severe the finding about its callers is."""
    world.bucket.algorithm, world.bucket.key_id, world.bucket.bucket_key = "aws:kms", world.k.arn, True
    world.bucket.policy = policy(bucket)
    world.k.policies["default"] = policy(*key_that_admits(*key))
    world.calls("PutBucketPolicy")
    return next((finding["severity"] for finding in world.findings_of(KEY_ACCESS)), None)


@pytest.mark.parametrize(
    ("bucket_source", "key_source", "severity"),
    [
        pytest.param(for_source(ALL_LOGS), for_source(ONE_LOG), "MEDIUM", id="a wider one"),
        pytest.param({}, for_source(ONE_LOG), "MEDIUM", id="an unknown one"),
        pytest.param(for_source(ONE_LOG), for_source(ALL_LOGS), None, id="a narrower one"),
    ],
)
def test_g4_source_that_cannot_be_settled_is_in_doubt(
    world: World, bucket_source: Any, key_source: Any, severity: str | None
) -> None:
    writes = admits(DELIVERY, "s3:PutObject", **bucket_source)

    assert opened(world, writes, allow(DELIVERY, *USE, **key_source)) == severity


@pytest.mark.parametrize(
    ("resource", "moved"),
    [
        pytest.param("*", MOVED, id="every key: this one"),
        pytest.param(TEAM_KEY, MOVED, id="this key"),
        pytest.param(key_arn("another"), KEPT, id="another key"),
        pytest.param(f"arn:aws:kms:*:{ACCOUNT}:key/1111*", MOVED, id="a pattern that matches"),
        pytest.param(f"arn:aws:kms:eu-*:{ACCOUNT}:key/*", KEPT, id="a pattern that does not"),
    ],
)
def test_g5_statement_of_a_key_policy_reaches_only_its_resource(
    deploy: Deploy, resource: str, moved: bool
) -> None:
    world = deploy(KmsKeyArn=TEAM_KEY)
    statement = allow(aws("*"), *USE, resource=resource, StringEquals=THROUGH_S3)
    world.team_key.policies["default"] = policy(administered(), statement)

    world.sets_default("AES256")

    assert (world.bucket.key_id == TEAM_KEY) is moved


@pytest.mark.parametrize(
    ("resource", "moved"),
    [
        pytest.param(OBJECTS, KEPT, id="exact"),
        pytest.param("arn:aws:s3:::payrol?/*", KEPT, id="question mark"),
        pytest.param("arn:aws:s3:::pay*", KEPT, id="star"),
        pytest.param("arn:aws:s3:::payroll", MOVED, id="no object"),
    ],
)
def test_g5_statement_of_a_bucket_policy_reaches_what_its_resource_matches(
    world: World, resource: str, moved: bool
) -> None:
    partner = allow(root(PARTNER), "s3:GetObject", resource=resource)

    assert lower(world, [partner], key_that_admits()) is moved


@pytest.mark.parametrize(
    ("actions", "moved"),
    [
        pytest.param(["kms:GenerateDataKey"], KEPT, id="without Decrypt"),
        pytest.param(["kms:Decrypt"], KEPT, id="without GenerateDataKey"),
        pytest.param(USE, MOVED, id="both"),
    ],
)
def test_g6_aws_config_needs_decrypt_as_well(world: World, actions: list[str], moved: bool) -> None:
    for_own = {"aws:SourceAccount": ACCOUNT}
    key = key_that_admits(allow(CONFIG, *actions, StringEquals=for_own))

    assert lower(world, [admits(CONFIG, "s3:PutObject", StringEquals=for_own)], key) is moved


# --- what a bucket's policy can be called ---------------------------------------------------------

TO_ACCESS_POINTS = admits(
    "*", "s3:GetObject", "s3:PutObject", StringEquals={"s3:DataAccessPointAccount": ACCOUNT}
)


def test_g12_delegation_to_access_points_is_called_what_it_is(world: World) -> None:
    assert opened(world, TO_ACCESS_POINTS) == "MEDIUM"
    reason = world.findings_of(KEY_ACCESS)[0]["reason"]
    assert "without a signature" not in reason
    assert "access points" in reason


def test_g12_policy_for_everybody_is_still_called_callers_without_a_signature(world: World) -> None:
    assert opened(world, admits("*")) == "CRITICAL"
    assert "without a signature" in world.findings_of(KEY_ACCESS)[0]["reason"]


@pytest.mark.parametrize(
    ("canonical_id", "severity"),
    [
        pytest.param(
            CANONICAL_ID,
            None,
            id="own",
        ),
        pytest.param("a-strangers-canonical-id", "MEDIUM", id="another's"),
    ],
)
def test_g12_canonical_id_of_this_account_is_no_stranger(
    world: World, canonical_id: str, severity: str | None
) -> None:
    assert opened(world, admits({"CanonicalUser": canonical_id})) == severity


def test_g12_owner_of_an_object_of_another_account_is_named(world: World) -> None:
    world.bucket.acls_enabled = True

    world.writes(owner="a-strangers-canonical-id", grants=((CANONICAL_ID, "FULL_CONTROL"),))

    assert world.only_finding["status"] == "MANUAL"
    assert "a-strangers-canonical-id" in world.only_finding["reason"]
    assert CANONICAL_ID not in world.only_finding["reason"]


def test_g12_reader_by_the_objects_acl_is_named(world: World) -> None:
    world.bucket.acls_enabled = True

    world.writes(grants=(("a-strangers-canonical-id", "READ"),))

    assert world.only_finding["status"] == "MANUAL"
    assert "a-strangers-canonical-id" in world.only_finding["reason"]


# --- RAM ------------------------------------------------------------------------------------------


def test_g13_key_that_no_policy_opens_to_the_reader_is_critical(world: World) -> None:
    assert opened(world, PARTNER_READS) == "CRITICAL"


def test_g13_policy_of_a_shared_key_is_read(world: World) -> None:
    world.k.policies["AWS_RAM"] = policy(allow(root(PARTNER), *USE))

    assert opened(world, PARTNER_READS) != "CRITICAL"


def test_g13_policies_of_the_key_are_listed_before_its_first_write(world: World) -> None:
    assert lower(world, [], key_that_admits()) is MOVED

    called = [call.name for call in world.account.calls]
    assert "kms:ListKeyPolicies" in called[: called.index("s3:PutBucketEncryption")]


# --- needless holds -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("bucket", "key", "moved"),
    [
        pytest.param(
            [PARTNER_READS, deny(root(PARTNER), "s3:*", resource=OBJECTS)],
            [],
            MOVED,
            id="Deny of the bucket that takes the partner out",
        ),
        pytest.param(
            [PARTNER_READS, deny(root(PARTNER), "s3:*", resource=f"arn:aws:s3:::{BUCKET}/a/*")],
            [],
            KEPT,
            id="Deny of the bucket on some of the objects",
        ),
        pytest.param(
            [
                admits("*"),
                deny("*", "s3:*", resource=OBJECTS, StringNotEquals={"aws:PrincipalAccount": ACCOUNT}),
            ],
            [],
            MOVED,
            id="Deny of the bucket on all but this account",
        ),
        pytest.param(
            [PARTNER_READS, deny(aws("*"), "s3:*", resource=OBJECTS, Bool={"aws:SecureTransport": False})],
            [],
            KEPT,
            id="Deny of plain HTTP with a JSON boolean",
        ),
        pytest.param(
            [admits(aws(f"arn:aws:iam::{ACCOUNT}:user/${{aws:username}}"))],
            [],
            MOVED,
            id="own account by a policy variable",
        ),
        pytest.param(
            [admits(aws(f"arn:aws:sts::{ACCOUNT}:assumed-role/Payroll/alice"))], [], MOVED, id="own session"
        ),
        pytest.param(
            [admits(aws(f"arn:aws:sts::{STRANGER}:assumed-role/Payroll/alice"))],
            [],
            KEPT,
            id="their session",
        ),
        pytest.param(
            [],
            [deny("*", "kms:*", StringEquals={VIA: "ec2.us-east-1.amazonaws.com"})],
            MOVED,
            id="Deny of the key that cannot meet",
        ),
        pytest.param(
            [],
            [deny("*", "kms:*", Bool={"aws:SecureTransport": False})],
            MOVED,
            id="Deny of the key by a JSON boolean that cannot meet",
        ),
        pytest.param(
            [delivers_for(PARTNER)],
            [key_admits_deliveries_for(PARTNER)],
            MOVED,
            id="partner's SourceAccount",
        ),
    ],
)
def test_g15_what_is_certain_is_weighed(
    world: World, bucket: list[dict[str, Any]], key: list[dict[str, Any]], moved: bool
) -> None:
    assert lower(world, bucket, key_that_admits(*key)) is moved


def test_g15_account_shuts_the_public_out_too(world: World) -> None:
    world.bucket.policy_is_public = True
    world.buckets.account_block = {"RestrictPublicBuckets": True}

    assert lower(world, [admits("*")], key_that_admits()) is MOVED


@pytest.mark.parametrize(
    ("block", "moved"),
    [
        pytest.param(
            {"RestrictPublicBuckets": True},
            MOVED,
            id="only this account reads",
        ),
        pytest.param({"BlockPublicPolicy": True}, KEPT, id="too late to block"),
        pytest.param(None, KEPT, id="no block"),
    ],
)
def test_g15_public_policy_is_weighed_with_block_public_access(
    world: World, block: dict[str, bool] | None, moved: bool
) -> None:
    world.bucket.policy_is_public = True
    world.bucket.public_access_block = block

    assert lower(world, [admits("*")], key_that_admits()) is moved
