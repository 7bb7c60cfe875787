"""What a delivery concludes of a repair that an earlier one began and did not end."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from reseal.core.errors import AccessDeniedError, TransientError
from reseal.core.outcome import Applied, Skipped
from reseal.core.policy.policy import Policy
from reseal.core.policy.requirements import Mode
from reseal.core.repairs.objects.method import Methods
from reseal.resources.object.kind import LEASE
from tests.support.builders import (
    BUCKET,
    DEFAULT_MODES,
    DSSE_KMS,
    OBJECT_ENCRYPTION,
    SSE_KMS,
    STRANGER_KEY,
    TEAM_KEY,
    K,
    a_key,
    a_policy,
    object_encryption,
)
from tests.support.fakes.services import Crash
from tests.unit.resources.object.stage import UNDER_K, Stage, an_event

HOLD = LEASE + timedelta(seconds=2)
"""The lease, and how far clocks differ."""


def die_after(stage: Stage, call: str) -> None:
    """The invocation dies right after a call."""

    def die() -> None:
        raise Crash

    stage.cloud.cloud.steps.after[call].append(die)
    with pytest.raises(Crash):
        stage.deliver(an_event("a.csv"))
    stage.cloud.cloud.steps.after[call].clear()


def deliver_again(stage: Stage, *, after: timedelta = LEASE + timedelta(minutes=5)) -> dict[str, Exception]:
    stage.cloud.cloud.clock.time += after
    return stage.deliver(an_event("a.csv"), times=2)


def outcome(stage: Stage) -> object:
    (entry,) = stage.cloud.cloud.ledger.entries
    return entry.outcome


def test_a_write_that_was_made_is_reported_as_own() -> None:
    stage = Stage()
    stage.cloud.objects.put(BUCKET, "a.csv")
    die_after(stage, "copy")

    failed = deliver_again(stage)

    assert (failed, stage.results) == ({}, ["Applied"])
    assert isinstance(outcome(stage), Applied)
    assert [kind for kind, _, _ in stage.cloud.objects.writes] == ["copy"]


@pytest.mark.parametrize(
    ("after", "result"),
    [(HOLD, "Applied"), (HOLD + timedelta(milliseconds=1), "Skipped")],
    ids=["while it was held", "later"],
)
def test_a_write_by_another_writer_after_the_entry_was_held_is_not_reported_as_own(
    after: timedelta, result: str
) -> None:
    """Within the lease it cannot be distinguished from Reseal's own write, unless something else differs."""
    stage = Stage()
    stage.cloud.objects.put(BUCKET, "a.csv")
    die_after(stage, "ledger open")
    stage.cloud.cloud.clock.time += after
    stage.cloud.objects.put(BUCKET, "a.csv", encryption=UNDER_K)

    deliver_again(stage)

    assert stage.results == [result]
    assert stage.cloud.objects.writes == []


def test_a_repair_that_could_not_be_made_and_was_made_by_the_writer_is_not_reported_as_own() -> None:
    stage = Stage()
    stage.cloud.objects.put(BUCKET, "a.csv")
    stage.cloud.objects.failures["copy"] = [TransientError("another write is under way")]
    stage.deliver(an_event("a.csv"))
    stage.cloud.cloud.clock.time += HOLD + timedelta(seconds=1)
    stage.cloud.objects.put(BUCKET, "a.csv", encryption=UNDER_K)

    deliver_again(stage)

    assert (stage.results, stage.findings) == (["Skipped"], [])
    assert isinstance(outcome(stage), Skipped)


