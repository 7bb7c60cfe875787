"""Step 2: when Reseal wrote a bucket policy, by its notes and its ledger entries."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from reseal.core.outcome import Applied, Failed
from reseal.core.repairs.ledger_entry import LedgerEntry
from reseal.core.state.deny_insecure_transport import DenyInsecureTransport
from reseal.core.transit.lost_update import PolicyWrite
from reseal.core.transit.noted import LONGEST_WRITE, NotedWrite

WRITTEN_AT = "written_at"
"""The detail of an entry that says when S3 had answered its write."""


def writes_of(
    noted: Sequence[NotedWrite], entries: Mapping[str, LedgerEntry[Any]], change: DenyInsecureTransport
) -> Iterator[PolicyWrite]:
    """The writes that were made, or may have been. `entries` holds the ledger entries by id."""
    often = [one.entry_id for one in noted]
    for one in noted:
        entry = entries.get(one.entry_id)
        if not (_was_refused(entry) and often.count(one.entry_id) == 1):
            written_at = _written_at(one, entry)
            yield PolicyWrite(change=change, read_at=one.read_at, written_at=written_at, before=one.before)


def _was_refused(entry: LedgerEntry[Any] | None) -> bool:
    """Whether S3 refused the write. An entry that was begun several times can hide an earlier write."""
    return entry is not None and isinstance(entry.outcome, Failed) and WRITTEN_AT not in entry.details


def _written_at(noted: NotedWrite, entry: LedgerEntry[Any] | None) -> datetime:
    """When S3 had answered, else the latest time at which the write can have been made."""
    latest = noted.read_at + LONGEST_WRITE
    if entry is None:
        return latest
    if WRITTEN_AT in entry.details:
        return datetime.fromisoformat(entry.details[WRITTEN_AT])
    return min(latest, entry.outcome.at) if isinstance(entry.outcome, Applied) else latest
