"""The expectations at the end of every row of either lane."""

from __future__ import annotations

from tests.cloud.faults.run.bucket_table import COUNT_REFUSAL, End, Row
from tests.cloud.faults.run.runner import RowRun

STATUSES = {
    End.REPAIRED: {"REMEDIATED"},
    End.MANUAL: {"MANUAL"},
    End.REPAIRED_AND_MANUAL: {"REMEDIATED", "MANUAL"},
    End.FAILED: {"FAILED"},
    End.FAILED_AFTER_THE_WRITE: {"FAILED"},
    End.COMPLIANT: set(),
    End.PUBLISHED: {"REMEDIATED"},
}


def assert_fault_was_injected(run: RowRun) -> None:
    """A row whose call was never made would prove nothing."""
    times = None if run.row.fault.name == "killed" else run.row.fault.times
    assert run.hits == times if times else run.hits >= 1


def end_of(row: Row, redriven: End) -> End:
    """The final end of a row: dead-letter messages are redriven after their cause is corrected."""
    if row.end is not End.DEAD:
        return row.end
    return End.FAILED if row.step.name == COUNT_REFUSAL else redriven
