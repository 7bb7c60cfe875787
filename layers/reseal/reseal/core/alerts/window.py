"""Step 6, report: an alert window. It counts the violations of a bucket, and says which to report at once.

Equal findings of one actor are one group (`alerts.group_of`). What is not reported at once is reported by the
summary, at the window's end (decision 22).
"""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from reseal.core.decision import Severity
from reseal.core.findings.alerts import keys_of, occurrences_of, representative
from reseal.core.findings.finding import Finding
from reseal.core.findings.occurrences import MOST_KEYS

MOST_MESSAGES = 10
"""Messages about one bucket in one window, its summary included."""
MOST_BELOW_CRITICAL = 4
"""Of these, messages that hold nothing CRITICAL, so that they leave room for one that does."""
THRESHOLDS = (1, 10, 100, 1000)
"""A CRITICAL group is reported when its count reaches these, and at the window's end."""
MOST_GROUPS = 10
"""Groups that a window keeps apart. It counts further ones together, the least severe first."""
MOST_ACTORS = 50
LATE = timedelta(seconds=60)
"""If a window is open this long after its end, its reminder was lost."""
OTHERS = "others"
"""The name of the group that counts what is not kept apart."""

ToJson = Callable[[Finding], Mapping[str, Any]]
_NAMESPACE = uuid.UUID("0e0c5a53-4b9f-5d0a-8a57-3d1f0e6b2c44")


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """A message about a group: its finding's id, the ids of all findings it stands for, and its count.

    `reported`: the message is known to be published. Until then, these findings are published again when they
    come again.
    """

    id: str
    ids: tuple[str, ...]
    count: int
    reported: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Equal violations: how many there are, how many of them were reported, and the first of them as JSON.

    `first` and `last` are the times of those that were not reported; of all, if the group is CRITICAL. `keys`
    are the latest object keys.
    """

    document: Mapping[str, Any]
    count: int
    reported: int
    first: datetime
    last: datetime
    keys: tuple[str, ...]
    incident: Mapping[str, Any] | None = None
    alerts: tuple[Alert, ...] = ()

    @property
    def severity(self) -> Severity:
        """The severity of its findings."""
        return Severity[self.document["severity"]]

    @property
    def is_critical(self) -> bool:
        """Whether its findings are CRITICAL."""
        return self.severity is Severity.CRITICAL

    @property
    def unreported(self) -> int:
        """The violations that no message reported."""
        return self.count - self.reported

    def plus(self, findings: Sequence[Finding], to_json: ToJson) -> Group:
        """The group with these findings, in the order of time."""
        fresh = self.unreported == 0 and not self.is_critical
        incident = findings[-1].incident
        return replace(
            self,
            document={**self.document, "reason": to_json(findings[-1])["reason"]},  # with its count
            count=self.count + len(findings),
            first=findings[0].call.time if fresh else min(self.first, findings[0].call.time),
            last=max(self.last, findings[-1].call.time),
            keys=_latest(keys_of(findings), () if fresh else self.keys),
            incident=incident.to_document() if incident else self.incident,
        )

    @property
    def among_others(self) -> Group:
        """The group, of no actor."""
        document = {**self.document, "actor": None, "api_call": None}
        return replace(self, document=document, alerts=())

    def merged(self, other: Group) -> Group:
        """Both groups as one, of no actor; the more severe stands for both."""
        worse = max(self, other, key=lambda group: group.severity)
        return replace(
            worse.among_others,
            count=self.count + other.count,
            reported=self.reported + other.reported,
            first=min(self.first, other.first),
            last=max(self.last, other.last),
            keys=_latest(other.keys, self.keys),
        )

    def after_alert(self, number: int) -> Group:
        """The group after the message of one alert was published."""
        alert = self.alerts[number]
        if alert.reported:
            return self
        alerts = (*self.alerts[:number], replace(alert, reported=True), *self.alerts[number + 1 :])
        reported = max(self.reported, alert.count) if self.is_critical else self.reported + alert.count
        return replace(self, alerts=alerts, reported=reported)

    def to_document(self) -> dict[str, Any]:
        """The group as JSON."""
        times = {"first": self.first.isoformat(), "last": self.last.isoformat()}
        return {**asdict(self), **times, "document": dict(self.document)}

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> Group:
        """The group that `to_document` wrote."""
        alerts = tuple(Alert(**{**alert, "ids": tuple(alert["ids"])}) for alert in document["alerts"])
        times = {name: datetime.fromisoformat(document[name]) for name in ("first", "last")}
        return cls(**{**document, **times, "keys": tuple(document["keys"]), "alerts": alerts})


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
        added = there.plus(findings, to_json) if there else _new_group(findings, to_json)
        return replace(
            self.plus(len(findings)),
            actors=actors if fits else self.actors,
            more_actors=self.more_actors or not fits,
            groups=_bounded({**self.groups, name: added}),
        )

    def _due(self, name: str, new: Sequence[Finding], events: set[str]) -> tuple[Window, list[DueAlert]]:
        """The window with the alert of the new findings, if they are reported now.

        `events` holds the events of this batch that have a message: their other findings are reported in it.
        """
        group = self.groups.get(name)
        if group is None or not _reaches_threshold(group, len(new)):
            return self, []
        event, critical = new[0].call.event_id, group.is_critical
        counts = event not in events
        if counts and not self._has_room(critical=critical):
            return self, []
        events.add(event)
        finding = _so_far(group, new) if critical else representative(new)
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
            due.append(DueAlert(group=name, number=number, finding=_as_before(alert, come_again)))
    return due


def _as_before(alert: Alert, findings: Sequence[Finding]) -> Finding:
    """The alert's finding once more, under the same id and with the same count."""
    first = findings[0]
    if alert.count == 1 and first.incident is None:
        return replace(first, occurrences=None)
    ids = alert.ids if len(alert.ids) > 1 else ()
    several = replace(occurrences_of(findings), count=alert.count, ids=ids, incident=first.incident)
    return replace(first, occurrences=several)