@pytest.mark.parametrize("method", ["copy", "copy in parts"])
@pytest.mark.parametrize(
    ("later", "named"),
    [({"metadata": {"a": "2"}}, "user metadata"), ({"storage_class": "GLACIER_IR"}, "storage class")],
)
def test_what_differs_from_the_evidence_is_reported_by_the_later_delivery(
    method: str, later: dict[str, Any], named: str
) -> None:
    stage = Stage()
    if method == "copy in parts":
        stage = Stage(policy=a_policy(required=DSSE_KMS), methods=Methods(largest_copy=1))
    stage.cloud.objects.put(BUCKET, "a.csv", metadata={"a": "1"})
    stage.cloud.cloud.ledger.failures["close_all"] = [TransientError("throttled")]
    stage.deliver(an_event("a.csv"))
    head = stage.cloud.objects.stored(BUCKET, "a.csv").head
    stage.cloud.objects.change(BUCKET, "a.csv", head=replace(head, **later))

    deliver_again(stage)

    (finding,) = stage.findings
    assert (finding["severity"], finding["status"]) == ("HIGH", "REMEDIATED")
    assert f"differ from before: {named}" in finding["reason"]


def test_an_acl_that_differs_from_the_evidence_is_reported_by_the_later_delivery() -> None:
    stage = Stage()
    stage.cloud.cloud.buckets.with_acls.add(BUCKET)
    stage.cloud.objects.put(BUCKET, "a.csv")
    die_after(stage, "copy")
    stage.share("a.csv")

    deliver_again(stage)

    assert "differ from before: ACL" in stage.findings[0]["reason"]


def test_an_acl_that_cannot_be_read_by_the_later_delivery_is_reported_as_that() -> None:
    stage = Stage()
    stage.cloud.cloud.buckets.with_acls.add(BUCKET)
    stage.cloud.objects.put(BUCKET, "a.csv")
    die_after(stage, "copy")
    denied = AccessDeniedError("AccessDenied", "s3:GetObjectAcl", "an SCP")
    stage.cloud.cloud.steps.after["ledger open"].append(
        lambda: stage.cloud.objects.failures["read_acl"].append(denied)
    )

    deliver_again(stage)

    assert stage.findings[0]["status"] == "FAILED"
    assert "it was written, but could not be verified" in stage.findings[0]["reason"]


def test_a_newer_write_that_an_ended_deliverys_change_in_place_may_have_caught_is_reported_and_severe() -> (
    None
):
    stage = Stage(methods=Methods(prefers_in_place=True))
    stage.cloud.objects.put(BUCKET, "a.csv")
    die_after(stage, "update encryption")
    stage.cloud.cloud.clock.time += timedelta(seconds=5)
    stage.cloud.objects.put(BUCKET, "a.csv", body=b"newer", encryption=UNDER_K)

    deliver_again(stage)

    (finding,) = stage.findings
    assert (finding["severity"], finding["status"]) == ("HIGH", "REMEDIATED")
    assert "a newer write was re-encrypted too" in finding["reason"]


def test_a_change_in_place_is_reported_however_late() -> None:
    stage = Stage()
    stage.cloud.cloud.buckets.versioned.add(BUCKET)
    stage.cloud.objects.put(BUCKET, "a.csv")
    die_after(stage, "update encryption")

    deliver_again(stage, after=timedelta(hours=12))

    (finding,) = stage.findings
    assert (finding["severity"], finding["action"]) == ("MEDIUM", "UpdateObjectEncryption")


def test_a_takeover_holds_the_entry_for_itself() -> None:
    stage = Stage()
    stage.cloud.objects.put(BUCKET, "a.csv")
    die_after(stage, "copy")

    deliver_again(stage)

    (entry,) = stage.cloud.cloud.ledger.entries
    until = int((stage.cloud.cloud.clock.time + LEASE).timestamp())
    assert (entry.owner, entry.lease_until) == ("invocation-2/m1", until)


def test_a_later_delivery_reports_the_version_and_the_encryption_that_were_found() -> None:
    stage = Stage(window_seconds=0)
    stage.cloud.cloud.buckets.versioned.add(BUCKET)
    written = stage.cloud.objects.put(BUCKET, "a b.csv")

    stage.deliver(an_event("a+b.csv"))
    stage.deliver(an_event("a+b.csv"), times=2)

    assert len(stage.findings) == 2
    for finding in stage.findings:
        resource, before = finding["resource"], finding["before"]
        assert (resource["name"], resource["version_id"]) == (f"{BUCKET}/a b.csv", written.version_id)
        assert before["algorithm"] == "AES256"


