"""Every fault at every AWS call of the flow: one repair, the same finding, nothing left open."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.cloud.faults.run.runner import Barrage, Shot
from tests.cloud.faults.run.stack import Field
from tests.cloud.faults.run.table import KILLED, TRIES, Act, End, Row, deaths, rows
from tests.cloud.faults.run.verdict import STATUSES, assert_the_fault_struck, end_of

ROWS, DEATHS = list(rows()), list(deaths())
OK = 200


@pytest.mark.parametrize("row", [*DEATHS, *ROWS], ids=str)
def test_event_ends_as_it_must(barrage: Barrage, ground: Field, row: Row) -> None:
    shot = barrage.shots[str(row)]

    assert_the_fault_struck(shot)
    assert shot.was_dead == (row.end is End.DEAD), shot.said
    assert_told(shot)
    assert_written_once(shot)
    assert (shot.state["ApplyServerSideEncryptionByDefault"], shot.state["BucketKeyEnabled"]) == (
        _default(shot, ground.stack.key)
    )
    assert all(entry["closed"]["BOOL"] for entry in shot.entries)


def test_nothing_is_left_open_and_no_other_message_died(barrage: Barrage) -> None:
    assert barrage.left_open == []
    assert barrage.strangers == []


def test_the_table_is_complete(record_property: Callable[[str, object], None]) -> None:
    record_property("combinations", len(ROWS) + len(DEATHS))
    assert len({str(row) for row in ROWS}) == len(ROWS) == 172
    assert len({str(row) for row in DEATHS}) == len(DEATHS) == 20


def assert_told(shot: Shot) -> None:
    """At least once; whatever was told twice has the same id."""
    wanted = STATUSES[end_of(shot.row, End.REPAIRED)]
    assert {f["status"] for f in shot.findings} == wanted
    assert len({f["id"] for f in shot.findings}) == len({f["check"] for f in shot.findings}) == len(wanted)


def assert_written_once(shot: Shot) -> None:
    """Only a client that got no answer may write again, the same; no later delivery does."""
    fault, struck = shot.row.fault, shot.row.step.operation == "PutBucketEncryption"
    lost = struck and fault.kind == "lost_response"
    late = 1 if struck and fault.kind == "delay" and fault is not KILLED else 0
    acted = [write for write in shot.writes if write["status"] == OK or (lost and write["fault"])]
    if end_of(shot.row, End.REPAIRED) in {End.FAILED, End.MANUAL}:
        assert acted == []
    elif lost:
        assert len(acted) == min(shot.hits + 1, TRIES)
    else:
        assert len(acted) == 1 + late


def _default(shot: Shot, k: str) -> tuple[dict[str, str], bool]:
    end = end_of(shot.row, End.REPAIRED)
    if shot.row.step.act is not Act.CREATE:
        right = end in {End.REPAIRED, End.REPAIRED_AND_REPORTED} or shot.row.step.act is Act.OPEN_UP
        return {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": shot.key}, right
    if end in {End.REPAIRED, End.FAILED_AFTER_THE_WRITE}:
        return {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": k}, True
    return {"SSEAlgorithm": "AES256"}, False
