"""Every fault at every AWS call of the object lane: one repair, the same finding, nothing left open."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.cloud.faults.run.object_table import deaths, late, rows, usual_end
from tests.cloud.faults.run.runner import Barrage, Shot
from tests.cloud.faults.run.stack import Field
from tests.cloud.faults.run.table import TRIES, Act, End, Row
from tests.cloud.faults.run.verdict import STATUSES, assert_the_fault_struck, end_of

ROWS, LATE, DEATHS = list(rows()), list(late()), list(deaths())
UNWRITTEN = {End.FAILED, End.MANUAL, End.COMPLIANT, End.TOLD}


@pytest.mark.parametrize("written", [*DEATHS, *ROWS, *LATE], ids=str)
def test_write_ends_as_it_must(object_barrage: Barrage, object_ground: Field, written: Row) -> None:
    shot = object_barrage.shots[str(written)]

    assert_the_fault_struck(shot)
    assert shot.was_dead == (written.end is End.DEAD), shot.said
    assert_told(shot)
    assert_written_once(shot)
    assert shot.state == _state(shot, object_ground.stack.key), shot.said
    assert all(entry["closed"]["BOOL"] for entry in shot.entries)


def test_no_write_is_left_open_and_no_other_message_died(object_barrage: Barrage) -> None:
    assert object_barrage.left_open == []
    assert object_barrage.strangers == []


def test_the_table_of_objects_is_complete(record_property: Callable[[str, object], None]) -> None:
    record_property("combinations of the object lane", len(ROWS) + len(LATE) + len(DEATHS))
    assert len({str(row) for row in [*ROWS, *LATE]}) == len(ROWS) + len(LATE)
    assert len({str(row) for row in DEATHS}) == len(DEATHS)


def assert_told(shot: Shot) -> None:
    """At least once, by the finding or by the summary of its window; what was told twice has the same id."""
    own = {finding["id"] for finding in shot.findings if not finding.get("occurrences")}
    summaries = {finding["id"] for finding in shot.findings if finding.get("occurrences")}
    assert {finding["status"] for finding in shot.findings} == STATUSES[_end(shot)], shot.said
    assert (len(own) <= 1, len(summaries) <= 1) == (True, True)


def assert_written_once(shot: Shot) -> None:
    """S3 carries out one copy. A change in place has no precondition: its client's repetition is the same."""
    unanswered = shot.row.fault.kind in {"lost_response", "delay"} and shot.row.step.name == "change in place"
    if _end(shot) in UNWRITTEN:
        assert shot.writes == []
    elif unanswered:
        assert 1 <= len(shot.writes) <= min(shot.hits + 1, TRIES)
    else:
        assert len(shot.writes) == 1


def _end(shot: Shot) -> End:
    return end_of(shot.row, usual_end(shot.row.step))


def _state(shot: Shot, k: str) -> dict[str, object]:
    end, act = _end(shot), shot.row.step.act
    if act is Act.END_WINDOW:
        return {"held": 0}
    under: tuple[str, str | None] = ("AES256", None) if end in UNWRITTEN else ("aws:kms", k)
    if act is Act.WRITE_UNDER_TEAM_KEY:
        under = ("aws:kms", shot.key)
    return {"encryption": under, "versions": 1, "uploads": 0}
