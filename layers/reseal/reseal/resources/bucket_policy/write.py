"""Step 5 for one bucket policy: write, read back, judge, and return the outcome."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from reseal.core.errors import RefusalError, TransientError
from reseal.core.outcome import Applied, Failed, Outcome, SkipCause, Skipped
from reseal.core.refusal import outcome_of_refusal
from reseal.core.repairs.policy_writes import WRITTEN_AT
from reseal.core.repairs.repair import Repair
from reseal.core.state.bucket_policy import BucketPolicy
from reseal.core.transit.noted import NotedWrite
from reseal.core.transit.verdict import verdict_of
from reseal.flow.stages import Entry
from reseal.ports import BucketPolicies, Buckets, Clock, PolicyWrites

_READ_BACK_PAUSES = (0.2, 0.5, 1.0, 2.0)
"""Seconds between reads after a write: S3 bucket configuration is eventually consistent."""

_CURRENT = timedelta(seconds=1)
"""How old a decision may be at the write."""

_TRIES = 3
"""How often a policy that changes while its repair is prepared is judged, before the message goes back."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyPlan:
    """One write of a bucket policy, decided on what was read from `read_at` on."""

    repair: Repair
    read_at: datetime

    @property
    def action(self) -> str:
        """The S3 call that writes."""
        return self.repair.setting

    @property
    def details(self) -> Mapping[str, str]:
        """Further evidence comes with the write."""
        return {}

    @property
    def before(self) -> BucketPolicy:
        """The policy that was read."""
        return BucketPolicy.from_document(self.repair.before.to_document())

    @property
    def intended(self) -> BucketPolicy:
        """The policy to write."""
        return BucketPolicy.from_document(self.repair.intended.to_document())


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyWriter:
    """Makes the write of an open entry. Raises TransientError; a refusal is an outcome.

    S3 has no precondition for PutBucketPolicy. So the write is noted, then the policy is read once more, and
    only one that is still as judged is replaced, at once and without retries: each try reads again. What
    somebody else writes in between is found by these notes when the event of that call arrives.

    `plan_now` reads and judges the bucket now, and returns the write that it needs.
    """

    bucket: str
    bucket_arn: str
    buckets: Buckets
    policies: BucketPolicies
    notes: PolicyWrites
    clock: Clock
    plan_now: Callable[[], PolicyPlan | None]

    def write(self, entry: Entry, plan: PolicyPlan) -> Entry:
        """Make the write that is right now, read back and judge; returns the entry with its outcome.

        The entry gets what was replaced, what was written instead, and when Reseal read and wrote.
        """
        for _ in range(_TRIES):
            read_at = self.clock.now()
            noted = NotedWrite(entry_id=entry.entry_id, read_at=read_at, before=plan.before.fingerprint)
            self.notes.note(self.bucket, noted)
            entry = replace(
                entry,
                before=plan.before,
                intended=plan.intended,
                details={"read_at": read_at.isoformat()},
            )
            try:
                if self._is_right(plan):
                    return self._written(entry, plan)
                again = self.plan_now()
            except RefusalError as refusal:
                return replace(entry, outcome=outcome_of_refusal(refusal))
            if again is None:
                break
            plan = again
        raise TransientError(f"{self.bucket} changed while its repair was prepared: it is checked again")

    def _is_right(self, plan: PolicyPlan) -> bool:
        """Whether the plan is young and the policy is, to the letter, the one that was judged."""
        found = self.buckets.read_policy(self.bucket)
        return self.clock.now() - plan.read_at <= _CURRENT and found == plan.before

    def _written(self, entry: Entry, plan: PolicyPlan) -> Entry:
        self.policies.put_policy(self.bucket, plan.intended)
        entry = replace(entry, details={**entry.details, WRITTEN_AT: self.clock.now().isoformat()})
        try:
            return replace(entry, outcome=self._verified(plan))
        except RefusalError as refusal:
            return replace(entry, outcome=outcome_of_refusal(refusal))

    def _verified(self, plan: PolicyPlan) -> Outcome:
        found = self._read_back(plan)
        if not found.meets(plan.intended):
            if found.equals(plan.before):
                raise TransientError(f"S3 still shows the policy of {self.bucket} before the write")
            reason = f"the bucket policy was changed since, and is now {found.in_words}"
            return Skipped(cause=SkipCause.NEWER, reason=reason)
        verdict = verdict_of(found, self.bucket_arn)
        if verdict.denies_http:
            return Applied(after=found, at=self.clock.now())
        return Failed(
            code="NotEffective", reason=f"the policy that S3 shows after the write: {verdict.reason}"
        )

    def _read_back(self, plan: PolicyPlan) -> BucketPolicy:
        """Read until S3 shows another policy than before the write, at most five times."""
        found = self.buckets.read_policy(self.bucket)
        for pause in _READ_BACK_PAUSES:
            if not found.equals(plan.before):
                break
            self.clock.sleep(pause)
            found = self.buckets.read_policy(self.bucket)
        return found
