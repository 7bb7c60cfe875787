"""Step 6 for one bucket: the findings of its event, in one message."""

from __future__ import annotations

from dataclasses import dataclass, replace

from reseal.core.calls.bucket_call import BucketCall
from reseal.core.checks.catalogue import BUCKET_CHECKS, Decisions
from reseal.core.checks.observed_bucket import ObservedBucket
from reseal.core.findings.alerts import is_held_back
from reseal.core.findings.event_result import Handled
from reseal.core.findings.finding import Finding, Status, findings_of, refusal_finding
from reseal.core.findings.message import message_of
from reseal.core.findings.ownership import owner_of
from reseal.core.outcome import Failed, Outcome, Skipped
from reseal.core.policy.policy import Policy
from reseal.core.repairs.bucket_plan import enforced_remediations, remediations_of_write
from reseal.lanes.bucket.record import BucketEntry
from reseal.ports import Services


@dataclass(frozen=True, slots=True, kw_only=True)
class Teller:
    """Tells what became of an event. Raises TransientError: what could not be told is told again."""

    policy: Policy
    services: Services

    def handled(
        self,
        call: BucketCall,
        observed: ObservedBucket,
        decisions: Decisions,
        entry: BucketEntry | None,
        outcome: Outcome | None,
    ) -> Handled:
        """What was written is told as it was decided when it was written.

        A remediation that only this delivery decided, beside an entry already closed, is not told:
        it was not made, and the change that calls for it has an event of its own.
        """
        before, written = observed.encryption, enforced_remediations(self.policy, decisions)
        if entry and not isinstance(outcome, Skipped):
            decisions = {c: d for c, d in decisions.items() if c not in written} | dict(entry.violations)
            before, written = entry.before, remediations_of_write(entry.violations, entry.intended)
        findings = findings_of(self.policy, call, before, decisions, outcome, written)
        return Handled(call=call, decisions=decisions, outcome=outcome, findings=findings)

    def unread(self, call: BucketCall, outcome: Skipped | Failed) -> Handled:
        """How the event of a bucket ended that could not be read."""
        findings = (
            (refusal_finding(self.policy, call, BUCKET_CHECKS[0].id, outcome),)
            if isinstance(outcome, Failed)
            else ()
        )
        return Handled(call=call, decisions={}, outcome=outcome, findings=findings)

    def report(self, handled: Handled) -> Handled:
        """Publish the findings, but for a refusal told today, then write the log line and the metrics."""
        handled = self._with_owner(self._once_a_day(handled))
        told = [f for f in handled.findings if not (handled.suppressed and _may_wait(f))]
        if told:
            self.services.topic.publish(message_of(told))
        self.services.telemetry.record(handled)
        return handled

    def _with_owner(self, handled: Handled) -> Handled:
        """Say whose code the bucket comes from: there the violation can be put right for good."""
        if not handled.findings or not handled.decisions:
            return handled
        owner = owner_of(handled.call.bucket, self.services.buckets.read_tags(handled.call.bucket))
        return replace(handled, findings=tuple(replace(f, owner=owner) for f in handled.findings))

    def _once_a_day(self, handled: Handled) -> Handled:
        """A denied action is told once per bucket and day, but for what is CRITICAL; all are logged."""
        call, outcome = handled.call, handled.outcome
        if not isinstance(outcome, Failed) or outcome.denied_action is None:
            return handled
        first = self.services.ledger.first_refusal_today(
            call.bucket, outcome.denied_action, call.event_id, self.services.clock.now()
        )
        return replace(handled, suppressed=not first)


def _may_wait(finding: Finding) -> bool:
    return finding.status is Status.FAILED and is_held_back(finding)
