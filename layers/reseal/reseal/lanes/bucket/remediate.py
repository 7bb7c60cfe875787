"""Step 5 for one bucket: write, read back, and return the outcome."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from reseal.core.errors import RefusalError, TransientError
from reseal.core.outcome import Applied, Outcome, SkipCause, Skipped
from reseal.core.refusal import outcome_of_refusal
from reseal.core.repairs.repair import Repair
from reseal.core.state.setting import Setting, State
from reseal.lanes.bucket.ledger import BucketEntry
from reseal.ports import Buckets, Services

_READ_BACK_PAUSES = (0.2, 0.5, 1.0, 2.0)
"""Seconds between reads after a write: S3 bucket configuration is eventually consistent."""

_CURRENT = timedelta(seconds=1)
"""How old a decision may be at the write. The ledger's write can take half a minute with its retries."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Writer:
    """How to read and to write one setting of a bucket."""

    read: Callable[[str], State]
    put: Callable[[str, Any], None]


WRITERS: dict[str, Callable[[Buckets], Writer]] = {
    Setting.BUCKET_ENCRYPTION: lambda s3: Writer(read=s3.read_encryption, put=s3.put_encryption)
}
"""The settings that this lane may write."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Remediator:
    """Makes the write of an entry. Raises TransientError; a refusal is an outcome.

    `read_at` is the time before the first read. `decide_again` reads and judges the bucket now, and
    returns the repairs that it needs.
    """

    services: Services
    read_at: datetime
    decide_again: Callable[[], Sequence[Repair]]

    def repair(self, entry: BucketEntry, found: State, repair: Repair | None) -> BucketEntry:
        """Make the entry's write if this delivery still intends one; returns the entry, closed."""
        if entry.outcome:
            return entry
        outcome: Outcome
        if found.meets(entry.intended):
            outcome = Applied(after=found, at=self.services.clock.now())
        elif repair is not None and found.equals(entry.before):
            outcome = self._remediate(entry)
        else:
            outcome = _newer(found)
        closed = replace(entry, outcome=outcome)
        self.services.ledger.close(closed, self.services.clock.now())
        return closed

    def _remediate(self, entry: BucketEntry) -> Outcome:
        bucket, writer = entry.resource.name, self._writer_of(entry)
        try:
            if not self._still_intends(entry):
                raise TransientError(f"{bucket} changed while its repair was prepared: it is checked again")
            writer.put(bucket, entry.intended)
            found = self._read_back(entry)
        except RefusalError as refusal:
            return outcome_of_refusal(refusal)
        if found.meets(entry.intended):
            return Applied(after=found, at=self.services.clock.now())
        if found.equals(entry.before):
            raise TransientError(
                f"S3 still shows the state before {entry.setting} of {entry.resource.name} after the write"
            )
        return _newer(found)

    def _still_intends(self, entry: BucketEntry) -> bool:
        """Whether the entry's write is still right. PutBucketEncryption takes no condition."""
        is_current = self.services.clock.now() - self.read_at <= _CURRENT
        if not is_current and not self._is_intended_again(entry):
            return False
        return self._writer_of(entry).read(entry.resource.name).equals(entry.before)

    def _is_intended_again(self, entry: BucketEntry) -> bool:
        again = (repair for repair in self.decide_again() if repair.setting == entry.setting)
        return any(repair.intended == entry.intended for repair in again)

    def _writer_of(self, entry: BucketEntry) -> Writer:
        return WRITERS[entry.setting](self.services.buckets)

    def _read_back(self, entry: BucketEntry) -> State:
        """Read until S3 shows another state than before the write, at most five times."""
        writer = self._writer_of(entry)
        found = writer.read(entry.resource.name)
        for pause in _READ_BACK_PAUSES:
            if not found.equals(entry.before):
                break
            self.services.clock.sleep(pause)
            found = writer.read(entry.resource.name)
        return found


def _newer(found: State) -> Skipped:
    reason = f"the decision is out of date: the bucket or its key has changed, and now has {found.in_words}"
    return Skipped(cause=SkipCause.NEWER, reason=reason)
