"""Step 6, report: group identical findings by actor.

The first is sent; the rest are summarised when the alert window closes.
"""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from reseal.core.decision import Severity
from reseal.core.findings.finding import Finding
from reseal.core.findings.message import Message
from reseal.core.findings.occurrences import MOST_KEYS, Occurrences, object_keys
from reseal.core.text.quoted import LONGEST_KEY, quoted

_NAMESPACE = uuid.UUID("0e0c5a53-4b9f-5d0a-8a57-3d1f0e6b2c44")


@dataclass(frozen=True, slots=True, kw_only=True)
class Tallied:
    """Equal violations to count, and the message to send if they open the window.

    `seconds` is the length of the window. `suppresses`: if the window is open already, these violations
    wait for its summary; otherwise they are only counted.
    """

    count: int
    first: datetime
    last: datetime
    keys: tuple[str, ...]
    message: Message
    seconds: int
    suppresses: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """A window after counting: whether this count opened it, its id, its total, and when it closes."""

    opened: bool
    window_id: str
    total: int
    closes_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Suppressed:
    """The suppressed violations of a window: count, times, latest object keys, and the first message."""

    window_id: str
    count: int
    first: datetime
    last: datetime
    keys: tuple[str, ...]
    message: Message


@dataclass(frozen=True, slots=True, kw_only=True)
class Unblocked:
    """Who removed SSE-C from a bucket's blocked encryption types, and when."""

    who: str
    at: datetime


def grouped(findings: Iterable[Finding]) -> dict[str, Finding]:
    """One finding for each group of equal findings, by group name: the earliest, representing all."""
    groups: dict[str, list[Finding]] = {}
    for finding in findings:
        groups.setdefault(group_of(finding), []).append(finding)
    return {
        group: _one_for_all(sorted(equal, key=lambda finding: (finding.call.time, finding.id)))
        for group, equal in groups.items()
    }


def group_of(finding: Finding) -> str:
    """The group name of a finding: equal check, bucket or key, actor, status, severity and reason."""
    same = (
        finding.check.id,
        finding.resource.scope,
        finding.who or "",
        finding.status.value,
        finding.severity.name,
        _without(finding.reason, finding.resource.name),
    )
    return hashlib.sha256("\n".join(same).encode()).hexdigest()[:32]


def _without(reason: str, name: str) -> str:
    """The reason without the name of the resource: AWS's error messages hold it, and Reseal quotes them."""
    return reason.replace(name, "").replace(quoted(name, LONGEST_KEY)[1:-1], "")


def may_be_suppressed(finding: Finding) -> bool:
    """Whether the finding may wait for its window to close: CRITICAL ones never do."""
    return finding.severity is not Severity.CRITICAL


def summary_of(group: str, suppressed: Suppressed) -> Message:
    """The summary of the suppressed violations, sent when the window closes."""
    occurrences = Occurrences(
        count=suppressed.count, first=suppressed.first, last=suppressed.last, keys=suppressed.keys
    )
    document = json.loads(suppressed.message.document)
    first_id = document["findings"][0]["id"]
    summary_id = str(uuid.uuid5(_NAMESPACE, f"{group}|{suppressed.window_id}"))
    document["findings"] = [
        finding | {"id": summary_id, "occurrences": occurrences.to_document()}
        for finding in document["findings"]
    ]
    heading = f"{suppressed.count} more like finding {first_id}: {occurrences.in_words}"
    return replace(
        suppressed.message,
        subject=f"Reseal: {suppressed.count} more like: {suppressed.message.subject}"[:99],
        email=f"{heading}\n\nThe first was reported as:\n\n{suppressed.message.email}",
        document=json.dumps(document),
    )


def _one_for_all(group: Sequence[Finding]) -> Finding:
    first, last = group[0], group[-1]
    if len(group) == 1:
        return first
    occurrences = Occurrences(
        count=len(group),
        first=first.call.time,
        last=last.call.time,
        keys=tuple(key for finding in group[:MOST_KEYS] for key in object_keys(finding.resource)),
        ids=tuple(sorted(finding.id for finding in group)),
    )
    return replace(first, occurrences=occurrences)
