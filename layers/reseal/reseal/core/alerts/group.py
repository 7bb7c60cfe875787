"""Step 6, report: a group of equal violations in an alert window, and the messages about it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any

from reseal.core.decision import Severity
from reseal.core.findings.alerts import keys_of, occurrences_of, representative
from reseal.core.findings.finding import Finding
from reseal.core.findings.occurrences import MOST_KEYS

THRESHOLDS = (1, 10, 100, 1000)
"""A CRITICAL group is reported when its count reaches these, and at the window's end."""
MOST_GROUPS = 10
"""Groups that a window keeps apart. It counts further ones together, the least severe first."""
OTHERS = "others"
"""The name of the group that counts what is not kept apart."""

ToJson = Callable[[Finding], Mapping[str, Any]]


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

    def again(self, findings: Sequence[Finding]) -> Finding:
        """The alert's finding once more, under the same id and with the same count."""
        first = findings[0]
        if self.count == 1 and first.incident is None:
            return replace(first, occurrences=None)
        ids = self.ids if len(self.ids) > 1 else ()
        several = replace(occurrences_of(findings), count=self.count, ids=ids, incident=first.incident)
        return replace(first, occurrences=several)


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

    @classmethod
    def opened(cls, findings: Sequence[Finding], to_json: ToJson) -> Group:
        """A new group of these findings, in the order of time."""
        first, last = findings[0].call.time, findings[-1].call.time
        empty = cls(document=to_json(findings[0]), count=0, reported=0, first=first, last=last, keys=())
        return empty.plus(findings, to_json)

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

    def so_far(self, new: Sequence[Finding]) -> Finding:
        """The finding of the new ones, with the group's count so far."""
        finding = representative(new)
        if self.count == len(new):
            return finding
        known = finding.occurrences or occurrences_of(new)
        occurrences = replace(known, count=self.count, first=self.first, keys=self.keys)
        return replace(finding, occurrences=occurrences)

    def reaches_threshold(self, new: int) -> bool:
        """Whether the last `new` violations are reported at once, if one more message may be sent."""
        before = self.count - new
        if self.is_critical:
            return any(before < threshold <= self.count for threshold in THRESHOLDS)
        return before == 0

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


def bounded(groups: Mapping[str, Group]) -> Mapping[str, Group]:
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
