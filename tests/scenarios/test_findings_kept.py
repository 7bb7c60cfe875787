"""What was decided is published, whatever is denied, whoever else writes, and however quick they are."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from typing import Any

import pytest

from tests.scenarios.world import records
from tests.scenarios.world.aws.account import Call, Death
from tests.scenarios.world.names import (
    DEFAULT_ENCRYPTION,
    KEY,
    KEY_ACCESS,
    OBJECT_ENCRYPTION,
    PARTNER,
    SSE_C_BLOCK,
    STRANGER_KEY,
    TEAM_KEY,
)
from tests.scenarios.world.policies import admits, policy, root
from tests.scenarios.world.world import World

Deploy = Callable[..., World]
CRITICAL, HIGH = "CRITICAL", "HIGH"


# --- a denied read of Reseal's own ---------------------------------------------------------------

READS_OF_THE_GUARD = [
    "s3:GetReplicationConfiguration",
    "s3:GetBucketPolicy",
    "s3:GetBucketPolicyStatus",
    "s3:GetBucketAcl",
    "s3:GetBucketWebsite",
]
READS_OF_THE_CONTEXT = ["s3:GetBucketVersioning", "s3:GetBucketNotification"]


def denied(world: World, action: str) -> None:
    reader = "*" if action == "s3:GetBucketPolicyStatus" else root()  # asked only about such a policy
    world.bucket.policy = policy(admits(reader))
    world.account.deny(action)


@pytest.mark.parametrize("action", READS_OF_THE_GUARD)
def test_t1_strangers_key_is_critical_though_a_read_is_denied(world: World, action: str) -> None:
    denied(world, action)

    world.sets_default("aws:kms", STRANGER_KEY)

    found = world.findings_of(DEFAULT_ENCRYPTION)
    assert [(one["severity"], one["status"]) for one in found] == [(CRITICAL, "FAILED")]
    assert STRANGER_KEY in found[0]["reason"]
    assert action in found[0]["reason"]
    assert found[0]["before"]["key_id"] == STRANGER_KEY


@pytest.mark.parametrize("action", READS_OF_THE_GUARD)
def test_t1_every_strangers_key_of_the_day_is_published(world: World, action: str) -> None:
    denied(world, action)
    world.sets_default("AES256")
    world.wait(3600)

    world.sets_default("aws:kms", STRANGER_KEY)

    assert [one["severity"] for one in world.findings_of(DEFAULT_ENCRYPTION)] == [HIGH, CRITICAL]


@pytest.mark.parametrize("action", [*READS_OF_THE_GUARD, *READS_OF_THE_CONTEXT])
def test_t1_object_under_a_strangers_key_is_critical_though_a_read_is_denied(
    world: World, action: str
) -> None:
    denied(world, action)

    world.writes(algorithm="aws:kms", key_id=STRANGER_KEY)

    found = world.findings_of(OBJECT_ENCRYPTION)
    assert [(one["severity"], one["status"]) for one in found] == [(CRITICAL, "FAILED")]
    assert STRANGER_KEY in found[0]["reason"]


@pytest.mark.parametrize("key_id", [STRANGER_KEY, "arn:aws:kms:us-east-1:777788889999:alias/theirs"])
def test_t1_where_nothing_can_be_read_the_record_is_judged(world: World, key_id: str) -> None:
    world.account.deny("s3:GetEncryptionConfiguration")

    world.sets_default("aws:kms", key_id)

    assert world.only_finding["severity"] == CRITICAL
    assert key_id in world.only_finding["reason"]


def test_t1_access_to_a_bucket_whose_key_reseal_may_not_describe_is_reported(world: World) -> None:
    world.sets_default("aws:kms", TEAM_KEY, bucket_key=True)
    world.wait(3600)
    world.account.deny("kms:DescribeKey")
    world.bucket.policy = policy(admits(root(PARTNER)))

    world.calls("PutBucketPolicy")

    (found,) = world.findings_of(KEY_ACCESS)
    assert (found["severity"], found["status"]) == (HIGH, "MANUAL")
    assert "kms:DescribeKey" in found["reason"]


def test_t1_nothing_denied_is_remediated(world: World) -> None:
    world.sets_default("aws:kms", STRANGER_KEY)

    found = world.findings_of(DEFAULT_ENCRYPTION)
    assert [(one["severity"], one["status"]) for one in found] == [(CRITICAL, "REMEDIATED")]


@pytest.mark.parametrize("action", READS_OF_THE_GUARD)
def test_t1_ordinary_lowering_with_a_denied_read_is_high_and_published_once_a_day(
    world: World, action: str
) -> None:
    denied(world, action)

    world.sets_default("AES256")
    world.sets_default("AES256")

    assert not world.was_written
    found = world.findings_of(DEFAULT_ENCRYPTION)
    assert [(one["severity"], one["status"]) for one in found] == [(HIGH, "FAILED")]


def test_t1_denied_tags_change_nothing(world: World) -> None:
    world.account.deny("s3:GetBucketTagging")

    world.sets_default("aws:kms", STRANGER_KEY)

    assert world.findings_of(DEFAULT_ENCRYPTION)[0]["status"] == "REMEDIATED"


# --- SSE-C where the object cannot be read -------------------------------------------------------


@pytest.mark.parametrize("name", ["PutObject", "CopyObject", "PostObject", "CompleteMultipartUpload"])
def test_t2_sse_c_is_critical_by_its_record_where_the_bucket_denies_reads(world: World, name: str) -> None:
    world.account.deny("s3:GetObject")

    world.happens(world.written(name=name, algorithm="SSE-C"))

    assert (world.only_finding["severity"], world.only_finding["status"]) == (CRITICAL, "MANUAL")


def test_t2_strangers_key_is_critical_by_its_record_where_the_bucket_denies_reads(world: World) -> None:
    world.account.deny("s3:GetObject")

    world.writes(algorithm="aws:kms", key_id=STRANGER_KEY)

    assert world.only_finding["severity"] == CRITICAL
    assert STRANGER_KEY in world.only_finding["reason"]


def test_t2_sse_c_is_critical_where_reads_are_allowed(world: World) -> None:
    world.writes(algorithm="SSE-C")

    assert (world.only_finding["severity"], world.only_finding["status"]) == (CRITICAL, "MANUAL")


def test_t2_plain_write_where_the_bucket_denies_reads_is_a_failure(world: World) -> None:
    world.account.deny("s3:GetObject")

    world.writes()

    assert (world.only_finding["severity"], world.only_finding["status"]) == (HIGH, "FAILED")


# --- a harmless call first -----------------------------------------------------------------------


@pytest.mark.parametrize("harmless", ["CreateBucket", "PutBucketAcl", "PutBucketPolicy"])
def test_t3_lowering_behind_a_harmless_call_keeps_its_severity(deploy: Deploy, harmless: str) -> None:
    world = deploy(SettleSeconds="60")
    world.bucket.set_rule(
        {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": TEAM_KEY}}
    )
    world.calls(harmless)
    world.wait(5)
    world.sets_default("AES256")

    world.wait(60)

    assert world.bucket_is_under_k
    lowering = [one for one in world.findings if one["api_call"]["name"] == "PutBucketEncryption"]
    assert HIGH in [one["severity"] for one in lowering if one["check"] == DEFAULT_ENCRYPTION]


def of_caller(world: World, role: str) -> list[tuple[str, str]]:
    """The check and the severity of each finding about this caller."""
    return [
        (one["check"], one["severity"])
        for one in world.findings
        if one["actor"] and one["actor"]["who"].endswith(role)
    ]


def is_repaired_by_a_look(world: World, number: int) -> None:
    world.lowered("aws:kms", userIdentity=records.role("Other"))
    world.is_asked_to_look(f"look-{number}")
    world.wait(5)


@pytest.mark.parametrize("times", [1, 6, 7, 8, 20])
@pytest.mark.parametrize("by_a_look", [False, True], ids=["by their records", "by looks"])
def test_t3_lowering_keeps_its_severity_though_other_repairs_followed(
    world: World, times: int, by_a_look: bool
) -> None:
    harmless = world.bucket_record("PutBucketAcl")
    lowering = world.lowered("AES256", userIdentity=records.role("Attacker"))
    world.happens(harmless)
    for number in range(times):
        world.wait(5)
        if by_a_look:
            is_repaired_by_a_look(world, number)
        else:
            world.sets_default("aws:kms", STRANGER_KEY, userIdentity=records.role("Stranger"))

    world.happens(lowering)
    world.wait(1000)

    assert (DEFAULT_ENCRYPTION, HIGH) in of_caller(world, "Attacker")


def dies_after(world: World, name: str) -> None:
    """The process of the next invocation dies after its first call of this operation."""

    @contextmanager
    def around(call: Call) -> Iterator[None]:
        yield
        if call.name == name:
            world.account.around = lambda _call: nullcontext()
            raise Death

    world.account.around = around


def ledger_entries(world: World) -> dict[str, dict[str, Any]]:
    items = world.ledger.items
    return {i: json.loads(one["entry"]["S"]) for i, one in items.items() if "entry" in one}


@pytest.mark.parametrize("by", ["PutBucketEncryption", "PutBucketAcl"])
def test_t3_write_of_a_delivery_that_died_keeps_its_evidence_and_is_reported(world: World, by: str) -> None:
    lowering = world.lowered("AES256", userIdentity=records.role("Attacker"))
    dies_after(world, "s3:PutBucketEncryption")
    world.happens(lowering if by == "PutBucketEncryption" else world.bucket_record(by))
    assert world.bucket_is_under_k
    world.wait(5)
    later = world.lowered("aws:kms", userIdentity=records.role("Other"))

    world.run_out()
    world.happens(later)
    world.happens(lowering)
    world.run_out()

    entries = ledger_entries(world).values()
    assert sorted(one["before"]["algorithm"] for one in entries) == ["AES256", "aws:kms"]
    assert all(one["outcome"] for one in entries)
    assert (DEFAULT_ENCRYPTION, HIGH) in of_caller(world, "Attacker")
    assert (DEFAULT_ENCRYPTION, HIGH) in of_caller(world, "Other")
    assert world.bucket_is_under_k


def test_t3_compliant_call_does_not_look_up_repairs(world: World) -> None:
    world.sets_default("AES256")
    before = len(world.account.calls)

    world.sets_default("aws:kms", TEAM_KEY, bucket_key=True)

    assert "dynamodb:GetItem" not in [call.name for call in world.account.calls[before:]]


def test_t3_lowering_alone_is_high(deploy: Deploy) -> None:
    world = deploy(SettleSeconds="60")
    world.sets_default("AES256")

    world.wait(60)

    assert world.only_finding["severity"] == HIGH


def test_t3_create_bucket_that_finds_an_old_bucket_is_not_new(world: World) -> None:
    world.calls("CreateBucket")

    assert world.findings_of(DEFAULT_ENCRYPTION)[0]["severity"] != "INFORMATIONAL"


def test_t3_new_bucket_is_informational(world: World) -> None:
    world.buckets.add("new-bucket")

    world.happens(records.bucket_call("CreateBucket", "new-bucket", world.clock.now()))

    assert {one["severity"] for one in world.findings_of(DEFAULT_ENCRYPTION)} == {"INFORMATIONAL"}


# --- what another call replaced before the record was read -----------------------------------------

OVERWRITES = [
    pytest.param({"algorithm": "AES256"}, id="plain"),
    pytest.param({"algorithm": "aws:kms", "key_id": TEAM_KEY}, id="right"),
    pytest.param({"algorithm": "aws:kms", "key_id": STRANGER_KEY}, id="a stranger's key"),
    pytest.param({"algorithm": "SSE-C"}, id="SSE-C"),
]


@pytest.mark.parametrize("later", OVERWRITES)
def test_t3_object_repaired_by_a_look_and_overwritten_is_reported_under_its_writer(
    world: World, later: dict[str, Any]
) -> None:
    first = world.written(algorithm="AES256", record={"userIdentity": records.role("Attacker")})
    world.wait(5)
    world.is_asked_to_look("look-1", KEY)
    world.wait(5)
    second = world.written(**later, record={"userIdentity": records.role("Other")})

    world.happens(first)
    world.happens(second)
    world.run_out()

    assert [check for check, _ in of_caller(world, "Attacker")] == [OBJECT_ENCRYPTION]


@pytest.mark.parametrize("later", OVERWRITES)
@pytest.mark.parametrize(
    "first",
    [
        pytest.param({"algorithm": "SSE-C"}, id="SSE-C"),
        pytest.param({"algorithm": "aws:kms", "key_id": STRANGER_KEY}, id="a stranger's key"),
    ],
)
@pytest.mark.parametrize("together", [False, True], ids=["apart", "in one batch"])
def test_t3_critical_write_that_was_overwritten_is_reported_by_its_record(
    world: World, first: dict[str, Any], later: dict[str, Any], together: bool
) -> None:
    attacked = world.written(**first, record={"userIdentity": records.role("Attacker")})
    world.wait(5)
    second = world.written(**later, record={"userIdentity": records.role("Other")})

    if together:
        world.happens(attacked, second)
    else:
        world.happens(attacked)
        world.happens(second)
    world.run_out()

    assert of_caller(world, "Attacker") == [(OBJECT_ENCRYPTION, CRITICAL)]


@pytest.mark.parametrize("later", [("aws:kms", TEAM_KEY), ("AES256", None)], ids=["right", "wrong"])
def test_t3_default_under_a_strangers_key_that_was_replaced_is_reported_by_its_record(
    world: World, later: tuple[str, str | None]
) -> None:
    attacked = world.lowered("aws:kms", STRANGER_KEY, userIdentity=records.role("Attacker"))
    world.wait(5)
    second = world.lowered(*later, userIdentity=records.role("Other"))

    world.happens(attacked)
    world.happens(second)
    world.run_out()

    assert (DEFAULT_ENCRYPTION, CRITICAL) in of_caller(world, "Attacker")


def test_t3_lowering_that_its_caller_put_right_is_not_reported(world: World) -> None:
    lowered = world.lowered("AES256")
    world.wait(5)
    put_right = world.lowered("aws:kms", TEAM_KEY, bucket_key=True)

    world.happens(lowered, put_right)
    world.run_out()

    assert world.findings == []


# --- two wrong rules in turn ---------------------------------------------------------------------

SSE_S3 = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}
UNDER_AWS_S3 = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms"}}
WITH_BUCKET_KEY = SSE_S3 | {"BucketKeyEnabled": True}
UNBLOCKED = SSE_S3 | {"BlockedEncryptionTypes": {"EncryptionType": ["NONE"]}}
RIGHT = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": TEAM_KEY}}


@pytest.mark.parametrize(
    "other", [UNDER_AWS_S3, WITH_BUCKET_KEY, UNBLOCKED], ids=["aws/s3", "Bucket Key", "SSE-C unblocked"]
)
def test_t4_bucket_that_flaps_between_wrong_rules_is_remediated(world: World, other: dict[str, Any]) -> None:
    rules = itertools.cycle([other, SSE_S3])
    world.account.before("dynamodb:PutItem", lambda: world.bucket.set_rule(next(rules)), always=True)

    world.sets_default("AES256")
    for _ in range(6):
        world.wait(400)

    assert world.dead_letters == []
    assert world.findings_of(DEFAULT_ENCRYPTION)
    assert world.buckets.writes


def test_t4_bucket_that_somebody_else_put_right_is_left_alone(world: World) -> None:
    world.account.before("dynamodb:PutItem", lambda: world.bucket.set_rule(RIGHT))

    world.sets_default("AES256")
    world.wait(400)

    assert not world.was_written
    assert world.findings_of(DEFAULT_ENCRYPTION) == []


def test_t4_two_settings_that_two_callers_flap_are_both_reported_under_their_callers(deploy: Deploy) -> None:
    world = deploy(SseCBlockMode="enforce")
    lowers, unblocks = records.role("Lowers"), records.role("Unblocks")

    for _ in range(5):
        world.sets_default("AES256", userIdentity=lowers, blocked="SSE-C")
        world.wait(5)
        world.sets_default("aws:kms", TEAM_KEY, userIdentity=unblocks, blocked="NONE")
        world.wait(5)
    world.run_out()

    assert world.dead_letters == []
    assert {(one["check"], one["actor"]["who"].rpartition("/")[2]) for one in world.findings} >= {
        (DEFAULT_ENCRYPTION, "Lowers"),
        (SSE_C_BLOCK, "Unblocks"),
    }
    assert world.bucket.blocked == ("SSE-C",)


# --- many denied writers -------------------------------------------------------------------------


def denied_writers(world: World, number: int) -> None:
    world.account.deny("s3:GetObject")
    for writer in range(number):
        world.writes(f"{writer}.csv", record={"userIdentity": records.role(f"Writer{writer}")})


def test_t5_every_denied_writer_is_named(world: World) -> None:
    denied_writers(world, 3)

    named = {one["actor"]["who"].rpartition("/")[2] for one in world.findings}
    assert named == {"Writer0", "Writer1", "Writer2"}


def test_t5_denied_writers_above_the_bound_are_counted(world: World) -> None:
    denied_writers(world, 60)
    world.wait(1000)

    assert 1 < len(world.messages) <= 12
    assert sum((one["occurrences"] or {"count": 1})["count"] for one in world.findings) >= 60


@pytest.mark.parametrize("algorithm", ["SSE-C", "aws:kms"])
def test_t5_critical_write_after_denied_writers_is_published_at_once(world: World, algorithm: str) -> None:
    denied_writers(world, 3)
    key_id = None if algorithm == "SSE-C" else STRANGER_KEY

    world.writes("ransom.csv", algorithm=algorithm, key_id=key_id, record={"userIdentity": ATTACKER})

    (critical,) = [one for one in world.messages[-1].findings if one["severity"] == "CRITICAL"]
    assert critical["actor"]["who"].endswith("Attacker")
    assert critical["resource"]["arn"].endswith("/ransom.csv")


def test_t5_one_denied_writer_is_published_once_a_day(world: World) -> None:
    world.account.deny("s3:GetObject")

    for number in range(5):
        world.writes(f"{number}.csv")

    assert len(world.messages) == 1


# --- another's write within two seconds ----------------------------------------------------------

INNOCENT, ATTACKER = records.role("Innocent"), records.role("Attacker")


@pytest.mark.parametrize(
    ("said", "there"),
    [
        pytest.param({"algorithm": "AES256"}, {"algorithm": "SSE-C"}, id="AES256, now SSE-C"),
        pytest.param(
            {"algorithm": "AES256"},
            {"algorithm": "aws:kms", "key_id": STRANGER_KEY},
            id="AES256, now theirs",
        ),
    ],
)
@pytest.mark.parametrize("seconds", [0, 1, 2])
def test_t6_write_of_another_is_not_published_under_this_ones_name(
    world: World, said: dict[str, Any], there: dict[str, Any], seconds: float
) -> None:
    innocent = world.written(**said, record={"userIdentity": INNOCENT})
    world.clock.sleep(seconds)
    world.objects.put(world.bucket.name, KEY, **there)

    world.happens(innocent)

    assert [one["severity"] for one in world.findings if "Innocent" in one["actor"]["who"]] == []


@pytest.mark.parametrize(
    "there",
    [
        pytest.param({"algorithm": "SSE-C"}, id="SSE-C"),
        pytest.param({"algorithm": "aws:kms", "key_id": STRANGER_KEY}, id="a stranger's key"),
    ],
)
def test_t6_write_of_this_one_is_published_under_its_name(world: World, there: dict[str, Any]) -> None:
    world.writes(**there, record={"userIdentity": ATTACKER})

    assert world.only_finding["severity"] == CRITICAL
    assert "Attacker" in world.only_finding["actor"]["who"]
