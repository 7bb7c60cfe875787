"""What bucket policies do differently in the flow."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from reseal.core.calls.look import Look
from reseal.core.calls.queue_message import CloseWindow, parse_bucket_message
from reseal.core.checks.buckets.intent import Intent
from reseal.core.checks.buckets.observed_bucket import ObservedPolicy
from reseal.core.checks.buckets.tls_check import TLS_ONLY
from reseal.core.checks.buckets.tls_only import decide_policy
from reseal.core.checks.catalogue import CHECK_BY_ID, Decisions
from reseal.core.decision import CHECK_IS_OFF, Exempt, Remediate
from reseal.core.errors import MalformedEventError
from reseal.core.guards.tls_impact import unless_http_is_used
from reseal.core.outcome import Applied, Outcome, Skipped
from reseal.core.policy.requirements import Mode, Requirements
from reseal.core.repairs.repair import repairs_of
from reseal.core.resource import BucketResource
from reseal.core.state.setting import Setting
from reseal.core.transit.noted import LONGEST_WRITE
from reseal.flow.stages import Entry, Judged, Parsed, Planned
from reseal.ports import BucketPolicies, Services
from reseal.resources.bucket_policy.observe import PolicyObserver
from reseal.resources.bucket_policy.write import PolicyPlan, PolicyWriter

BucketLook = Look[BucketResource]
PolicyJudged = Judged[BucketLook, ObservedPolicy, PolicyPlan]


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyKind:
    """`Kind` of bucket policies. Its triggers are looks: it accuses nobody."""

    services: Services
    policies: BucketPolicies
    settings = (Setting.BUCKET_POLICY.value,)
    checks = (CHECK_BY_ID[TLS_ONLY],)
    lease = LONGEST_WRITE

    def parse(self, body: str) -> BucketLook | CloseWindow:
        """Step 1. Raises MalformedEventError."""
        message = parse_bucket_message(body)
        if not isinstance(message, Look | CloseWindow):
            raise MalformedEventError("the policy lane takes only requests to look")
        return message

    def superseded(self, _parsed: Mapping[str, Parsed[BucketLook]]) -> Mapping[str, Skipped]:
        """None: each request is answered."""
        return {}

    def exempt(self, requirements: Requirements, _look: BucketLook) -> Exempt | Skipped | None:
        """Why the check does not judge the bucket; None if it does."""
        return CHECK_IS_OFF if requirements.mode_of(TLS_ONLY) is Mode.OFF else requirements.exempt

    def observe(self, requirements: Requirements, look: BucketLook) -> tuple[BucketLook, ObservedPolicy]:
        """Step 2. Raises RefusalError and TransientError."""
        return look, self._observer(requirements).observe(look)

    def by_record(
        self, _requirements: Requirements, _look: BucketLook, _seen: ObservedPolicy | None
    ) -> Decisions:
        """A look has no record."""
        return {}

    def decide(self, requirements: Requirements, look: BucketLook, seen: ObservedPolicy) -> Decisions:
        """Step 3."""
        return {TLS_ONLY: decide_policy(requirements, look, seen, Intent.DRIFT)}

    def plan(
        self, requirements: Requirements, look: BucketLook, seen: ObservedPolicy, decisions: Decisions
    ) -> Planned[PolicyPlan]:
        """Step 3, the guard. Raises RefusalError and TransientError."""
        decision = decisions[TLS_ONLY]
        if isinstance(decision, Remediate):
            observer = self._observer(requirements)
            facts = seen.facts or observer.facts(look, observer.read_access(look, seen.policy))
            decision = unless_http_is_used(decision, seen.policy, requirements.account, facts)
        guarded = {TLS_ONLY: decision}
        repairs = repairs_of(requirements, seen.settings, guarded)
        plans = {r.setting: PolicyPlan(repair=r, read_at=seen.read_at) for r in repairs}
        return Planned(decisions=guarded, plans=plans)

    def reconsider(self, judged: Mapping[str, PolicyJudged]) -> Mapping[str, PolicyJudged]:
        """Earlier repairs change no plan."""
        return judged

    def write(self, judged: PolicyJudged, plan: PolicyPlan, entry: Entry) -> Entry:
        """Step 5. Raises TransientError."""
        required, look = judged.parsed.requirements, judged.trigger

        def plan_now() -> PolicyPlan | None:
            _, seen = self.observe(required, look)
            planned = self.plan(required, look, seen, self.decide(required, look, seen))
            return planned.plans.get(entry.setting)

        writer = PolicyWriter(
            bucket=look.resource.bucket,
            bucket_arn=look.resource.arn(required.partition),
            buckets=self.services.buckets,
            policies=self.policies,
            notes=self.services.policy_writes,
            clock=self.services.clock,
            plan_now=plan_now,
        )
        return writer.write(entry, plan)

    def find_out(self, entry: Entry, seen: ObservedPolicy) -> Outcome | None:
        """Step 5, of an earlier delivery's write."""
        made = seen.policy.meets(entry.intended)
        return Applied(after=seen.policy, at=self.services.clock.now()) if made else None

    def _observer(self, requirements: Requirements) -> PolicyObserver:
        return PolicyObserver(requirements=requirements, services=self.services)
