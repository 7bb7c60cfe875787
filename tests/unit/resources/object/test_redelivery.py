"""Crashes, refusals, races and messages that come again: nothing is lost, nothing is done twice."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from reseal.core.errors import AccessDeniedError, LeaseHeldError, TransientError
from reseal.core.outcome import Applied, Skipped
from reseal.core.repairs.objects.method import Methods
from reseal.resources.object.kind import LEASE
from tests.support.builders import BUCKET, DSSE_KMS, SSE_KMS, TEAM_KEY, a_policy, object_encryption
from tests.support.fakes.services import NOON, Crash
from tests.unit.resources.object.stage import REPAIR, SSE_C, UNDER_K, Stage, an_event

DENIED = "s3:PutObject"
LONGEST_RUN = 300
"""Seconds; the template's Timeout."""


@pytest.mark.parametrize("step", range(len(REPAIR)), ids=[f"{n} {name}" for n, name in enumerate(REPAIR)])
@pytest.mark.parametrize("when", ["dies_before", "dies_after"])
def test_an_invocation_that_dies_anywhere_loses_no_finding(step: int, when: str) -> None:
    stage = Stage()
    stage.cloud.objects.put(BUCKET, "a.csv")
    setattr(stage.cloud.cloud.steps, when, step)
    with pytest.raises(Crash):
        stage.deliver(an_event("a.csv"))
    setattr(stage.cloud.cloud.steps, when, None)
    stage.cloud.cloud.clock.time += LEASE + timedelta(seconds=1)

    failed = stage.deliver(an_event("a.csv"), times=2)
    stage.end_windows()

    assert failed == {}
    assert [kind for kind, _, _ in stage.cloud.objects.writes] == ["copy"]
    assert stage.cloud.objects.stored(BUCKET, "a.csv").head.encryption == UNDER_K
    assert {f["status"] for f in stage.findings} == {"REMEDIATED"}
    assert all(entry.outcome for entry in stage.cloud.cloud.ledger.entries)


@pytest.mark.parametrize("seconds", [0, LONGEST_RUN])
def test_a_live_lease_sends_the_duplicate_back(seconds: int) -> None:
    stage = Stage()
    stage.cloud.objects.put(BUCKET, "a.csv")
    stage.cloud.cloud.steps.dies_before = REPAIR.index("copy")
    with pytest.raises(Crash):
        stage.deliver(an_event("a.csv"))
    stage.cloud.cloud.steps.dies_before = None
    stage.cloud.cloud.clock.time += timedelta(seconds=seconds)

    failed = stage.deliver(an_event("a.csv"), times=2)

    assert isinstance(failed["m1"], LeaseHeldError)
    assert stage.cloud.objects.writes == []


def test_a_repair_that_was_reported_already_is_reported_again_under_the_same_id() -> None:
    stage = Stage(window_seconds=0)
    stage.cloud.objects.put(BUCKET, "a.csv")

    stage.deliver(an_event("a.csv"))
    stage.deliver(an_event("a.csv"), times=2)

    assert len(stage.cloud.objects.writes) == 1
    assert len({f["id"] for f in stage.findings}) == 1
    assert len(stage.findings) == 2


def test_a_newer_write_during_the_repair_wins_and_is_left_to_its_own_event() -> None:
    stage = Stage()
    stage.cloud.objects.put(BUCKET, "a.csv")
    newer = object_encryption(SSE_KMS, TEAM_KEY)
    stage.cloud.cloud.steps.before["copy"].append(
        lambda: stage.cloud.objects.put(BUCKET, "a.csv", body=b"newer", encryption=newer)
    )

    failed = stage.deliver(an_event("a.csv"))

    assert (failed, stage.results, stage.findings) == ({}, ["Skipped"], [])
    assert stage.cloud.objects.stored(BUCKET, "a.csv").body == b"newer"
    assert stage.cloud.objects.stored(BUCKET, "a.csv").head.encryption == newer
    (entry,) = stage.cloud.cloud.ledger.entries
    assert isinstance(entry.outcome, Skipped)


@pytest.mark.parametrize("encryption", [object_encryption(SSE_KMS, TEAM_KEY), SSE_C], ids=["KMS", "SSE-C"])
def test_a_newer_write_after_the_copy_is_not_reported_as_a_repair(encryption: object) -> None:
    stage = Stage()
    stage.cloud.objects.put(BUCKET, "a.csv")
    stage.cloud.cloud.steps.after["copy"].append(
        lambda: stage.cloud.objects.put(BUCKET, "a.csv", body=b"newer", encryption=encryption)  # type: ignore[arg-type]
    )

    stage.deliver(an_event("a.csv"))

    assert (stage.results, stage.findings) == (["Skipped"], [])


