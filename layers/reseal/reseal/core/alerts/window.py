"""Step 6, report: an alert window. It counts the violations of a bucket, and says which to report at once.

Equal findings of one actor are one group (`alerts.group_of`). What is not reported at once is reported by the
summary, at the window's end (decision 22).
"""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from reseal.core.alerts.group import Alert, Group, ToJson, bounded
from reseal.core.findings.alerts import representative
from reseal.core.findings.finding import Finding

MOST_MESSAGES = 10
"""Messages about one bucket in one window, its summary included."""
MOST_BELOW_CRITICAL = 4
"""Of these, messages that hold nothing CRITICAL, so that they leave room for one that does."""
MOST_ACTORS = 50
LATE = timedelta(seconds=60)
"""If a window is open this long after its end, its reminder was lost."""

_NAMESPACE = uuid.UUID("0e0c5a53-4b9f-5d0a-8a57-3d1f0e6b2c44")


@dataclass(frozen=True, slots=True, kw_only=True)
class DueAlert:
    """A finding to publish now, and the alert of the window that it is."""

    group: str
    number: int
    finding: Finding


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """The alert window of a scope. `version` is that of the stored window, 0 if none is stored.

    `total` counts the violations, `sent` the messages, `below` those of them that hold nothing CRITICAL.
    `actors` holds short hashes of the callers; `more_actors`: there were more than it holds. `overdue_at` is
    when the next finding queues the reminder again. A window that has `ended` is followed by a new one.
    """

    scope: str
    id: str
    closes_at: datetime
    overdue_at: datetime
    version: int = 0
    total: int = 0
    sent: int = 0
    below: int = 0
    actors: frozenset[str] = frozenset()
    more_actors: bool = False
    groups: Mapping[str, Group] = field(default_factory=dict)
    ended: bool = False

    @classmethod
    def opened(cls, scope: str, now: datetime, seconds: int, *, version: int = 0) -> Window:
        """A new window."""
        closes_at = now + timedelta(seconds=seconds)
        window_id = str(uuid.uuid5(_NAMESPACE, f"{scope}|{now.isoformat()}|{version}"))
        return cls(
            scope=scope, id=window_id, closes_at=closes_at, overdue_at=closes_at + LATE, version=version
        )

    @property
    def unreported(self) -> Mapping[str, Group]:
        """The groups with violations that no message reported, the most severe first."""
        groups = {name: group for name, group in self.groups.items() if group.unreported > 0}
        return dict(sorted(groups.items(), key=lambda item: -item[1].severity))

    def reminded(self, now: datetime) -> Window:
        """The window after its reminder was queued once more."""
        return replace(self, overdue_at=now + LATE)

    def plus(self, count: int) -> Window:
        """The window with so many more violations, which it keeps apart in no way."""
        return replace(self, total=self.total + count)

    def counted(
        self, equal: Mapping[str, Sequence[Finding]], to_json: ToJson
    ) -> tuple[Window, tuple[DueAlert, ...]]:
        """The window with these findings, by group and in the order of time, and those to publish now.

        `to_json` gives the form of a finding that the summary publishes.
        """
        window, due, events = self, list[DueAlert](), set[str]()
        for name, findings in sorted(equal.items(), key=lambda item: -item[1][0].severity):
            alerts = self.groups[name].alerts if name in self.groups else ()
            known = {one for alert in alerts for one in alert.ids}
            due += _again(name, alerts, findings)
            if new := [finding for finding in findings if finding.id not in known]:
                window = window._with(name, new, to_json)
                window, reported_now = window._due(name, new, events)
                due += reported_now
        return window, tuple(due)

    def after(self, due: Sequence[DueAlert]) -> Window:
        """The window after these findings were published."""
        groups = dict(self.groups)
        for one in due:
            group = groups.get(one.group)
            if group and one.number < len(group.alerts):
                groups[one.group] = group.after_alert(one.number)
        return replace(self, groups=groups)

    def after_summary(self, seen: Window, now: datetime, seconds: int) -> Window:
        """The window after the summary of what it was when it was `seen`.

        If more came meanwhile, that is a new window.
        """
        left = {
            name: replace(
                group, reported=max(group.reported, seen.groups[name].count if name in seen.groups else 0)
            )
            for name, group in self.groups.items()
        }
        kept = {
            name: replace(group, count=group.unreported, reported=0, alerts=())
            for name, group in left.items()
            if group.unreported > 0
        }
        if not kept:
            return replace(self, groups={}, actors=frozenset(), ended=True)
        following = Window.opened(self.scope, now, seconds, version=self.version)
        total = sum(group.count for group in kept.values())
        return replace(following, total=total, actors=self.actors, more_actors=self.more_actors, groups=kept)

    def to_document(self) -> dict[str, Any]:
        """The window as JSON, without its version."""
        return {
            "scope": self.scope,
            "id": self.id,
            "closes_at": self.closes_at.isoformat(),
            "overdue_at": self.overdue_at.isoformat(),
            "total": self.total,
            "sent": self.sent,
            "below": self.below,
            "actors": sorted(self.actors),
            "more_actors": self.more_actors,
            "groups": {name: group.to_document() for name, group in self.groups.items()},
            "ended": self.ended,
        }

    @classmethod
    def from_document(cls, document: Mapping[str, Any], version: int) -> Window:
        """The window that `to_document` wrote."""
        times = {name: datetime.fromisoformat(document[name]) for name in ("closes_at", "overdue_at")}
        groups = {name: Group.from_document(group) for name, group in document["groups"].items()}
        actors = frozenset(document["actors"])
        return cls(**{**document, **times, "groups": groups, "actors": actors, "version": version})

    def _with(self, name: str, findings: Sequence[Finding], to_json: ToJson) -> Window:
        who = findings[0].who
        actors = self.actors | ({_short(who)} if who else set())
        fits = len(actors) <= MOST_ACTORS
        there = self.groups.get(name)
        added = there.plus(findings, to_json) if there else Group.opened(findings, to_json)
        return replace(
            self.plus(len(findings)),
            actors=actors if fits else self.actors,
            more_actors=self.more_actors or not fits,
            groups=bounded({**self.groups, name: added}),
        )

    def _due(self, name: str, new: Sequence[Finding], events: set[str]) -> tuple[Window, list[DueAlert]]:
        """The window with the alert of the new findings, if they are reported now.

        `events` holds the events of this batch that have a message: their other findings are reported in it.
        """
        group = self.groups.get(name)
        if group is None or not group.reaches_threshold(len(new)):
            return self, []
        event, critical = new[0].call.event_id, group.is_critical
        counts = event not in events
        if counts and not self._has_room(critical=critical):
            return self, []
        events.add(event)
        finding = group.so_far(new) if critical else representative(new)
        alert = Alert(
            id=finding.id,
            ids=tuple(sorted(one.id for one in new)),
            count=finding.occurrences.count if finding.occurrences else 1,
        )
        reported = replace(group, alerts=(*group.alerts, alert))
        window = replace(
            self,
            sent=self.sent + counts,
            below=self.below + (counts and not critical),
            groups={**self.groups, name: reported},
        )
        return window, [DueAlert(group=name, number=len(group.alerts), finding=finding)]

    def _has_room(self, *, critical: bool) -> bool:
        """Whether one more message fits before the summary."""
        return self.sent < MOST_MESSAGES - 1 and (critical or self.below < MOST_BELOW_CRITICAL)


def _again(name: str, alerts: Sequence[Alert], findings: Sequence[Finding]) -> list[DueAlert]:
    """The alerts that an earlier delivery of these findings may have failed to publish."""
    due = []
    for number, alert in enumerate(alerts):
        come_again = [finding for finding in findings if finding.id in alert.ids]
        if come_again and not alert.reported:
            due.append(DueAlert(group=name, number=number, finding=alert.again(come_again)))
    return due


def _short(who: str) -> str:
    return hashlib.sha256(who.encode()).hexdigest()[:12]
