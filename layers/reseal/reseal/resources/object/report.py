"""Step 6 for a batch: publish the first of equal findings, and summarise the rest when its window closes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial
from typing import Any

from reseal.core.checks.object_encryption import OBJECT_ENCRYPTION
from reseal.core.errors import TransientError
from reseal.core.findings.alerts import Tallied, Tally, group_of, grouped, may_be_suppressed, summary_of
from reseal.core.findings.event_result import EventResult
from reseal.core.findings.finding import Finding
from reseal.core.findings.incident import as_incident, incident_group, is_ransom_sign
from reseal.core.findings.occurrences import object_keys
from reseal.core.findings.ownership import owner_of
from reseal.core.findings.render.message import message_of
from reseal.core.outcome import Failed
from reseal.flow.batch import Batch
from reseal.flow.result import result_of
from reseal.flow.stages import Ended
from reseal.ports import ObjectServices, Services

ObjectEnded = Ended[Any, Any, Any]

INCIDENT_SECONDS = 900
"""The length of an SSE-C incident if alerts have no window."""
LATE = timedelta(seconds=60)
"""If a window is open this long after its end, its reminder was lost."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reporter:
    """Publishes findings. On TransientError the message is retried."""

    window_seconds: int
    services: Services
    objects: ObjectServices

    def report(self, batch: Batch, ended: Mapping[str, ObjectEnded]) -> None:
        """Publish one alert for each group of equal findings, then write log lines and metrics."""
        now = self.services.clock.now()
        deliveries = {m: one.judgement.parsed.delivery for m, one in ended.items()}
        results = {m: result_of(one) for m, one in ended.items()}
        published: dict[str, bool] = {}
        for group, alert in grouped(f for result in results.values() for f in result.findings).items():
            members = {m: h for m, h in results.items() if any(group_of(f) == group for f in h.findings)}
            publish = partial(
                self.publish,
                alert,
                list(members.values()),
                redelivered=any(deliveries[m].receive_count > 1 for m in members),
                may_be_reported=any(
                    deliveries[m].may_be_repeated(result.call.time, now) for m, result in members.items()
                ),
            )
            published |= dict.fromkeys(members, bool(batch.for_all(members, publish)))
        for message, result in batch.remaining(results).items():
            self.services.telemetry.record(replace(result, suppressed=not published.get(message, True)))

    def publish(
        self, alert: Finding, stood_for: Sequence[EventResult], *, redelivered: bool, may_be_reported: bool
    ) -> bool:
        """Publish one alert for all the results it represents, or count it in its window.

        Returns whether it was published. `redelivered`: the queue delivered some of these messages before,
        so the reminder may be missing. `may_be_reported`: an earlier delivery may have reported some of
        these events, for example before a redrive of dead-letter messages.
        """
        if may_be_suppressed(alert) and self._reported_today(stood_for, may_be_reported=may_be_reported):
            return False
        alert = self._with_owner(alert)
        if is_ransom_sign(alert):
            alert = self._of_incident(alert)
        elif self._waits(alert, redelivered=redelivered):
            return False
        self.services.topic.publish(message_of([alert]))
        return True

    def close_window(self, group: str) -> None:
        """Publish the summary of a window. Violations that come meanwhile wait for the next summary."""
        suppressed = self.objects.windows.read_suppressed(group)
        if suppressed is None:
            return
        self.services.topic.publish(summary_of(group, suppressed))
        until = self.services.clock.now() + timedelta(seconds=self.window_seconds)
        if self.objects.windows.clear_suppressed(group, suppressed, until):
            self.objects.reminders.remind(group, self.window_seconds)

    def _reported_today(self, stood_for: Sequence[EventResult], *, may_be_reported: bool) -> bool:
        """A denied action is published once per bucket, check and day; log and metrics have every write.

        The event that was published may be published again, because publishing may have failed. So after
        a redelivery every event is looked up.
        """
        outcome = stood_for[0].outcome
        if not isinstance(outcome, Failed) or outcome.denied_action is None:
            return False
        now, refused = self.services.clock.now(), f"{OBJECT_ENCRYPTION} {outcome.denied_action}"
        asked = stood_for if may_be_reported else stood_for[:1]
        return not any(
            self.services.refusals.first_today(h.call.resource.scope, refused, h.call.event_id, now)
            for h in asked
        )

    def _with_owner(self, alert: Finding) -> Finding:
        """Add the tool that manages the bucket: the permanent correction belongs in its code."""
        bucket = alert.resource.scope
        return replace(alert, owner=owner_of(bucket, self.services.buckets.read_tags(bucket)))

    def _of_incident(self, alert: Finding) -> Finding:
        """The alert of SSE-C writes, with the incident's earlier writes counted."""
        tally = self._tally(alert)
        unblocked = self.services.watchlist.read_unblocked(alert.resource.scope, self.services.clock.now())
        return as_incident(alert, tally, unblocked)

    def _waits(self, alert: Finding, *, redelivered: bool) -> bool:
        """Whether the alert waits for the summary of an open window; it is then counted there."""
        if self.window_seconds == 0 or not may_be_suppressed(alert):
            return False
        tally = self._tally(alert)
        if tally.opened or redelivered or self._is_overdue(tally):
            self._remind(alert, tally)
        return not tally.opened

    def _tally(self, alert: Finding) -> Tally:
        group = incident_group(alert) if is_ransom_sign(alert) else group_of(alert)
        many = alert.occurrences
        tallied = Tallied(
            count=many.count if many else 1,
            first=many.first if many else alert.call.time,
            last=many.last if many else alert.call.time,
            keys=many.keys if many else object_keys(alert.resource),
            message=message_of([alert]),
            seconds=self.window_seconds or INCIDENT_SECONDS,
            suppresses=may_be_suppressed(alert),
        )
        return self.objects.windows.tally(group, tallied, self.services.clock.now())

    def _is_overdue(self, tally: Tally) -> bool:
        return self.services.clock.now() - tally.closes_at > LATE

    def _remind(self, alert: Finding, tally: Tally) -> None:
        """If the reminder cannot be queued, close the empty window so the next finding opens a new one."""
        left = (tally.closes_at - self.services.clock.now()).total_seconds()
        try:
            self.objects.reminders.remind(group_of(alert), max(0, min(round(left), self.window_seconds)))
        except TransientError:
            self.objects.windows.read_suppressed(group_of(alert))
            raise