def test_an_object_deleted_after_the_copy_is_skipped() -> None:
    stage = Stage()
    stage.cloud.objects.put(BUCKET, "a.csv")
    stage.cloud.cloud.steps.after["copy"].append(lambda: stage.cloud.objects.delete(BUCKET, "a.csv"))

    stage.deliver(an_event("a.csv"))

    assert (stage.results, stage.findings) == (["Skipped"], [])


def test_what_differs_after_the_copy_is_reported_and_severe() -> None:
    stage = Stage()
    stage.cloud.objects.put(BUCKET, "a.csv", metadata={"a": "1"})
    stage.cloud.cloud.steps.after["copy"].append(
        lambda: stage.cloud.objects.put(BUCKET, "a.csv", encryption=UNDER_K, metadata={"a": "2"})
    )

    stage.deliver(an_event("a.csv"))

    (finding,) = stage.findings
    assert (finding["severity"], finding["status"]) == ("HIGH", "REMEDIATED")
    assert "differ from before: user metadata" in finding["reason"]


@pytest.mark.parametrize("method", ["copy", "update_encryption"])
def test_a_denied_write_fails_once_a_day_and_names_the_permission(method: str) -> None:
    stage = Stage()
    if method == "update_encryption":
        stage.cloud.cloud.buckets.versioned.add(BUCKET)
    for key in ("a.csv", "b.csv"):
        stage.cloud.objects.put(BUCKET, key)
        stage.cloud.objects.failures[f"{method} {key}"] = [
            AccessDeniedError("AccessDenied", DENIED, "an SCP")
        ]

    stage.deliver(an_event("a.csv", 1))
    stage.deliver(an_event("b.csv", 2))

    (finding,) = stage.findings
    assert (finding["status"], finding["severity"]) == ("FAILED", "HIGH")
    assert DENIED in finding["recommendation"]
    assert stage.results == ["Failed", "Failed"]


def test_a_denied_write_is_not_reported_again_by_a_later_window_of_the_day() -> None:
    stage = Stage()
    for number, key in enumerate(("a.csv", "b.csv")):
        stage.cloud.objects.put(BUCKET, key)
        denied = AccessDeniedError("AccessDenied", DENIED, "an SCP")
        stage.cloud.objects.failures[f"copy {key}"] = [denied]
        stage.deliver(an_event(key, number, eventTime=f"{stage.cloud.cloud.clock.time:%Y-%m-%dT%H:%M:%SZ}"))
        stage.cloud.cloud.clock.time += timedelta(hours=1)

    assert len(stage.findings) == 1
    assert [event_result.suppressed for event_result in stage.cloud.cloud.telemetry.recorded] == [False, True]


def test_a_refusal_that_could_not_be_reported_is_reported_in_whatever_company_its_event_comes_again() -> None:
    stage = Stage()
    denied = AccessDeniedError("AccessDenied", DENIED, "an SCP")
    for key in ("a.csv", "b.csv"):
        stage.cloud.objects.put(BUCKET, key)
        stage.cloud.objects.failures[f"copy {key}"] = [denied]
    stage.cloud.cloud.topic.failures["publish"] = [TransientError("throttled")]
    stage.deliver(an_event("a.csv", 1))

    stage.deliver(an_event("b.csv", 2), an_event("a.csv", 1), times=2)
    stage.end_windows()

    assert {f["status"] for f in stage.findings} == {"FAILED"}


def test_what_a_key_denies_is_corrected_in_its_policy() -> None:
    stage = Stage()
    stage.cloud.objects.put(BUCKET, "a.csv")
    denied = "not authorized to perform: kms:Decrypt on resource: a key"
    stage.cloud.objects.failures["copy"] = [AccessDeniedError("AccessDenied", DENIED, denied)]

    stage.deliver(an_event("a.csv"))

    recommendation = stage.findings[0]["recommendation"]
    assert recommendation.startswith("allow kms:Decrypt to Reseal's role in the key policy")


def test_throttling_sends_the_message_back_and_the_next_delivery_finishes() -> None:
    stage = Stage()
    stage.cloud.objects.put(BUCKET, "a.csv")
    stage.cloud.objects.failures["copy"] = [TransientError("SlowDown")]

    failed = stage.deliver(an_event("a.csv"))
    stage.cloud.cloud.clock.time += LEASE + timedelta(seconds=1)
    again = stage.deliver(an_event("a.csv"), times=2)

    assert isinstance(failed["m1"], TransientError)
    assert (again, stage.results) == ({}, ["Applied"])
    (entry,) = stage.cloud.cloud.ledger.entries
    assert isinstance(entry.outcome, Applied)


