"""What buckets do differently in the flow."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from reseal.core.calls.bucket_call import BucketCall, parse_bucket_call
from reseal.core.checks.catalogue import BUCKET_CHECKS, Decisions, decide_bucket
from reseal.core.checks.observed_bucket import ObservedBucket
from reseal.core.decision import Exempt
from reseal.core.findings.alerts import Unblocked
from reseal.core.outcome import Applied, Outcome, Skipped
from reseal.core.policy.exemptions import exempt_by_name, skipped_call
from reseal.core.policy.policy import Policy
from reseal.core.repairs.repair import repairs_of
from reseal.flow.stages import Entry, Judged, Parsed
from reseal.ports import Services
from reseal.resources.bucket.observe import Observer
from reseal.resources.bucket.write import WRITERS, BucketPlan, Writer

LEASE = timedelta(seconds=105)
"""Longer than the function's timeout, shorter than the queue's visibility timeout."""

BucketJudged = Judged[BucketCall, ObservedBucket, BucketPlan]


@dataclass(frozen=True, slots=True, kw_only=True)
class BucketKind:
    """`Kind` of buckets."""

    policy: Policy
    services: Services
    checks = tuple(check.id for check in BUCKET_CHECKS)
    settings = tuple(WRITERS)
    lease = LEASE

    def parse(self, body: str) -> BucketCall:
        """Step 1. Raises MalformedEventError."""
        return parse_bucket_call(body)

    def superseded(self, _parsed: Mapping[str, Parsed[BucketCall]]) -> Mapping[str, Skipped]:
        """None: each call is reported under its own caller."""
        return {}

    def exempt(self, call: BucketCall) -> Exempt | Skipped | None:
        """Why no check judges the bucket; None if they do."""
        control_tower = self.policy.exempt_control_tower
        return skipped_call(self.policy, call) or exempt_by_name(
            call.bucket, self.policy.account, control_tower=control_tower
        )

    def observe(self, call: BucketCall) -> tuple[BucketCall, ObservedBucket]:
        """Step 2. Raises RefusalError and TransientError.

        Also records who unblocked SSE-C: the object lane marks later SSE-C writes on the bucket as an attack.
        """
        if call.stated and call.stated.unblocks_sse_c:
            unblocked = Unblocked(who=call.actor.who, at=call.time)
            self.services.watchlist.note_unblocked(call.bucket, unblocked, self.services.clock.now())
        return call, self._observer.observe(call)

    def decide(self, call: BucketCall, observed: ObservedBucket) -> Decisions:
        """Step 3."""
        return decide_bucket(self.policy, call, observed)

    def plan(
        self, call: BucketCall, observed: ObservedBucket, decisions: Decisions
    ) -> tuple[Decisions, Mapping[str, BucketPlan]]:
        """Step 3, the guards. Raises RefusalError and TransientError."""
        guarded = self._observer.guard(call, observed, decisions)
        repairs = repairs_of(self.policy, observed.settings, guarded)
        return guarded, {r.setting: BucketPlan(repair=r, read_at=observed.read_at) for r in repairs}

    def reconsider(self, judged: Mapping[str, BucketJudged]) -> Mapping[str, BucketJudged]:
        """Earlier repairs change no plan."""
        return judged

    def write(self, judged: BucketJudged, plan: BucketPlan, entry: Entry) -> Outcome:
        """Step 5. Raises TransientError."""

        def plan_now() -> BucketPlan | None:
            observed = self._observer.observe(judged.trigger)
            decisions = self.decide(judged.trigger, observed)
            _, plans = self.plan(judged.trigger, observed, decisions)
            return plans.get(entry.setting)

        writer = Writer(buckets=self.services.buckets, clock=self.services.clock, plan_now=plan_now)
        return writer.write(entry, plan)

    def find_out(self, entry: Entry, observed: ObservedBucket) -> Outcome | None:
        """Step 5, of an earlier delivery's write."""
        found = observed.settings[entry.setting]
        return Applied(after=found, at=self.services.clock.now()) if found.meets(entry.intended) else None

    @property
    def _observer(self) -> Observer:
        return Observer(policy=self.policy, services=self.services)
