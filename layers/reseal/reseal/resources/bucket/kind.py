"""What buckets do differently in the flow."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from reseal.core.calls.bucket_call import BucketCall
from reseal.core.calls.look import Look
from reseal.core.calls.queue_message import CloseWindow, parse_bucket_message
from reseal.core.calls.trigger import BucketTrigger
from reseal.core.checks.buckets.default_encryption import DEFAULT_ENCRYPTION
from reseal.core.checks.buckets.key_access import KEY_ACCESS
from reseal.core.checks.buckets.observed_bucket import ObservedBucket, ObservedPolicy
from reseal.core.checks.buckets.tls_check import TLS_ONLY
from reseal.core.checks.buckets.tls_only import decide_recorded_policy
from reseal.core.checks.by_record import changed_since, decisions_by_record, encryption_set_by
from reseal.core.checks.catalogue import Decisions, checks_of, decisions_of
from reseal.core.decision import Compliant, Exempt
from reseal.core.findings.alerts import Unblocked
from reseal.core.outcome import Applied, Outcome, Skipped
from reseal.core.policy.exemptions import skipped_call
from reseal.core.policy.requirements import Mode, Requirements
from reseal.core.repairs.repair import Repair, proposals_of, repairs_of, unless_too_large
from reseal.core.resource import BucketResource
from reseal.core.transit.noted import PlainHttpCall
from reseal.flow.stages import Entry, Judged, Parsed, Planned
from reseal.ports import Services
from reseal.resources.bucket.observe import Observer
from reseal.resources.bucket.write import WRITERS, BucketPlan, Writer
from reseal.resources.uses import note_use

LEASE = timedelta(seconds=105)
"""Longer than the function's timeout, shorter than the queue's visibility timeout."""

BucketJudged = Judged[BucketTrigger, ObservedBucket, BucketPlan]


@dataclass(frozen=True, slots=True, kw_only=True)
class BucketKind:
    """`Kind` of buckets."""

    services: Services
    settings = tuple(WRITERS)
    checks = checks_of(BucketResource)
    lease = LEASE

    def parse(self, body: str) -> BucketTrigger | CloseWindow:
        """Step 1. Raises MalformedEventError."""
        return parse_bucket_message(body)

    def superseded(self, _parsed: Mapping[str, Parsed[BucketTrigger]]) -> Mapping[str, Skipped]:
        """None: each call is reported under its own caller."""
        return {}

    def exempt(self, requirements: Requirements, call: BucketTrigger) -> Exempt | Skipped | None:
        """Why no check judges the bucket; None if they do."""
        return skipped_call(requirements, call) or requirements.exempt

    def observe(
        self, requirements: Requirements, call: BucketTrigger
    ) -> tuple[BucketTrigger, ObservedBucket]:
        """Step 2. Raises RefusalError and TransientError.

        Also records who unblocked SSE-C: the object lane marks later SSE-C writes on the bucket as an attack.
        And who used plain HTTP: it is then not denied.
        """
        if (
            isinstance(call, BucketCall)
            and call.over_plain_http
            and requirements.mode_of(TLS_ONLY) is not Mode.OFF
        ):
            noted = PlainHttpCall(who=call.actor.who, name=call.name, time=call.time)
            self.services.bucket_notes.note_plain_http(call.bucket, noted, self.services.clock.now())
        if isinstance(call, BucketCall) and call.unblocks_sse_c:
            unblocked = Unblocked(who=call.actor.who, at=call.time)
            self.services.watchlist.note_unblocked(call.bucket, unblocked, self.services.clock.now())
        observed = self._observer(requirements).observe(call)
        note_use(self.services, call.resource.bucket, observed.encryption, observed.kms_key)
        return call, observed

    def by_record(
        self, requirements: Requirements, call: BucketTrigger, observed: ObservedBucket | None
    ) -> Decisions:
        """Step 3, of what the call set by its record. Raises TransientError."""
        if isinstance(call, Look):
            return {}
        policy = _policy_by_record(requirements, call, observed)
        as_set, changed = encryption_set_by(call), changed_since(call, observed)
        if as_set is None or not changed:
            return policy
        seen = self._observer(requirements).with_key(as_set)
        return {**policy, **decisions_by_record(requirements, call, seen, changed)}

    def decide(self, requirements: Requirements, call: BucketTrigger, observed: ObservedBucket) -> Decisions:
        """Step 3. A check that needs what AWS refused, and sees no violation without it, decides nothing."""
        decisions = decisions_of(requirements, call, observed)
        if observed.refused is None:
            return decisions
        needy = {KEY_ACCESS, DEFAULT_ENCRYPTION} if observed.is_named_by_writers else {KEY_ACCESS}
        return {c: d for c, d in decisions.items() if c not in needy or not isinstance(d, Compliant)}

    def plan(
        self, requirements: Requirements, call: BucketTrigger, observed: ObservedBucket, decisions: Decisions
    ) -> Planned[BucketPlan]:
        """Step 3, the guards. Raises RefusalError, also that of the observation, and TransientError."""
        if observed.refused is not None:
            raise observed.refused
        found = observed.settings
        guarded = unless_too_large(found, self._observer(requirements).guard(call, observed, decisions))

        def by_setting(repairs: tuple[Repair, ...]) -> Mapping[str, BucketPlan]:
            return {one.setting: BucketPlan(repair=one, read_at=observed.read_at) for one in repairs}

        planned = by_setting(repairs_of(requirements, found, guarded))
        return Planned(
            decisions=guarded,
            plans={setting: plan for setting, plan in planned.items() if setting in WRITERS},
            detected=by_setting(proposals_of(found, guarded)),
        )

    def reconsider(self, judged: Mapping[str, BucketJudged]) -> Mapping[str, BucketJudged]:
        """Earlier repairs change no plan."""
        return judged

    def write(self, judged: BucketJudged, plan: BucketPlan, entry: Entry) -> Entry:
        """Step 5. Raises TransientError."""

        def plan_now() -> BucketPlan | None:
            required, call = judged.parsed.requirements, judged.trigger
            observed = self._observer(required).observe(call)
            planned = self.plan(required, call, observed, self.decide(required, call, observed))
            return planned.plans.get(entry.setting)

        writer = Writer(
            bucket=judged.trigger.resource.bucket,
            buckets=self.services.buckets,
            clock=self.services.clock,
            plan_now=plan_now,
        )
        written = writer.write(entry, plan)
        if isinstance(written.outcome, Applied):
            note_use(self.services, judged.trigger.resource.bucket, written.outcome.after)
        return written

    def find_out(self, entry: Entry, observed: ObservedBucket) -> Outcome | None:
        """Step 5, of an earlier delivery's write."""
        found = observed.settings[entry.setting]
        return Applied(after=found, at=self.services.clock.now()) if found.meets(entry.intended) else None

    def _observer(self, requirements: Requirements) -> Observer:
        return Observer(requirements=requirements, services=self.services)


def _policy_by_record(
    requirements: Requirements, call: BucketCall, observed: ObservedBucket | None
) -> Decisions:
    """The decision about the policy that the call set, unless that is the present one."""
    seen = observed.policy if observed else None
    if call.policy is not None and isinstance(seen, ObservedPolicy) and seen.policy.equals(call.policy):
        return {}
    decision = decide_recorded_policy(requirements, call)
    return {} if decision is None else {TLS_ONLY: decision}
