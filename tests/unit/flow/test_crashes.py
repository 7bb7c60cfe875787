"""An invocation can end at any step of two writes: a later delivery finishes them, and makes none twice."""

from __future__ import annotations

from dataclasses import replace

import pytest

from reseal.core.errors import AccessDeniedError, LeaseHeldError, NotFoundError, TransientError
from reseal.core.outcome import Applied, Failed, Skipped
from tests.support.fakes.services import Crash
from tests.unit.flow.made_up import (
    A_KEY,
    AFTER_THE_LEASE,
    CHECK_OF,
    LABEL,
    LEASE,
    OTHER_KEY,
    REQUIRED,
    ROTATION,
    WRONG,
    Stage,
    Text,
    a_look,
)
from tests.unit.flow.test_steps import REPAIR

POINTS = [(when, step) for step in range(len(REPAIR)) for when in ("before", "after")]
POINT_IDS = [f"{when} {step + 1} {REPAIR[step]}" for when, step in POINTS]


def deliver_and_die(stage: Stage, point: tuple[str, int], *, times: int = 1) -> None:
    """Deliver, dying at the given step of this delivery if it takes so many; then the lease passes."""
    when, step = point
    at = len(stage.cloud.steps.taken) + step
    stage.cloud.steps.dies_before = at if when == "before" else None
    stage.cloud.steps.dies_after = at if when == "after" else None
    try:
        stage.deliver(a_look(), times=times)
    except Crash:
        pass
    finally:
        stage.cloud.steps.dies_before = stage.cloud.steps.dies_after = None
    stage.cloud.clock.time += AFTER_THE_LEASE


def died_after(step: str) -> Stage:
    """A first delivery died right after this step, and its lease has ended."""
    stage = Stage()
    deliver_and_die(stage, ("after", REPAIR.index(step)))
    return stage


def die() -> None:
    raise Crash


def assert_repaired_once_and_reported(stage: Stage) -> None:
    assert sorted(stage.keys.writes) == sorted((A_KEY, setting, text) for setting, text in REQUIRED.items())
    assert stage.is_now() == REQUIRED
    assert stage.statuses == dict.fromkeys(CHECK_OF.values(), "REMEDIATED")
    assert len({finding["id"] for finding in stage.cloud.topic.findings}) == len(REQUIRED)
    assert stage.open_entries == []
    assert [entry.before for entry in stage.cloud.ledger.entries] == [Text(text) for text in WRONG.values()]


@pytest.mark.parametrize("point", POINTS, ids=POINT_IDS)
def test_crash_anywhere_is_made_good_by_the_next_delivery(point: tuple[str, int]) -> None:
    stage = Stage()
    deliver_and_die(stage, point)

    assert stage.deliver(a_look(), times=2) == {}
    assert_repaired_once_and_reported(stage)


@pytest.mark.parametrize("second", POINTS, ids=[f"then {name}" for name in POINT_IDS])
@pytest.mark.parametrize("first", POINTS, ids=POINT_IDS)
def test_two_crashes_anywhere_are_made_good_by_the_third_delivery(
    first: tuple[str, int], second: tuple[str, int]
) -> None:
    stage = Stage()
    deliver_and_die(stage, first)
    deliver_and_die(stage, second, times=2)

    assert stage.deliver(a_look(), times=3) == {}
    assert_repaired_once_and_reported(stage)


@pytest.mark.parametrize("step", sorted(set(REPAIR) - {"telemetry"}))
def test_passing_failure_anywhere_is_made_good_by_the_next_delivery(step: str) -> None:
    stage, error = Stage(), TransientError("slow down")

    def fail() -> None:
        raise error

    stage.cloud.steps.before[step].append(fail)

    assert stage.deliver(a_look()) == {"m1": error}
    stage.cloud.clock.time += AFTER_THE_LEASE
    assert stage.deliver(a_look(), times=2) == {}
    assert_repaired_once_and_reported(stage)


def test_first_delivery_does_not_read_the_ledger_and_a_later_one_reads_it_once_for_all_settings() -> None:
    stage = died_after(f"put {LABEL}")

    stage.deliver(a_look(), times=2)

    assert stage.cloud.steps.taken.count("ledger read") == 1


def test_entry_that_was_closed_is_reported_again_and_not_written_again() -> None:
    stage = Stage()
    stage.deliver(a_look())
    stage.keys.state[A_KEY][LABEL] = Text(WRONG[LABEL])
    first = stage.cloud.topic.findings

    stage.deliver(a_look(), times=2)

    assert stage.cloud.topic.findings == first + first
    assert len(stage.keys.writes) == len(REQUIRED)
    assert stage.is_now()[LABEL] == WRONG[LABEL]


@pytest.mark.parametrize("died", ["ledger open", f"put {ROTATION}"], ids=["before a write", "between them"])
def test_live_lease_of_another_invocation_sends_the_message_back_unwritten(died: str) -> None:
    stage = died_after(died)
    stage.cloud.clock.time += LEASE - AFTER_THE_LEASE
    writes = list(stage.keys.writes)

    failed = stage.deliver(a_look(), times=2)

    assert {m: type(error) for m, error in failed.items()} == {"m1": LeaseHeldError}
    assert (stage.keys.writes, stage.cloud.topic.messages) == (writes, [])


