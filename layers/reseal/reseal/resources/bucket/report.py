"""Step 6 for one bucket: the findings of its event, in one message."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from reseal.core.findings.alerts import may_be_suppressed
from reseal.core.findings.event_result import EventResult
from reseal.core.findings.finding import Finding, Status
from reseal.core.findings.ownership import owner_of
from reseal.core.findings.render.message import messages_of
from reseal.core.outcome import Failed
from reseal.flow.batch import Batch
from reseal.flow.result import result_of
from reseal.flow.stages import Ended
from reseal.ports import Services

BucketEnded = Ended[Any, Any, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reporter:
    """Publishes the findings of an event. On TransientError the message is retried."""

    services: Services

    def report(self, batch: Batch, ended: Mapping[str, BucketEnded]) -> None:
        """Publish the findings of each message, then write its log line and metrics, one after the other."""
        for event_result in batch.for_each(self._published, ended).values():
            self.services.telemetry.record(event_result)

    def _published(self, ended: BucketEnded) -> EventResult:
        event_result = self._with_owner(self._once_a_day(result_of(ended)))
        published = [f for f in event_result.findings if not (event_result.suppressed and _may_wait(f))]
        for message in messages_of(published):
            self.services.topic.publish(message)
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
        first = self.services.refusals.first_today(
            call.resource.scope, outcome.denied_action, call.event_id, self.services.clock.now()
        )
        return replace(event_result, suppressed=not first)


def _may_wait(finding: Finding) -> bool:
    return finding.status is Status.FAILED and may_be_suppressed(finding)
