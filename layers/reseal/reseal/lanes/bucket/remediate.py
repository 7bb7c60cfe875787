"""Step 5 for one bucket: write, read back, and return the outcome."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from reseal.core.checks.observed_bucket import ObservedBucket
from reseal.core.errors import RefusalError, TransientError
from reseal.core.outcome import Applied, Outcome, SkipCause, Skipped
from reseal.core.refusal import outcome_of_refusal
from reseal.core.state.bucket_encryption import BucketEncryption
from reseal.lanes.bucket.ledger import BucketEntry
from reseal.ports import Services

_READ_BACK_PAUSES = (0.2, 0.5, 1.0, 2.0)
"""Seconds between reads after a write: S3 bucket configuration is eventually consistent."""

_CURRENT = timedelta(seconds=1)
"""How old a decision may be at the write. The ledger's write can take half a minute with its retries."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Remediator:
    """Makes the write of an entry. Raises TransientError; a refusal is an outcome.

    `read_at` is the time before the first read. `decide_again` reads and judges the bucket now, and
    returns what it must become.
    """

    services: Services
    read_at: datetime
    decide_again: Callable[[], BucketEncryption | None]

    def repair(
        self, entry: BucketEntry, observed: ObservedBucket, intended: BucketEncryption | None
    ) -> Outcome:
        """Make the entry's write if this delivery still intends one, and close the entry with the outcome."""
        if entry.outcome:
            return entry.outcome
        outcome: Outcome
        if observed.encryption.meets(entry.intended):
            outcome = Applied(after=observed.encryption, at=self.services.clock.now())
        elif intended is not None and observed.encryption.equals(entry.before):
            outcome = self._remediate(entry)
        else:
            outcome = _newer(observed.encryption)
        self.services.ledger.close(replace(entry, outcome=outcome), self.services.clock.now())
        return outcome

    def _remediate(self, entry: BucketEntry) -> Outcome:
        bucket = entry.resource.bucket
        try:
            if not self._still_intends(entry):
                raise TransientError(f"{bucket} changed while its repair was prepared: it is checked again")
            self.services.buckets.put_encryption(bucket, entry.intended)
            found = self._read_back(entry)
        except RefusalError as refusal:
            return outcome_of_refusal(refusal)
        if found.meets(entry.intended):
            return Applied(after=found, at=self.services.clock.now())
        if found.equals(entry.before):
            raise TransientError(
                f"S3 still shows the old encryption of {entry.resource.bucket} after the write"
            )
        return _newer(found)

    def _still_intends(self, entry: BucketEntry) -> bool:
        """Whether the entry's write is still right. PutBucketEncryption takes no condition."""
        is_current = self.services.clock.now() - self.read_at <= _CURRENT
        if not is_current and self.decide_again() != entry.intended:
            return False
        return self.services.buckets.read_encryption(entry.resource.bucket).equals(entry.before)

    def _read_back(self, entry: BucketEntry) -> BucketEncryption:
        """Read until S3 shows another encryption than before the write, at most five times."""
        found = self.services.buckets.read_encryption(entry.resource.bucket)
        for pause in _READ_BACK_PAUSES:
            if not found.equals(entry.before):
                break
            self.services.clock.sleep(pause)
            found = self.services.buckets.read_encryption(entry.resource.bucket)
        return found


def _newer(found: BucketEncryption) -> Skipped:
    reason = f"the decision is out of date: the bucket or its key has changed, and now has {found.in_words}"
    return Skipped(cause=SkipCause.NEWER, reason=reason)