def test_lease_of_another_invocation_on_one_setting_keeps_both_unwritten() -> None:
    stage = Stage()
    deliver_and_die(stage, ("after", REPAIR.index("ledger open")))
    rotation, label = stage.cloud.ledger.entries
    left = replace(label, lease_until=label.lease_until + 600)
    stage.cloud.ledger.open_all([left], stage.cloud.clock.now())

    failed = stage.deliver(a_look(), times=2)

    assert {m: type(error) for m, error in failed.items()} == {"m1": LeaseHeldError}
    assert (stage.keys.writes, rotation.outcome) == ([], None)


def test_takeover_has_a_lease_of_its_own_for_each_entry() -> None:
    stage = died_after(f"put {ROTATION}")
    taken_over = len(["read key", "ledger read", "ledger open"])
    deliver_and_die(stage, ("after", taken_over - 1), times=2)
    stage.cloud.clock.time += LEASE - AFTER_THE_LEASE

    failed = stage.deliver(a_look(), times=3)

    assert {m: type(error) for m, error in failed.items()} == {"m1": LeaseHeldError}


def test_invocation_whose_entry_was_taken_over_meanwhile_reports_nothing() -> None:
    stage = Stage()

    def another_invocation() -> None:
        stage.cloud.clock.time += AFTER_THE_LEASE
        stage.deliver(a_look(), times=2)

    stage.cloud.steps.after[f"put {LABEL}"].append(another_invocation)

    failed = stage.deliver(a_look())

    assert {m: type(error) for m, error in failed.items()} == {"m1": LeaseHeldError}
    assert_repaired_once_and_reported(stage)


def test_setting_that_its_owner_corrected_meanwhile_is_not_claimed_as_repaired() -> None:
    stage = died_after("ledger open")
    stage.keys.state[A_KEY][LABEL] = Text("payroll of team A")

    stage.deliver(a_look(), times=2)

    outcomes = {entry.setting: type(entry.outcome) for entry in stage.cloud.ledger.entries}
    assert outcomes == {ROTATION: Applied, LABEL: Skipped}
    assert CHECK_OF[LABEL] not in stage.statuses
    assert stage.is_now()[LABEL] == "payroll of team A"


@pytest.mark.parametrize("died", ["ledger open", f"put {LABEL}"])
def test_entry_of_a_write_holds_what_this_delivery_found_and_that_of_a_dead_one_is_kept(died: str) -> None:
    stage = died_after(died)
    stage.keys.state[A_KEY][LABEL] = Text("of another team")

    stage.deliver(a_look(), times=2)

    entries = stage.cloud.ledger.entries
    of_label = {entry.before.text: type(entry.outcome) for entry in entries if entry.setting == LABEL}
    assert of_label == {WRONG[LABEL]: Skipped, "of another team": Applied}
    assert stage.is_now() == REQUIRED
    assert stage.open_entries == []


@pytest.mark.parametrize(
    "texts", [("of team B", "of team C"), ("of team B", WRONG[LABEL]), ("of team B",) * 2]
)
@pytest.mark.parametrize("second", ["ledger open", f"put {LABEL}"])
@pytest.mark.parametrize("first", ["ledger open", f"put {LABEL}"])
def test_entries_of_two_dead_deliveries_are_closed_by_the_third(
    first: str, second: str, texts: tuple[str, str]
) -> None:
    stage = died_after(first)
    stage.keys.state[A_KEY][LABEL] = Text(texts[0])
    stage.cloud.steps.after[second].append(die)
    with pytest.raises(Crash):
        stage.deliver(a_look(), times=2)
    stage.cloud.clock.time += AFTER_THE_LEASE
    stage.keys.state[A_KEY][LABEL] = Text(texts[1])

    stage.deliver(a_look(), times=3)

    before = {entry.before.text for entry in stage.cloud.ledger.entries if entry.setting == LABEL}
    assert before == {WRONG[LABEL], *texts}
    assert stage.open_entries == []
    assert stage.is_now() == REQUIRED


@pytest.mark.parametrize(
    ("refusal", "outcome"),
    [
        (NotFoundError("NotFound", "kms:DescribeKey", "gone"), Skipped),
        (AccessDeniedError("AccessDenied", "kms:DescribeKey", "no"), Failed),
    ],
    ids=["gone", "unreadable"],
)
def test_entries_left_open_are_closed_when_the_resource_cannot_be_read(
    refusal: Exception, outcome: type
) -> None:
    stage = died_after(f"put {ROTATION}")
    stage.keys.failures[f"read {A_KEY}"].append(refusal)

    assert stage.deliver(a_look(), times=2) == {}
    assert [type(entry.outcome) for entry in stage.cloud.ledger.entries] == [outcome, outcome]


def test_crash_during_the_undoing_is_made_good_by_the_next_delivery() -> None:
    stage = Stage()
    stage.deliver(a_look("repair"))
    stage.cloud.steps.dies_after = len(stage.cloud.steps.taken) + REPAIR.index(f"put {ROTATION}")
    undo = a_look("undo", second=1)
    with pytest.raises(Crash):
        stage.undo(undo)
    stage.cloud.steps.dies_after = None
    stage.cloud.clock.time += AFTER_THE_LEASE

    assert stage.deliver(undo, times=2) == {}
    assert stage.is_now() == WRONG
    assert (stage.open_entries, stage.is_now(OTHER_KEY)) == ([], WRONG)