@pytest.mark.parametrize("method", ["open_all", "close_all"])
def test_without_its_ledger_the_whole_batch_goes_back(method: str) -> None:
    stage = Stage()
    stage.cloud.objects.put(BUCKET, "a.csv")
    stage.cloud.cloud.ledger.failures[method] = [TransientError("throttled")]

    failed = stage.deliver(an_event("a.csv"))

    assert isinstance(failed["m1"], TransientError)
    assert stage.findings == []
    assert bool(stage.cloud.objects.writes) is (method == "close_all")


def test_an_entry_that_another_delivery_took_over_sends_back_its_own_message_only() -> None:
    stage = Stage()
    for key in ("a.csv", "b.csv"):
        stage.cloud.objects.put(BUCKET, key)
    ledger = stage.cloud.cloud.ledger

    def take_over() -> None:
        (entry,) = [entry for entry in ledger.entries if entry.resource.object_key == "a.csv"]
        ledger.open_all([replace(entry, owner="another")], NOON + 2 * LEASE)

    stage.cloud.cloud.steps.before["ledger close"].append(take_over)

    failed = stage.deliver(an_event("a.csv", 1), an_event("b.csv", 2))

    assert {message: type(error) for message, error in failed.items()} == {"m1": LeaseHeldError}
    assert stage.results == ["Applied"]


def test_a_repair_that_could_not_be_reported_is_reported_by_the_next_delivery() -> None:
    stage = Stage()
    stage.cloud.objects.put(BUCKET, "a.csv")
    stage.cloud.cloud.topic.failures["publish"] = [TransientError("throttled")]

    failed = stage.deliver(an_event("a.csv"))
    stage.deliver(an_event("a.csv"), times=2)
    stage.end_windows()

    assert isinstance(failed["m1"], TransientError)
    assert {f["status"] for f in stage.findings} == {"REMEDIATED"}


def test_the_acl_is_looked_at_once_more_before_it_is_set_again() -> None:
    stage = Stage()
    stage.cloud.cloud.buckets.with_acls.add(BUCKET)
    stage.cloud.objects.put(BUCKET, "a.csv")
    stage.cloud.cloud.steps.after["ledger open"].append(lambda: stage.share("a.csv"))

    failed = stage.deliver(an_event("a.csv"))

    assert isinstance(failed["m1"], TransientError)
    assert stage.cloud.objects.writes == []


@pytest.mark.parametrize("tags", [{}, {"class": "internal"}], ids=["untagged", "tagged"])
def test_tags_that_change_while_parts_are_copied_stop_the_copy(tags: dict[str, str]) -> None:
    in_parts = Methods(largest_copy=1)
    stage = Stage(policy=a_policy(required=DSSE_KMS), methods=in_parts)
    stage.cloud.objects.put(BUCKET, "a.csv", tags=tags)
    stage.cloud.cloud.steps.after["copy in parts"].append(
        lambda: stage.cloud.objects.change(BUCKET, "a.csv", tags={"class": "secret"})
    )

    failed = stage.deliver(an_event("a.csv"))

    assert isinstance(failed["m1"], TransientError)
    assert stage.cloud.objects.writes == []


def test_two_copies_of_one_event_in_a_batch_make_one_write() -> None:
    stage = Stage()
    stage.cloud.objects.put(BUCKET, "a.csv")

    failed = stage.deliver(an_event("a.csv"), an_event("a.csv"))

    assert (failed, len(stage.cloud.objects.writes), len(stage.findings)) == ({}, 1, 1)
    (entry,) = stage.cloud.cloud.ledger.entries
    assert isinstance(entry.outcome, Applied)


def test_a_key_that_its_record_spells_otherwise_has_one_finding_id_however_often_it_comes() -> None:
    stage = Stage(window_seconds=0)
    stage.cloud.objects.put(BUCKET, "a b.csv")

    stage.deliver(an_event("a+b.csv"))
    stage.deliver(an_event("a+b.csv"), times=2)

    assert len(stage.findings) == 2
    assert len({(f["id"], f["resource"]["name"]) for f in stage.findings}) == 1


def test_a_write_that_cannot_be_verified_is_reported_as_that() -> None:
    stage = Stage()
    stage.cloud.objects.put(BUCKET, "a.csv")
    denied = AccessDeniedError("AccessDenied", "s3:GetObject", "an SCP")
    stage.cloud.cloud.steps.after["copy"].append(lambda: stage.cloud.objects.failures["read"].append(denied))

    stage.deliver(an_event("a.csv"))

    assert stage.findings[0]["status"] == "FAILED"
    assert "it was written, but could not be verified" in stage.findings[0]["reason"]