@pytest.mark.parametrize(
    ("stage", "carried"),
    [
        (Stage(), True),
        (Stage(methods=Methods(prefers_in_place=True)), False),
        (Stage(policy=a_policy(required=DSSE_KMS), methods=Methods(largest_copy=1)), False),
    ],
    ids=["copy", "in place", "in parts"],
)
def test_the_ledger_keeps_what_a_copy_carried(stage: Stage, carried: bool) -> None:
    stage.cloud.objects.put(BUCKET, "a.csv")

    stage.deliver(an_event("a.csv"))

    (entry,) = stage.cloud.cloud.ledger.entries
    assert ("TaggingDirective" in entry.details) is carried


def test_an_approved_key_that_another_caller_chose_meanwhile_is_left_alone() -> None:
    stage = Stage()
    stage.cloud.objects.put(BUCKET, "a.csv")
    die_after(stage, "ledger open")
    stage.cloud.objects.put(BUCKET, "a.csv", encryption=object_encryption(SSE_KMS, TEAM_KEY))

    deliver_again(stage)

    assert (stage.cloud.objects.writes, stage.results) == ([], ["Skipped"])
    (entry,) = stage.cloud.cloud.ledger.entries
    assert isinstance(entry.outcome, Skipped)
    assert (entry.outcome.cause.value, entry.outcome.reason) == (
        "unknown",
        f"the decision is out of date: object '{BUCKET}/a.csv' now has SSE-KMS under {TEAM_KEY}",
    )


def test_a_key_of_a_stranger_that_another_caller_chose_meanwhile_is_replaced_under_this_event() -> None:
    stage = Stage()
    stage.cloud.objects.put(BUCKET, "a.csv")
    die_after(stage, "ledger open")
    stage.cloud.objects.put(BUCKET, "a.csv", encryption=object_encryption(SSE_KMS, STRANGER_KEY))

    deliver_again(stage)

    assert stage.results == ["Applied"]
    assert [finding["severity"] for finding in stage.findings] == ["CRITICAL"]


def test_what_would_not_be_repaired_any_more_is_reported_as_it_is_decided_now() -> None:
    """The repair was begun; before it could be made, its key was disabled."""
    stage = Stage()
    stage.cloud.objects.put(BUCKET, "a.csv")
    stage.cloud.objects.failures["copy"] = [TransientError("SlowDown")]
    stage.deliver(an_event("a.csv"))
    stage.cloud.cloud.keys.known[K] = a_key(K, state="Disabled")

    failed = deliver_again(stage)

    (finding,) = stage.findings
    assert (failed, stage.results) == ({}, ["Skipped"])
    assert (finding["severity"], finding["status"]) == ("CRITICAL", "MANUAL")
    assert isinstance(outcome(stage), Skipped)


@pytest.mark.parametrize(
    "policy",
    [
        a_policy(mode=Mode.DETECT),
        a_policy(check_modes=DEFAULT_MODES | {OBJECT_ENCRYPTION: Mode.DETECT}),
    ],
    ids=["stack in detect mode", "check in report mode"],
)
def test_a_write_that_was_made_is_reported_as_made_whatever_the_mode_is_by_now(policy: Policy) -> None:
    stage = Stage()
    stage.cloud.objects.put(BUCKET, "a.csv")
    die_after(stage, "copy")
    stage.policy = policy

    deliver_again(stage)

    (finding,) = stage.findings
    assert (finding["status"], finding["action"]) == ("REMEDIATED", "CopyObject")
    assert finding["undo"] is not None


def test_what_was_begun_stays_open_where_the_check_was_turned_off_since() -> None:
    """The object is not read any more, so the result of the write is unknown."""
    stage = Stage()
    stage.cloud.objects.put(BUCKET, "a.csv")
    die_after(stage, "copy")
    stage.policy = a_policy(check_modes=DEFAULT_MODES | {OBJECT_ENCRYPTION: Mode.OFF})

    deliver_again(stage)

    assert (stage.results, outcome(stage)) == (["Exempt"], None)