def _so_far(group: Group, new: Sequence[Finding]) -> Finding:
    """The finding of these, with the group's count so far."""
    finding = representative(new)
    if group.count == len(new):
        return finding
    known = finding.occurrences or occurrences_of(new)
    return replace(finding, occurrences=replace(known, count=group.count, first=group.first, keys=group.keys))


def _reaches_threshold(group: Group, new: int) -> bool:
    """Whether the last `new` violations are reported at once, as far as the number of messages lets them."""
    before = group.count - new
    if group.is_critical:
        return any(before < threshold <= group.count for threshold in THRESHOLDS)
    return before == 0


def _new_group(findings: Sequence[Finding], to_json: ToJson) -> Group:
    first, last = findings[0].call.time, findings[-1].call.time
    document = to_json(findings[0])
    return Group(document=document, count=0, reported=0, first=first, last=last, keys=()).plus(
        findings, to_json
    )


def _bounded(groups: Mapping[str, Group]) -> Mapping[str, Group]:
    """At most so many groups: the least severe one goes, of these one that was reported, else the latest."""
    apart = {name: group for name, group in groups.items() if name != OTHERS}
    if len(apart) <= MOST_GROUPS:
        return groups
    named = min(reversed(apart), key=lambda name: (apart[name].severity, apart[name].unreported > 0))
    given_up = apart.pop(named)
    if given_up.unreported == 0:
        return apart | ({OTHERS: groups[OTHERS]} if OTHERS in groups else {})
    others = groups[OTHERS].merged(given_up) if OTHERS in groups else given_up.among_others
    return {**apart, OTHERS: others}


def _latest(new: Sequence[str], old: Sequence[str]) -> tuple[str, ...]:
    return (*new[:MOST_KEYS], *old)[:MOST_KEYS]


def _short(who: str) -> str:
    return hashlib.sha256(who.encode()).hexdigest()[:12]
