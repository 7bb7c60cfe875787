"""Every fault at every AWS call of the bucket lane: one repair, one finding, no open entry."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.cloud.faults.run.bucket_table import KILLED, TRIES, Act, End, Row, deaths, rows
from tests.cloud.faults.run.runner import RowRun, TableRun
from tests.cloud.faults.run.stack import Resources
from tests.cloud.faults.run.verdict import STATUSES, assert_fault_was_injected, end_of

ROWS, DEATHS = list(rows()), list(deaths())
OK = 200


@pytest.mark.parametrize("row", [*DEATHS, *ROWS], ids=str)
def test_event_ends_as_expected(table_run: TableRun, resources: Resources, row: Row) -> None:
    run = table_run.runs[str(row)]

    assert_fault_was_injected(run)
    assert run.was_dead_letter == (row.end is End.DEAD), run.log_lines
    assert_published(run)
    assert_written_once(run)
    assert (run.state["ApplyServerSideEncryptionByDefault"], run.state["BucketKeyEnabled"]) == (
        _default(run, resources.deployment.key)
    )
    assert all(entry["closed"]["BOOL"] for entry in run.entries)


def test_no_entry_stays_open_and_no_other_message_is_dead_lettered(table_run: TableRun) -> None:
    assert table_run.open_entries == []
    assert table_run.unknown_messages == []


def test_bucket_table_is_complete(record_property: Callable[[str, object], None]) -> None:
    record_property("combinations", len(ROWS) + len(DEATHS))
    assert len({str(row) for row in ROWS}) == len(ROWS) == 252
    assert len({str(row) for row in DEATHS}) == len(DEATHS) == 28


def assert_published(run: RowRun) -> None:
    """At least once; a finding published twice has the same id."""
    wanted = STATUSES[end_of(run.row, End.REPAIRED)]
    assert {f["status"] for f in run.findings} == wanted
    assert len({f["id"] for f in run.findings}) == len({f["check"] for f in run.findings}) == len(wanted)


def assert_written_once(run: RowRun) -> None:
    """Only a client that got no answer may repeat its write; no later delivery writes."""
    fault, is_write = run.row.fault, run.row.step.operation == "PutBucketEncryption"
    lost = is_write and fault.kind == "lost_response"
    late = 1 if is_write and fault.kind == "delay" and fault is not KILLED else 0
    acted = [write for write in run.writes if write["status"] == OK or (lost and write["fault"])]
    if end_of(run.row, End.REPAIRED) in {End.FAILED, End.MANUAL}:
        assert acted == []
    elif lost:
        assert len(acted) == min(run.hits + 1, TRIES)
    else:
        assert len(acted) == 1 + late


def _default(run: RowRun, k: str) -> tuple[dict[str, str], bool]:
    end = end_of(run.row, End.REPAIRED)
    if run.row.step.act is not Act.CREATE:
        right = end in {End.REPAIRED, End.REPAIRED_AND_MANUAL} or run.row.step.act is Act.OPEN_UP
        return {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": run.key}, right
    if end in {End.REPAIRED, End.FAILED_AFTER_THE_WRITE}:
        return {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": k}, True
    return {"SSEAlgorithm": "AES256"}, False
