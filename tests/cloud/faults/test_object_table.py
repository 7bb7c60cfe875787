"""Every fault at every AWS call of the object lane: one repair, one finding, no open entry."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.cloud.faults.run.bucket_table import TRIES, Act, End, Row
from tests.cloud.faults.run.object_table import deaths, late, redriven_end, rows
from tests.cloud.faults.run.runner import RowRun, TableRun
from tests.cloud.faults.run.stack import Resources
from tests.cloud.faults.run.verdict import STATUSES, assert_fault_was_injected, end_of

ROWS, LATE, DEATHS = list(rows()), list(late()), list(deaths())
UNWRITTEN = {End.FAILED, End.MANUAL, End.COMPLIANT, End.PUBLISHED}


@pytest.mark.parametrize("written", [*DEATHS, *ROWS, *LATE], ids=str)
def test_write_ends_as_expected(
    object_table_run: TableRun, object_resources: Resources, written: Row
) -> None:
    run = object_table_run.runs[str(written)]

    assert_fault_was_injected(run)
    assert run.was_dead_letter == (written.end is End.DEAD), run.log_lines
    assert_published(run)
    assert_written_once(run)
    assert run.state == _state(run, object_resources.deployment.key), run.log_lines
    assert all(entry["closed"]["BOOL"] for entry in run.entries)


def test_no_object_entry_stays_open_and_no_other_message_is_dead_lettered(object_table_run: TableRun) -> None:
    assert object_table_run.open_entries == []
    assert object_table_run.unknown_messages == []


def test_object_table_is_complete(record_property: Callable[[str, object], None]) -> None:
    record_property("combinations of the object lane", len(ROWS) + len(LATE) + len(DEATHS))
    assert len({str(row) for row in [*ROWS, *LATE]}) == len(ROWS) + len(LATE)
    assert len({str(row) for row in DEATHS}) == len(DEATHS)


def assert_published(run: RowRun) -> None:
    """At least once, as the finding or in its window's summary; a finding published twice has the same id."""
    own = {finding["id"] for finding in run.findings if not finding.get("occurrences")}
    summaries = {finding["id"] for finding in run.findings if finding.get("occurrences")}
    assert {finding["status"] for finding in run.findings} == STATUSES[_end(run)], run.log_lines
    assert (len(own) <= 1, len(summaries) <= 1) == (True, True)


def assert_written_once(run: RowRun) -> None:
    """S3 carries out one copy. A change in place has no precondition: a client's retry repeats it."""
    unanswered = run.row.fault.kind in {"lost_response", "delay"} and run.row.step.name == "change in place"
    if _end(run) in UNWRITTEN:
        assert run.writes == []
    elif unanswered:
        assert 1 <= len(run.writes) <= min(run.hits + 1, TRIES)
    else:
        assert len(run.writes) == 1


def _end(run: RowRun) -> End:
    return end_of(run.row, redriven_end(run.row.step))


def _state(run: RowRun, k: str) -> dict[str, object]:
    end, act = _end(run), run.row.step.act
    if act is Act.END_WINDOW:
        return {"suppressed": 0}
    under: tuple[str, str | None] = ("AES256", None) if end in UNWRITTEN else ("aws:kms", k)
    if act is Act.WRITE_UNDER_TEAM_KEY:
        under = ("aws:kms", run.key)
    return {"encryption": under, "versions": 1, "uploads": 0}
