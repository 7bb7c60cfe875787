"""Step 5 for one bucket: write, read back, and return the outcome."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from reseal.core.errors import RefusalError, TransientError
from reseal.core.outcome import Applied, Outcome, SkipCause, Skipped
from reseal.core.refusal import outcome_of_refusal
from reseal.core.repairs.repair import Repair
from reseal.core.state.setting import Setting, State
from reseal.flow.stages import Entry
from reseal.ports import Buckets, Clock

_READ_BACK_PAUSES = (0.2, 0.5, 1.0, 2.0)
"""Seconds between reads after a write: S3 bucket configuration is eventually consistent."""

_CURRENT = timedelta(seconds=1)
"""How old a decision may be at the write. The ledger's write can take half a minute with its retries."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BucketPlan:
    """One write of a bucket's setting, decided on what was read from `read_at` on."""

    repair: Repair
    read_at: datetime

    @property
    def action(self) -> str:
        """The S3 call that writes: a bucket's setting is named by it."""
        return self.repair.setting

    @property
    def details(self) -> Mapping[str, str]:
        """No further evidence: the setting's state is all that is replaced."""
        return {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Calls:
    """How to read and to write one setting of a bucket."""

    read: Callable[[str], State]
    put: Callable[[str, Any], None]


WRITERS: dict[str, Callable[[Buckets], Calls]] = {
    Setting.BUCKET_ENCRYPTION: lambda s3: Calls(read=s3.read_encryption, put=s3.put_encryption)
}
"""The settings that this lane may write."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Writer:
    """Makes the write of an open entry. Raises TransientError; a refusal is an outcome.

    `plan_now` reads and judges the bucket now, and returns the write of the setting that it needs.
    """

    bucket: str
    buckets: Buckets
    clock: Clock
    plan_now: Callable[[], BucketPlan | None]

    def write(self, entry: Entry, plan: BucketPlan) -> Outcome:
        """Make the write if it is still right, read back, and compare."""
        bucket, calls = self.bucket, WRITERS[entry.setting](self.buckets)
        try:
            if not self._is_current(plan) or not calls.read(bucket).equals(entry.before):
                raise TransientError(f"{bucket} changed while its repair was prepared: it is checked again")
            calls.put(bucket, entry.intended)
            found = self._read_back(entry, calls)
        except RefusalError as refusal:
            return outcome_of_refusal(refusal)
        if found.meets(entry.intended):
            return Applied(after=found, at=self.clock.now())
        if found.equals(entry.before):
            raise TransientError(
                f"S3 still shows the state before {entry.setting} of {bucket} after the write"
            )
        reason = (
            f"the decision is out of date: the bucket or its key has changed, and now has {found.in_words}"
        )
        return Skipped(cause=SkipCause.NEWER, reason=reason)

    def _is_current(self, plan: BucketPlan) -> bool:
        """Whether the plan is young, or what the bucket needs now. PutBucketEncryption takes no condition."""
        if self.clock.now() - plan.read_at <= _CURRENT:
            return True
        now = self.plan_now()
        return now is not None and now.repair.intended == plan.repair.intended

    def _read_back(self, entry: Entry, calls: Calls) -> State:
        """Read until S3 shows another state than before the write, at most five times."""
        found = calls.read(self.bucket)
        for pause in _READ_BACK_PAUSES:
            if not found.equals(entry.before):
                break
            self.clock.sleep(pause)
            found = calls.read(self.bucket)
        return found
