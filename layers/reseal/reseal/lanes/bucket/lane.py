"""The flow of the bucket lane, step by step, for one message."""

from __future__ import annotations

from dataclasses import dataclass, replace

from reseal.core.calls.bucket_call import BucketCall, parse_bucket_call
from reseal.core.checks.catalogue import BUCKET_CHECKS
from reseal.core.decision import Exempt
from reseal.core.errors import RefusalError
from reseal.core.findings.alerts import Unblocked
from reseal.core.findings.event_result import EventResult
from reseal.core.findings.finding import findings_of
from reseal.core.outcome import Failed, Skipped
from reseal.core.policy.exemptions import exempt_by_name, skipped_call
from reseal.core.policy.policy import Policy
from reseal.core.refusal import outcome_of_refusal
from reseal.core.repairs.bucket_plan import intended_encryption, remediations_of_write
from reseal.core.state.bucket_encryption import BucketEncryption
from reseal.lanes.bucket.ledger import Recorder
from reseal.lanes.bucket.observe import Observer
from reseal.lanes.bucket.remediate import Remediator
from reseal.lanes.bucket.report import Reporter
from reseal.lanes.delivery import Delivery
from reseal.ports import Services


@dataclass(frozen=True, slots=True, kw_only=True)
class BucketLane:
    """The bucket lane of one deployment."""

    policy: Policy
    services: Services

    def enforce(self, delivery: Delivery) -> EventResult:
        """Handle one message, from the event to the finding.

        Raises MalformedEventError for a message that cannot succeed, and TransientError for one
        that must be delivered again; in both cases the message stays on the queue.
        """
        call = parse_bucket_call(delivery.body)  # 1 parse
        observer = Observer(policy=self.policy, services=self.services)
        reporter = Reporter(policy=self.policy, services=self.services)
        if skipped := skipped_call(self.policy, call):
            return reporter.report(reporter.unreadable(call, skipped))
        if exempt := self._exempt(call):
            return reporter.report(_exempted(call, exempt))
        self._note_unblocking(call)
        try:
            read_at = self.services.clock.now()
            observed = observer.observe(call)  # 2 observe
            decisions = observer.decide(call, observed)  # 3 decide
        except RefusalError as refusal:
            refused = outcome_of_refusal(refusal)
            event_result = self._unreadable_after_attempt(call, delivery, refused)
            return reporter.report(event_result or reporter.unreadable(call, refused))
        intended = intended_encryption(self.policy, observed.encryption, decisions)
        entry = self._recorder.earlier_attempt(call, delivery, observed, intended)
        if entry is None and intended is not None:
            entry = self._recorder.record(call, delivery, observed, decisions, intended)  # 4 record
        remediator = Remediator(
            services=self.services, read_at=read_at, decide_again=lambda: self._intended(observer, call)
        )
        outcome = remediator.repair(entry, observed, intended) if entry else None  # 5 act
        return reporter.report(reporter.event_result(call, observed, decisions, entry, outcome))  # 6 report

    def _intended(self, observer: Observer, call: BucketCall) -> BucketEncryption | None:
        """What the bucket, read and judged now, must become; None if nothing is to be written."""
        observed = observer.observe(call)
        return intended_encryption(self.policy, observed.encryption, observer.decide(call, observed))

    @property
    def _recorder(self) -> Recorder:
        return Recorder(services=self.services)

    def _exempt(self, call: BucketCall) -> Exempt | None:
        control_tower = self.policy.exempt_control_tower
        return exempt_by_name(call.bucket, self.policy.account, control_tower=control_tower)

    def _note_unblocking(self, call: BucketCall) -> None:
        """Record who unblocked SSE-C: the object lane marks later SSE-C writes on the bucket as an attack."""
        if call.stated and call.stated.unblocks_sse_c:
            unblocked = Unblocked(who=call.actor.who, at=call.time)
            self.services.ledger.note_unblocked(call.bucket, unblocked, self.services.clock.now())

    def _unreadable_after_attempt(
        self, call: BucketCall, delivery: Delivery, outcome: Skipped | Failed
    ) -> EventResult | None:
        """The result of an earlier delivery's write on a bucket that can no longer be read.

        That delivery may not have reported it. An entry that it left open is closed with `outcome`,
        because the result of its write is unknown. None if there is no entry.
        """
        entry = self._recorder.earlier_entry(call, delivery)
        if entry is None:
            return None
        if entry.outcome is None:
            entry = self._recorder.take_over(entry, delivery)
        if entry.outcome is None:
            entry = replace(entry, outcome=outcome)
            self.services.ledger.close(entry, self.services.clock.now())
        written = remediations_of_write(entry.violations, entry.intended)
        findings = findings_of(self.policy, call, entry.before, entry.violations, entry.outcome, written)
        return EventResult(call=call, decisions=entry.violations, outcome=entry.outcome, findings=findings)


def _exempted(call: BucketCall, exempt: Exempt) -> EventResult:
    decisions = {check.id: exempt for check in BUCKET_CHECKS}
    return EventResult(call=call, decisions=decisions, outcome=None, findings=())
