"""The flow of the bucket lane, step by step, for one message."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from reseal.core.calls.bucket_call import BucketCall, parse_bucket_call
from reseal.core.checks.catalogue import BUCKET_CHECKS
from reseal.core.decision import Exempt
from reseal.core.errors import RefusalError
from reseal.core.findings.alerts import Unblocked
from reseal.core.findings.event_result import EventResult
from reseal.core.findings.results import findings_of, results_of
from reseal.core.outcome import Failed, Skipped
from reseal.core.policy.exemptions import skipped_call
from reseal.core.policy.policy import Policy
from reseal.core.refusal import outcome_of_refusal
from reseal.core.repairs.repair import Repair, repairs_of
from reseal.lanes.bucket.ledger import BucketEntry, Recorder
from reseal.lanes.bucket.observe import Observer
from reseal.lanes.bucket.remediate import WRITERS, Remediator
from reseal.lanes.bucket.report import Reporter, outcome_of
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
        requirements = self.policy.for_(call.resource)
        observer = Observer(requirements=requirements, services=self.services)
        reporter = Reporter(requirements=requirements, services=self.services)
        if skipped := skipped_call(requirements, call):
            return reporter.report(reporter.unreadable(call, skipped))
        if requirements.exempt:
            return reporter.report(_exempted(call, requirements.exempt))
        self._note_unblocking(call)
        try:
            read_at = self.services.clock.now()
            observed = observer.observe(call)  # 2 observe
            decisions = observer.decide(call, observed)  # 3 decide
        except RefusalError as refusal:
            refused = outcome_of_refusal(refusal)
            event_result = self._unreadable_after_attempt(call, delivery, refused)
            return reporter.report(event_result or reporter.unreadable(call, refused))
        remediator = Remediator(
            services=self.services, read_at=read_at, decide_again=lambda: self._repairs(observer, call)
        )
        repairs = {r.setting: r for r in repairs_of(requirements, observed.settings, decisions)}
        entries = []
        for setting, found in observed.settings.items():
            repair = repairs.get(setting)
            entry = self._recorder.earlier_attempt(call, delivery, setting, found, repair)
            if entry is None and repair is not None:
                entry = self._recorder.record(call, delivery, repair, decisions)  # 4 record
            if entry is not None:
                entries.append(remediator.repair(entry, found, repair))  # 5 act
        return reporter.report(reporter.event_result(call, observed, decisions, entries))  # 6 report

    def _repairs(self, observer: Observer, call: BucketCall) -> Sequence[Repair]:
        """The repairs that the bucket, read and judged now, needs."""
        observed = observer.observe(call)
        return repairs_of(observer.requirements, observed.settings, observer.decide(call, observed))

    @property
    def _recorder(self) -> Recorder:
        return Recorder(services=self.services)

    def _note_unblocking(self, call: BucketCall) -> None:
        """Record who unblocked SSE-C: the object lane marks later SSE-C writes on the bucket as an attack."""
        if call.stated and call.stated.unblocks_sse_c:
            unblocked = Unblocked(who=call.actor.who, at=call.time)
            self.services.ledger.note_unblocked(call.bucket, unblocked, self.services.clock.now())

    def _unreadable_after_attempt(
        self, call: BucketCall, delivery: Delivery, outcome: Skipped | Failed
    ) -> EventResult | None:
        """The result of an earlier delivery's writes on a bucket that can no longer be read.

        That delivery may not have reported them. An entry that it left open is closed with `outcome`,
        because the result of its write is unknown. None if there is no entry.
        """
        found = (self._recorder.earlier_entry(call, delivery, setting) for setting in WRITERS)
        entries = [self._closed(entry, delivery, outcome) for entry in found if entry is not None]
        if not entries:
            return None
        results = results_of(entries)
        decisions = {check: result.decision for check, result in results.items()}
        findings = findings_of(self.policy.for_(call.resource), call, results)
        ended = outcome_of([entry.outcome for entry in entries])
        return EventResult(call=call, decisions=decisions, outcome=ended, findings=findings)

    def _closed(self, entry: BucketEntry, delivery: Delivery, outcome: Skipped | Failed) -> BucketEntry:
        if entry.outcome is None:
            entry = self._recorder.take_over(entry, delivery)
        if entry.outcome is None:
            entry = replace(entry, outcome=outcome)
            self.services.ledger.close(entry, self.services.clock.now())
        return entry


def _exempted(call: BucketCall, exempt: Exempt) -> EventResult:
    decisions = {check.id: exempt for check in BUCKET_CHECKS}
    return EventResult(call=call, decisions=decisions, outcome=None, findings=())
