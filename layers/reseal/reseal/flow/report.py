"""Step 6, report: publish what is due, count the rest in alert windows, and write the log and the metrics."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Protocol, TypeVar

from reseal.core.alerts.summary import summary_of
from reseal.core.alerts.window import DueAlert, Window
from reseal.core.calls.queue_message import CloseWindow
from reseal.core.decision import Severity
from reseal.core.errors import RefusalError, TransientError
from reseal.core.findings.alerts import grouped, representative
from reseal.core.findings.event_result import EventResult
from reseal.core.findings.finding import Finding
from reseal.core.findings.incident import (
    Way,
    as_incident,
    incident_id,
    incident_scope,
    is_ransom_sign,
    sign_of,
    with_signs,
)
from reseal.core.findings.ownership import owner_of
from reseal.core.findings.render.json import finding_document
from reseal.core.findings.render.message import messages_of
from reseal.core.findings.sign import Sign, joined
from reseal.core.resource import KeyResource
from reseal.flow.batch import Batch
from reseal.flow.result import result_of
from reseal.flow.signs import note_sign
from reseal.flow.stages import Ended
from reseal.ports import Services

_WITHOUT_WINDOWS = 900
"""The seconds of a window if AlertWindowSeconds is 0: CRITICAL findings and incidents have one anyway."""
_ATTEMPTS = 12
"""How often a change of a window is tried: other invocations change it, too."""
_SECONDS_BETWEEN = 0.05

W = TypeVar("W", bound=Window | None)

Equal = Mapping[str, Sequence[Finding]]
"""Findings by the name of their group, in the order of time."""


class Reporting(Protocol):
    """Step 6, as the flow needs it."""

    def report(self, batch: Batch, ended: Mapping[str, Ended[Any, Any, Any]]) -> None:
        """Report what a batch ended with. An error stops the messages that it concerns, through the batch."""

    def close_window(self, reminder: CloseWindow) -> None:
        """Report what an alert window counted, at its end. Raises TransientError."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reporter:
    """Publishes findings, at most so many about one bucket in one window (`core.alerts.window`).

    On TransientError a message is retried. A window's reminder is queued before the window is stored, and
    the window is stored before its messages are published: whatever fails in between, the redelivery
    publishes again, or the summary reports it. `window_seconds` is the length of a window; if it is 0, each
    finding below CRITICAL is published.
    """

    services: Services
    window_seconds: int

    def report(self, batch: Batch, ended: Mapping[str, Ended[Any, Any, Any]]) -> None:
        """Publish the findings of a batch by bucket, then write the log line and metrics of each event.

        An error stops the messages that it concerns, through the batch.
        """
        results = {message: result_of(one) for message, one in ended.items()}
        by_scope: dict[str, list[str]] = {}
        for message, result in results.items():
            if result.findings:
                by_scope.setdefault(result.call.resource.scope, []).append(message)
        reported: set[str] = set()
        for scope, messages in by_scope.items():
            publish = partial(self._publish, scope, [results[message] for message in messages])
            reported |= batch.for_all(messages, publish) or set()
        for result in batch.remaining(results).values():
            waits = bool(result.findings) and not any(finding.id in reported for finding in result.findings)
            self.services.telemetry.record(replace(result, suppressed=waits))

    def close_window(self, reminder: CloseWindow) -> None:
        """Publish the summary of a window that is at its end. What comes meanwhile is reported by another.

        Raises TransientError.
        """
        window = self.services.windows.read(reminder.scope)
        if window is None or window.ended or window.id != reminder.window_id:
            return
        if summary := summary_of(window):
            self.services.topic.publish(summary)
        self._change(reminder.scope, partial(self._after_summary, window))

    # --- the findings of one bucket ------------------------------------------------------------

    def _publish(self, scope: str, results: Sequence[EventResult]) -> set[str]:
        """Publish what is due; returns the ids of the findings that a message reports."""
        findings = [finding for result in results for finding in result.findings]
        if any(result.decisions for result in results) and not isinstance(
            results[0].call.resource, KeyResource
        ):
            owner = owner_of(scope, self.services.buckets.read_tags(scope) or {})
            findings = [replace(finding, owner=owner) for finding in findings]
        equal = self._with_incidents(scope, grouped(findings))
        counted = {name: same for name, same in equal.items() if self._has_window(same[0])}
        window, due = self._count(scope, counted)
        alone = [representative(same) for name, same in equal.items() if name not in counted]
        sent = [*alone, *(one.finding for one in due)]
        for of_event in _by_event(sent):
            for message in messages_of(of_event):
                self.services.topic.publish(message)
        if due:
            self._change(scope, partial(_after_messages, window, due))
        return {reported for finding in sent for reported in _reported_by(finding)}

    def _has_window(self, finding: Finding) -> bool:
        return self.window_seconds > 0 or finding.severity is Severity.CRITICAL

    def _with_incidents(self, scope: str, equal: Equal) -> Equal:
        """The findings, signs of ransomware with their incident. The findings of a group are one sign.

        The signs of one event belong together, whichever finding comes first: they share the resource.
        """
        found = {name: sign for name, same in equal.items() if (sign := sign_of(same[0]))}
        noted = {name: note_sign(self.services, sign) for name, sign in found.items()}
        signs = joined(sign for of_one in noted.values() for sign in of_one)
        marked = dict(equal)
        for name in noted:
            same = equal[name]
            counted = self._counted(scope, same, signs) if is_ransom_sign(same[0]) else same
            marked[name] = [with_signs(finding, signs) for finding in counted]
        return marked

    def _counted(self, scope: str, same: Sequence[Finding], signs: tuple[Sign, ...]) -> list[Finding]:
        """SSE-C writes with the count of the actor's, and who made way for them."""
        way, total = self._way(scope), self._incident(incident_scope(same[0]), len(same)).total
        return [as_incident(finding, incident_id(signs), total, way) for finding in same]

    def _way(self, bucket: str) -> Way:
        """Who made way for SSE-C. The call that did may have no event yet, so the bucket is read."""
        try:
            encryption = self.services.buckets.read_encryption(bucket)
        except RefusalError:
            encryption = None
        unblocked = self.services.watchlist.read_unblocked(bucket, self.services.clock.now())
        return Way(encryption=encryption, unblocked=unblocked)

    # --- windows -------------------------------------------------------------------------------

    def _count(self, scope: str, equal: Equal) -> tuple[Window | None, tuple[DueAlert, ...]]:
        """The window with these findings counted, and those to publish now."""
        if not equal:
            return None, ()
        due: tuple[DueAlert, ...] = ()

        def count(stored: Window | None) -> Window:
            nonlocal due
            window, due = self._open_window(scope, stored).counted(equal, finding_document)
            return window

        return self._change(scope, count), due

    def _open_window(self, scope: str, stored: Window | None) -> Window:
        """The stored window if it is open, else a new one; the queue has a reminder to close it."""
        now = self.services.clock.now()
        if stored is None or stored.ended:
            window = Window.opened(scope, now, self._seconds, version=stored.version if stored else 0)
            self._remind(window, self._seconds)
            return window
        if now > stored.overdue_at:
            self._remind(stored, 0)
            return stored.reminded(now)
        return stored

    def _after_summary(self, seen: Window, stored: Window | None) -> Window | None:
        if stored is None or stored.id != seen.id:
            return None
        window = stored.after_summary(seen, self.services.clock.now(), self._seconds)
        if not window.ended:
            self._remind(window, self._seconds)
        return window

    def _incident(self, scope: str, count: int) -> Window:
        """The window of an incident with so many more writes. It has no summary and no reminder."""
        now = self.services.clock.now()

        def add(stored: Window | None) -> Window:
            if stored is None or stored.closes_at <= now:
                stored = Window.opened(scope, now, self._seconds, version=stored.version if stored else 0)
            return stored.plus(count)

        return self._change(scope, add)

    def _remind(self, window: Window, seconds: int) -> None:
        self.services.reminders.remind(CloseWindow(scope=window.scope, window_id=window.id), seconds)

    @property
    def _seconds(self) -> int:
        return self.window_seconds or _WITHOUT_WINDOWS

    def _change(self, scope: str, change: Callable[[Window | None], W]) -> W:
        """Store the changed window unless it is None, and return it; tried again if another came first.

        If the answer of a write was lost, it is made twice: a count that is too high is better than one that
        is too low.
        """
        for attempt in range(_ATTEMPTS):
            changed = change(self.services.windows.read(scope))
            if changed is None or self.services.windows.replace(changed):
                return changed
            self.services.clock.sleep(_SECONDS_BETWEEN * (attempt + 1))
        raise TransientError(f"the alert window of {scope} changes too fast to count in it")


def _after_messages(window: Window | None, due: Sequence[DueAlert], stored: Window | None) -> Window | None:
    """The stored window after the messages of `window` were published; None if it has ended since."""
    if window is None or stored is None or stored.id != window.id:
        return None
    return stored.after(due)


def _by_event(findings: Iterable[Finding]) -> list[list[Finding]]:
    """The findings by event: those of one event are one message, unless SNS would not take it."""
    messages: dict[str, list[Finding]] = {}
    for finding in findings:
        messages.setdefault(finding.call.event_id, []).append(finding)
    return list(messages.values())


def _reported_by(finding: Finding) -> tuple[str, ...]:
    several = finding.occurrences.ids if finding.occurrences else ()
    return several or (finding.id,)
