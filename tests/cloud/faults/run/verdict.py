"""What holds at the end of every row, whatever its lane."""

from __future__ import annotations

from tests.cloud.faults.run.runner import Shot
from tests.cloud.faults.run.table import End, Row

STATUSES = {
    End.REPAIRED: {"REMEDIATED"},
    End.MANUAL: {"MANUAL"},
    End.REPAIRED_AND_REPORTED: {"REMEDIATED", "MANUAL"},
    End.FAILED: {"FAILED"},
    End.FAILED_AFTER_THE_WRITE: {"FAILED"},
    End.COMPLIANT: set(),
    End.TOLD: {"TOLD"},
}


def assert_the_fault_struck(shot: Shot) -> None:
    """A row whose call was never made proves nothing."""
    times = None if shot.row.fault.name == "killed" else shot.row.fault.times
    assert shot.hits == times if times else shot.hits >= 1


def end_of(row: Row, redriven: End) -> End:
    """How it ends at last: what died is redriven once its cause is mended."""
    if row.end is not End.DEAD:
        return row.end
    return End.FAILED if row.step.name == "mark the refusal as told" else redriven
