"""Step 5 for one bucket: write, read back, and return the outcome."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
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


_LOOKS = 3
"""How often a bucket that changes while its repair is prepared is judged, before the message goes back."""


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

    def write(self, entry: Entry, plan: BucketPlan) -> Entry:
        """Make the write that is right now, read back and compare; returns the entry with its outcome.

        If the bucket changed since the entry was opened, the entry gets the state before and the intended
        state of the write that was made.
        """
        try:
            repair = self._right_now(plan).repair
            entry = replace(entry, before=repair.before, intended=repair.intended)
            return replace(entry, outcome=self._write(repair))
        except RefusalError as refusal:
            return replace(entry, outcome=outcome_of_refusal(refusal))

    def _right_now(self, plan: BucketPlan) -> BucketPlan:
        """The plan if it is young and the bucket is unchanged, else what the bucket needs now.

        PutBucketEncryption takes no condition. Somebody may set one wrong rule after the other: what violates
        a check is repaired, whatever rule it is.
        """
        calls = WRITERS[plan.repair.setting](self.buckets)
        for _ in range(_LOOKS):
            is_young = self.clock.now() - plan.read_at <= _CURRENT
            if is_young and calls.read(self.bucket).equals(plan.repair.before):
                return plan
            now = self.plan_now()
            if now is None:
                break
            plan = now
        raise TransientError(f"{self.bucket} changed while its repair was prepared: it is checked again")

    def _write(self, repair: Repair) -> Outcome:
        calls = WRITERS[repair.setting](self.buckets)
        calls.put(self.bucket, repair.intended)
        found = self._read_back(repair, calls)
        if found.meets(repair.intended):
            return Applied(after=found, at=self.clock.now())
        if found.equals(repair.before):
            raise TransientError(
                f"S3 still shows the state before {repair.setting} of {self.bucket} after the write"
            )
        reason = (
            f"the decision is out of date: the bucket or its key has changed, and now has {found.in_words}"
        )
        return Skipped(cause=SkipCause.NEWER, reason=reason)

    def _read_back(self, repair: Repair, calls: Calls) -> State:
        """Read until S3 shows another state than before the write, at most five times."""
        found = calls.read(self.bucket)
        for pause in _READ_BACK_PAUSES:
            if not found.equals(repair.before):
                break
            self.clock.sleep(pause)
            found = calls.read(self.bucket)
        return found
