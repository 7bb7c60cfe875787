"""What was decided about an object is reported whatever AWS refuses, and whatever led to the repair."""

from __future__ import annotations

from typing import Any

import pytest

from reseal.core.calls.look import Look
from reseal.core.calls.queue_message import look_body
from reseal.core.errors import AccessDeniedError, RefusalError
from reseal.core.policy.requirements import Mode
from reseal.core.resource import ObjectResource
from reseal.core.state.object_encryption import ObjectEncryption
from tests.support.builders import (
    BUCKET,
    DEFAULT_MODES,
    OBJECT_ENCRYPTION,
    SSE_KMS,
    SSE_S3,
    STRANGER_KEY,
    a_policy,
    object_encryption,
)
from tests.support.fakes.services import NOON
from tests.unit.resources.object.stage import SSE_C, Stage, an_event

SSE = "x-amz-server-side-encryption"
PLAIN, STRANGERS = object_encryption(SSE_S3), object_encryption(SSE_KMS, STRANGER_KEY)
ANSWERED_PLAIN = {SSE: "AES256"}
ANSWERED_STRANGERS = {SSE: "aws:kms", f"{SSE}-aws-kms-key-id": STRANGER_KEY}
ANSWERED_SSE_C = {f"{SSE}-customer-algorithm": "AES256"}
MALLORY = {"type": "IAMUser", "arn": "arn:aws:iam::111122223333:user/mallory", "accountId": "111122223333"}
MODES = {
    mode: a_policy(check_modes=DEFAULT_MODES | {OBJECT_ENCRYPTION: mode})
    for mode in (Mode.ENFORCE, Mode.DETECT)
}
LOOK = look_body(
    Look(event_id="look-1", time=NOON, resource=ObjectResource(bucket=BUCKET, object_key="a.csv"))
)


def found(stage: Stage) -> list[tuple[str, str]]:
    return [(one["severity"], one["status"]) for one in stage.findings]


def own(stage: Stage) -> list[tuple[str, str]]:
    """The findings that name mallory."""
    return [
        (one["severity"], one["status"])
        for one in stage.findings
        if one["actor"] and one["actor"]["who"] == MALLORY["arn"]
    ]


def mallorys(answer: dict[str, Any], number: int = 2, **changes: Any) -> str:
    return an_event("a.csv", number, responseElements=answer, userIdentity=MALLORY, **changes)


# --- a guard's read is refused -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fake", "method", "action"),
    [
        ("buckets", "read_context", "s3:GetReplicationConfiguration"),
        ("keys", "describe", "kms:DescribeKey"),
    ],
    ids=["bucket", "remediation key"],
)
@pytest.mark.parametrize(
    ("state", "answer", "severity", "failed"),
    [(PLAIN, ANSWERED_PLAIN, "MEDIUM", "HIGH"), (STRANGERS, ANSWERED_STRANGERS, "CRITICAL", "CRITICAL")],
    ids=["plain", "another account's key"],
)
@pytest.mark.parametrize("mode", MODES)
def test_decision_is_kept_when_a_read_of_a_guard_is_refused(
    mode: Mode,
    state: ObjectEncryption,
    answer: dict[str, str],
    severity: str,
    failed: str,
    fake: str,
    method: str,
    action: str,
) -> None:
    stage = Stage(policy=MODES[mode])
    stage.cloud.objects.put(BUCKET, "a.csv", encryption=state)
    getattr(stage.cloud.cloud, fake).failures[method] = [RefusalError("Odd", action, "no")]

    stage.deliver(an_event("a.csv", responseElements=answer))

    assert found(stage) == [(failed, "FAILED") if mode is Mode.ENFORCE else (severity, "DETECTED")]
    assert action in stage.findings[0]["reason"]
    assert stage.findings[0]["before"] == state.to_document()
    assert stage.cloud.objects.writes == []


