"""What was decided about a bucket is reported whatever AWS refuses, and whoever's event led to the repair."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from reseal.core.calls.look import Look
from reseal.core.calls.queue_message import look_body
from reseal.core.errors import AccessDeniedError, RefusalError, TransientError
from reseal.core.policy.requirements import Mode
from reseal.core.resource import BucketResource
from reseal.core.state.bucket_encryption import BucketEncryption
from tests.support.builders import (
    BUCKET,
    DEFAULT_ENCRYPTION,
    DEFAULT_MODES,
    ENFORCE_ALL,
    SSE_C_BLOCK,
    SSE_KMS,
    TEAM_KEY,
    UNLISTED_KEY,
    a_policy,
    encryption,
)
from tests.support.fakes.services import NOON, FakeCloud
from tests.unit.resources.bucket.stage import (
    COMPLIANT,
    LOWERED,
    SETS_STRANGERS,
    STRANGERS,
    a_cloud,
    deliver,
)

KEY_ACCESS = "S3.BucketKeyAccess"
MODES = {
    mode: a_policy(check_modes=DEFAULT_MODES | {DEFAULT_ENCRYPTION: mode})
    for mode in (Mode.ENFORCE, Mode.DETECT)
}
DENIED_ACCESS = AccessDeniedError("AccessDenied", "s3:GetReplicationConfiguration", "no")
REFUSED_KEY = RefusalError("DisabledException", "kms:DescribeKey", "odd")
LOWERS: dict[str, Any] = {"eventID": "lowering"}
TO_STRANGER: dict[str, Any] = {"eventID": "stranger", "requestParameters": SETS_STRANGERS}
MALLORY = {"type": "IAMUser", "arn": "arn:aws:iam::111122223333:user/mallory", "accountId": "111122223333"}


def asked(algorithm: str, key_id: str | None = None, **rule: Any) -> dict[str, Any]:
    """The request parameters of a PutBucketEncryption."""
    default = {"SSEAlgorithm": algorithm} | ({"KMSMasterKeyID": key_id} if key_id else {})
    configured = {"Rule": {"ApplyServerSideEncryptionByDefault": default, **rule}}
    return {"bucketName": BUCKET, "ServerSideEncryptionConfiguration": configured}


def found(cloud: FakeCloud, check: str = DEFAULT_ENCRYPTION) -> list[tuple[str, str]]:
    """The findings of a check: severity and status."""
    return [(one["severity"], one["status"]) for one in cloud.topic.findings if one["check"] == check]


def own(cloud: FakeCloud, check: str = DEFAULT_ENCRYPTION) -> list[tuple[str, str]]:
    """The findings of a check that name mallory."""
    return [
        (one["severity"], one["status"])
        for one in cloud.topic.findings
        if one["check"] == check and one["actor"] and one["actor"]["who"] == MALLORY["arn"]
    ]


# --- a guard's read is refused -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fake", "method", "refusal"),
    [("buckets", "read_access", DENIED_ACCESS), ("keys", "describe", REFUSED_KEY)],
    ids=["access", "remediation key"],
)
@pytest.mark.parametrize(
    ("state", "call", "severity"),
    [(LOWERED, LOWERS, "HIGH"), (STRANGERS, TO_STRANGER, "CRITICAL")],
    ids=["lowered", "another account's key"],
)
@pytest.mark.parametrize("mode", MODES)
def test_decision_is_kept_when_a_read_of_a_guard_is_refused(
    mode: Mode,
    state: BucketEncryption,
    call: dict[str, Any],
    severity: str,
    fake: str,
    method: str,
    refusal: Any,
) -> None:
    cloud = a_cloud(state)
    getattr(cloud, fake).failures[method] = [refusal]

    deliver(cloud, policy=MODES[mode], **call)

    assert found(cloud) == [(severity, "FAILED" if mode is Mode.ENFORCE else "DETECTED")]
    (finding,) = [one for one in cloud.topic.findings if one["check"] == DEFAULT_ENCRYPTION]
    assert refusal.action in finding["reason"]
    assert finding["before"] == state.to_document()
    assert cloud.buckets.writes == []


def test_check_that_is_off_decides_nothing_and_asks_no_guard() -> None:
    cloud = a_cloud(STRANGERS)
    cloud.buckets.failures["read_access"] = [DENIED_ACCESS]

    deliver(cloud, policy=a_policy(check_modes=dict.fromkeys(DEFAULT_MODES, Mode.OFF)), **TO_STRANGER)

    assert cloud.topic.findings == []
    assert cloud.buckets.failures["read_access"] == [DENIED_ACCESS]


# --- what is read beside the encryption is refused -----------------------------------------------

OPENS = {"eventName": "PutBucketPolicy", "requestParameters": {"bucketName": BUCKET, "policy": ""}}


def test_foreign_key_is_critical_though_the_access_that_a_call_may_have_opened_cannot_be_read() -> None:
    cloud = a_cloud(STRANGERS)
    cloud.buckets.failures["read_access"] = [DENIED_ACCESS] * 2

    deliver(cloud, eventName="PutBucketReplication", requestParameters={"bucketName": BUCKET})

    assert [severity for severity, _ in found(cloud)] == ["CRITICAL"]
    assert found(cloud, KEY_ACCESS) == [("HIGH", "FAILED")]


def test_check_that_needs_what_was_refused_is_reported_as_not_judged() -> None:
    cloud = a_cloud(COMPLIANT)
    cloud.buckets.failures["read_access"] = [DENIED_ACCESS]

    deliver(cloud, **OPENS)

    (finding,) = cloud.topic.findings
    assert (finding["severity"], finding["status"]) == ("HIGH", "FAILED")
    assert "s3:GetReplicationConfiguration" in finding["reason"]


def test_creation_date_that_is_not_known_stops_no_repair_and_makes_no_bucket_new() -> None:
    cloud = a_cloud(LOWERED)

    deliver(cloud, eventName="CreateBucket", requestParameters={"bucketName": BUCKET})

    assert found(cloud) == [("MEDIUM", "REMEDIATED")]


# --- nothing can be read -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("call", "check", "severity"),
    [
        pytest.param(LOWERS, DEFAULT_ENCRYPTION, "HIGH", id="lowered"),
        pytest.param(TO_STRANGER, DEFAULT_ENCRYPTION, "CRITICAL", id="another account's key"),
        pytest.param(
            {"eventName": "DeleteBucketEncryption", "requestParameters": {"bucketName": BUCKET}},
            DEFAULT_ENCRYPTION,
            "HIGH",
            id="deleted",
        ),
        pytest.param(
            {
                "requestParameters": asked(
                    "aws:kms", TEAM_KEY, BlockedEncryptionTypes={"EncryptionType": "NONE"}
                )
            },
            SSE_C_BLOCK,
            "HIGH",
            id="SSE-C unblocked",
        ),
    ],
)
def test_where_nothing_can_be_read_the_record_is_judged(
    call: dict[str, Any], check: str, severity: str
) -> None:
    cloud = a_cloud(LOWERED)
    cloud.buckets.failures["read_encryption"] = [
        AccessDeniedError("AccessDenied", "s3:GetEncryptionConfiguration", "no")
    ]

    deliver(cloud, policy=a_policy(check_modes=ENFORCE_ALL), **call)

    assert found(cloud, check) == [(severity, "FAILED")]
    (finding,) = [one for one in cloud.topic.findings if one["check"] == check]
    assert "as the record of the call says" in finding["reason"]
    assert "s3:GetEncryptionConfiguration" in finding["reason"]
    assert finding["before"] is None


# --- the state now violates less than the call did -----------------------------------------------


@pytest.mark.parametrize(
    ("call", "now", "severity"),
    [
        pytest.param(LOWERS, encryption(SSE_KMS), "HIGH", id="lowered, now aws/s3"),
        pytest.param(TO_STRANGER, LOWERED, "CRITICAL", id="another account's key, now SSE-S3"),
        pytest.param(
            {"requestParameters": asked("aws:kms")}, STRANGERS, "CRITICAL", id="aws/s3, now another account's"
        ),
    ],
)
def test_severity_is_never_less_than_what_the_call_did(
    call: dict[str, Any], now: BucketEncryption, severity: str
) -> None:
    cloud = a_cloud(now)

    deliver(cloud, **call)

    assert [one for one, _ in found(cloud)] == [severity]


# --- another trigger led to the repair -----------------------------------------------------------

LOOK = look_body(Look(event_id="look-1", time=NOON, resource=BucketResource(bucket=BUCKET)))
FIRST: dict[str, dict[str, Any]] = {
    "harmless call": {"eventName": "PutBucketAcl", "requestParameters": {"bucketName": BUCKET}},
    "second CreateBucket": {"eventName": "CreateBucket", "requestParameters": {"bucketName": BUCKET}},
    "look": {"body": LOOK},
    "another lowering": {"eventID": "another"},
}


@pytest.mark.parametrize("first", FIRST.values(), ids=FIRST)
def test_lowering_that_another_event_led_to_repair_is_reported_as_its_own(first: dict[str, Any]) -> None:
    """Each delivery is one of another execution environment."""
    cloud = a_cloud(LOWERED)
    deliver(cloud, **first)

    deliver(cloud, userIdentity=MALLORY, **LOWERS)

    assert own(cloud) == [("HIGH", "REMEDIATED")]
    assert len(cloud.buckets.writes) == 1
    assert len({one["ledger_entry"] for one in cloud.topic.findings}) == 1


def test_unblocking_that_another_event_led_to_repair_is_reported_as_its_own() -> None:
    cloud = a_cloud(encryption(SSE_KMS, TEAM_KEY, blocked=()))
    enforcing = a_policy(check_modes=ENFORCE_ALL)
    deliver(cloud, policy=enforcing, **FIRST["harmless call"])

    unblocks = asked("aws:kms", TEAM_KEY, BlockedEncryptionTypes={"EncryptionType": "NONE"})
    deliver(cloud, policy=enforcing, userIdentity=MALLORY, requestParameters=unblocks)

    assert own(cloud, SSE_C_BLOCK) == [("HIGH", "REMEDIATED")]


@pytest.mark.parametrize(
    ("requested", "reported"),
    [
        pytest.param(asked("aws:kms"), [], id="aws/s3"),
        pytest.param(asked("aws:kms", UNLISTED_KEY), [], id="another key"),
        pytest.param(SETS_STRANGERS, [("CRITICAL", "MANUAL")], id="another account's key"),
    ],
)
def test_call_that_did_not_set_what_was_repaired_is_reported_by_its_record_if_critical(
    requested: dict[str, Any], reported: list[tuple[str, str]]
) -> None:
    cloud = a_cloud(LOWERED)
    deliver(cloud, **FIRST["harmless call"])

    deliver(cloud, userIdentity=MALLORY, eventID="later", requestParameters=requested)

    assert own(cloud) == reported


@pytest.mark.parametrize(("seconds", "reported"), [(2, True), (3, False)], ids=["clocks differ", "later"])
def test_repair_from_before_the_call_is_none_of_what_it_did(seconds: int, reported: bool) -> None:
    cloud = a_cloud(LOWERED)
    deliver(cloud, **FIRST["harmless call"])

    made = NOON + timedelta(seconds=seconds)
    deliver(cloud, userIdentity=MALLORY, eventID="later", eventTime=f"{made:%Y-%m-%dT%H:%M:%SZ}")

    assert bool(own(cloud)) is reported


@pytest.mark.parametrize("method", ["put_encryption", "read_encryption"])
def test_write_that_failed_is_no_repair_of_what_the_call_did(method: str) -> None:
    cloud = a_cloud(LOWERED)
    denied = AccessDeniedError("AccessDenied", "s3:PutEncryptionConfiguration", "no")
    cloud.buckets.failures[method] = [denied]
    deliver(cloud, **FIRST["harmless call"])
    cloud.buckets.state[BUCKET] = COMPLIANT

    deliver(cloud, userIdentity=MALLORY, **LOWERS)

    assert own(cloud) == []


def test_lowering_that_its_owner_put_right_is_not_reported() -> None:
    cloud = a_cloud(COMPLIANT)

    deliver(cloud, userIdentity=MALLORY, **LOWERS)

    assert cloud.topic.findings == []


def test_message_whose_last_repair_cannot_be_looked_up_goes_back() -> None:
    cloud = a_cloud(COMPLIANT)
    cloud.ledger.failures["read_last_repairs"] = [TransientError("the ledger is throttled")]

    with pytest.raises(TransientError):
        deliver(cloud, **LOWERS)


# --- the bucket changes while its repair is prepared ---------------------------------------------

WRONG_RULES: dict[str, BucketEncryption] = {
    "aws/s3": encryption(SSE_KMS),
    "SSE-C unblocked": encryption(blocked=()),
    "with a Bucket Key": encryption(bucket_key=True),
}


def flapping(cloud: FakeCloud, *rules: BucketEncryption) -> None:
    """Somebody sets each rule right before one of the next looks of a prepared repair."""

    def set_rule(rule: BucketEncryption) -> Callable[[], object]:
        return lambda: cloud.buckets.state.update({BUCKET: rule})

    cloud.steps.after["ledger open"].append(set_rule(rules[0]))
    cloud.steps.after["read key policy"] += [lambda: None, *map(set_rule, rules[1:])]


@pytest.mark.parametrize("rule", WRONG_RULES.values(), ids=WRONG_RULES)
def test_bucket_with_another_wrong_rule_by_the_write_is_repaired_and_the_entry_holds_that_rule(
    rule: BucketEncryption,
) -> None:
    cloud = a_cloud(LOWERED)
    flapping(cloud, rule)

    deliver(cloud)

    (entry,) = cloud.ledger.entries
    assert entry.before == rule
    assert cloud.buckets.state[BUCKET].meets(entry.intended)
    assert [status for _, status in found(cloud)] == ["REMEDIATED"]


def test_bucket_that_is_right_by_the_write_is_left_alone_and_its_message_goes_back() -> None:
    cloud = a_cloud(LOWERED)
    flapping(cloud, COMPLIANT)

    with pytest.raises(TransientError, match="changed while its repair was prepared"):
        deliver(cloud)

    assert cloud.buckets.writes == []


def test_bucket_that_changes_before_every_look_is_judged_three_times_and_its_message_goes_back() -> None:
    cloud = a_cloud(LOWERED)
    flapping(cloud, *list(WRONG_RULES.values()) * 2)

    with pytest.raises(TransientError, match="changed while its repair was prepared"):
        deliver(cloud)

    assert cloud.buckets.writes == []
    assert cloud.steps.taken.count("describe key") == 4
