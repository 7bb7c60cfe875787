"""Step 6 for one bucket: the findings of its event, in one message."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from reseal.core.calls.bucket_call import BucketCall
from reseal.core.checks.catalogue import BUCKET_CHECKS, CHECK_BY_ID, Decisions
from reseal.core.checks.observed_bucket import ObservedBucket
from reseal.core.findings.alerts import may_be_suppressed
from reseal.core.findings.event_result import EventResult
from reseal.core.findings.finding import Finding, Status
from reseal.core.findings.ownership import owner_of
from reseal.core.findings.render.message import message_of
from reseal.core.findings.results import CheckResult, findings_of, refusal_finding, results_of
from reseal.core.outcome import Applied, Failed, Outcome, Skipped
from reseal.core.policy.requirements import Requirements
from reseal.core.repairs.repair import enforced_remediations
from reseal.lanes.bucket.ledger import BucketEntry
from reseal.ports import Services


@dataclass(frozen=True, slots=True, kw_only=True)
class Reporter:
    """Publishes the findings of an event. On TransientError the message is retried."""

    requirements: Requirements
    services: Services

    def event_result(
        self,
        call: BucketCall,
        observed: ObservedBucket,
        decisions: Decisions,
        entries: Sequence[BucketEntry],
    ) -> EventResult:
        """The result of the event. A write is reported with the decisions in its ledger entry.

        If an entry exists, a remediation of its setting that only this delivery decided is not reported: it
        was not made, and the change that requires it has its own event.
        """
        enforced = enforced_remediations(self.requirements, decisions)
        results = {
            check: CheckResult(decision=decision, before=observed.settings.get(CHECK_BY_ID[check].setting))
            for check, decision in decisions.items()
            if check not in enforced
        }
        kept = [entry for entry in entries if not isinstance(entry.outcome, Skipped)]
        settings = {entry.setting for entry in kept}
        unmade = {c for c, remediate in enforced.items() if remediate.change.setting not in settings}
        recorded = {c: r for c, r in results_of(kept).items() if r.entry or c not in unmade}
        decisions = {c: d for c, d in decisions.items() if c not in enforced or c in unmade}
        decisions |= {check: result.decision for check, result in recorded.items()}
        findings = findings_of(self.requirements, call, results | recorded)
        outcome = outcome_of([entry.outcome for entry in entries])
        return EventResult(call=call, decisions=decisions, outcome=outcome, findings=findings)

    def unreadable(self, call: BucketCall, outcome: Skipped | Failed) -> EventResult:
        """The result of an event whose bucket could not be read."""
        findings = (
            (refusal_finding(self.requirements, call, BUCKET_CHECKS[0].id, outcome),)
            if isinstance(outcome, Failed)
            else ()
        )
        return EventResult(call=call, decisions={}, outcome=outcome, findings=findings)

    def report(self, event_result: EventResult) -> EventResult:
        """Publish the findings, except a refusal already reported today; then write log line and metrics."""
        event_result = self._with_owner(self._once_a_day(event_result))
        published = [f for f in event_result.findings if not (event_result.suppressed and _may_wait(f))]
        if published:
            self.services.topic.publish(message_of(published))
        self.services.telemetry.record(event_result)
        return event_result

    def _with_owner(self, event_result: EventResult) -> EventResult:
        """Add the tool that manages the bucket: the permanent correction belongs in its code."""
        if not event_result.findings or not event_result.decisions:
            return event_result
        bucket = event_result.call.resource.scope
        owner = owner_of(bucket, self.services.buckets.read_tags(bucket))
        return replace(event_result, findings=tuple(replace(f, owner=owner) for f in event_result.findings))

    def _once_a_day(self, event_result: EventResult) -> EventResult:
        """A denied action is published once per bucket and day, except CRITICAL findings; all are logged."""
        call, outcome = event_result.call, event_result.outcome
        if not isinstance(outcome, Failed) or outcome.denied_action is None:
            return event_result
        first = self.services.ledger.first_refusal_today(
            call.resource.scope, outcome.denied_action, call.event_id, self.services.clock.now()
        )
        return replace(event_result, suppressed=not first)


def _may_wait(finding: Finding) -> bool:
    return finding.status is Status.FAILED and may_be_suppressed(finding)


def outcome_of(outcomes: Sequence[Outcome | None]) -> Outcome | None:
    """The outcome of an event with several writes: a refusal before a success before a skipped write."""
    return next(
        (one for kind in (Failed, Applied, Skipped) for one in outcomes if isinstance(one, kind)), None
    )