# --- the object cannot be read -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        pytest.param(ANSWERED_PLAIN, ("HIGH", "FAILED"), id="plain"),
        pytest.param(ANSWERED_STRANGERS, ("CRITICAL", "FAILED"), id="another account's key"),
        pytest.param(ANSWERED_SSE_C, ("CRITICAL", "MANUAL"), id="SSE-C"),
        pytest.param(None, ("HIGH", "FAILED"), id="the record does not say"),
    ],
)
def test_where_the_object_cannot_be_read_the_record_is_judged(
    answer: dict[str, str] | None, expected: tuple[str, str]
) -> None:
    stage = Stage()
    stage.cloud.objects.put(BUCKET, "a.csv")
    stage.cloud.objects.failures["read"] = [AccessDeniedError("AccessDenied", "s3:GetObject", "no")]

    stage.deliver(an_event("a.csv", responseElements=answer))

    assert found(stage) == [expected]
    assert "s3:GetObject" in stage.findings[0]["reason"]
    assert stage.findings[0]["before"] is None


# --- another trigger led to the repair -----------------------------------------------------------


def test_write_that_a_look_led_to_repair_is_reported_as_its_own() -> None:
    """Each delivery is one of another execution environment."""
    stage = Stage()
    stage.cloud.objects.put(BUCKET, "a.csv", encryption=PLAIN)
    stage.deliver(LOOK)

    stage.deliver(mallorys(ANSWERED_PLAIN))

    assert own(stage) == [("MEDIUM", "REMEDIATED")]
    assert len(stage.cloud.objects.writes) == 1
    assert len({one["ledger_entry"] for one in stage.findings}) == 1


def test_change_of_an_objects_encryption_that_a_look_led_to_repair_keeps_its_severity() -> None:
    stage = Stage()
    stage.cloud.objects.put(BUCKET, "a.csv", encryption=PLAIN)
    stage.deliver(LOOK)

    stage.deliver(mallorys(ANSWERED_PLAIN, eventName="UpdateObjectEncryption"))

    assert own(stage) == [("HIGH", "REMEDIATED")]


@pytest.mark.parametrize(
    "answer", [ANSWERED_STRANGERS, ANSWERED_SSE_C], ids=["another account's key", "SSE-C"]
)
def test_critical_write_that_did_not_leave_what_was_repaired_is_reported_by_its_record_alone(
    answer: dict[str, str],
) -> None:
    stage = Stage()
    stage.cloud.objects.put(BUCKET, "a.csv", encryption=PLAIN)
    stage.deliver(LOOK)

    stage.deliver(mallorys(answer))

    assert own(stage) == [("CRITICAL", "MANUAL")]


def test_compliant_write_is_not_reported_with_the_repair_of_an_earlier_one() -> None:
    stage = Stage()
    stage.cloud.objects.put(BUCKET, "a.csv", encryption=PLAIN)
    stage.deliver(LOOK)

    stage.deliver(mallorys({SSE: "aws:kms", f"{SSE}-aws-kms-key-id": a_policy().default.remediation_key}))

    assert own(stage) == []


# --- another writer within two seconds -----------------------------------------------------------

STATES = {"plain": PLAIN, "another account's key": STRANGERS, "SSE-C": SSE_C}
ANSWERS = {
    "plain": ANSWERED_PLAIN,
    "another account's key": ANSWERED_STRANGERS,
    "SSE-C": ANSWERED_SSE_C,
}


@pytest.mark.parametrize("there", STATES)
@pytest.mark.parametrize("said", ANSWERS)
def test_write_is_reported_with_what_is_there_only_if_s3s_answer_does_not_contradict_it(
    said: str, there: str
) -> None:
    """A CRITICAL write that is not there any more is reported by its record."""
    stage = Stage()
    stage.cloud.objects.put(BUCKET, "a.csv", encryption=STATES[there])

    stage.deliver(mallorys(ANSWERS[said]))

    assert bool(own(stage)) is (said == there or said != "plain")
    by_record = [one for one in stage.findings if "as the record of the call says" in one["reason"]]
    assert bool(by_record) is (said not in (there, "plain"))
    assert (stage.results == ["Skipped"]) is (said == "plain" != there)


@pytest.mark.parametrize("there", STATES)
def test_write_whose_record_has_no_answer_is_reported_with_what_is_there(there: str) -> None:
    stage = Stage()
    stage.cloud.objects.put(BUCKET, "a.csv", encryption=STATES[there])

    stage.deliver(an_event("a.csv", userIdentity=MALLORY))

    assert own(stage)
