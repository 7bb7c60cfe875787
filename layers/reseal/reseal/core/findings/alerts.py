"""Step 6, report: equal findings of one actor are one group, and can be reported as one."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from reseal.core.findings.finding import Finding
from reseal.core.findings.occurrences import MOST_KEYS, Occurrences
from reseal.core.resource import ObjectResource
from reseal.core.text.quoted import LONGEST_KEY, quoted


@dataclass(frozen=True, slots=True, kw_only=True)
class Unblocked:
    """Who removed SSE-C from a bucket's blocked encryption types, and when."""

    who: str
    at: datetime


def grouped(findings: Iterable[Finding]) -> dict[str, list[Finding]]:
    """The groups of equal findings, by group name; the findings of a group in the order of time."""
    groups: dict[str, list[Finding]] = {}
    for finding in sorted(findings, key=lambda finding: (finding.call.time, finding.id)):
        groups.setdefault(group_of(finding), []).append(finding)
    return groups


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


def representative(group: Sequence[Finding]) -> Finding:
    """One finding for equal ones that are in the order of time: the earliest, with the count of all."""
    first = group[0]
    if len(group) == 1:
        return first
    ids = tuple(sorted(finding.id for finding in group))
    return replace(first, occurrences=replace(occurrences_of(group), ids=ids, incident=first.incident))


def occurrences_of(findings: Sequence[Finding]) -> Occurrences:
    """The occurrences of equal findings that are in the order of time, with the first object keys."""
    return Occurrences(
        count=len(findings),
        first=findings[0].call.time,
        last=findings[-1].call.time,
        keys=keys_of(findings)[:MOST_KEYS],
    )


def keys_of(findings: Iterable[Finding]) -> tuple[str, ...]:
    """The object keys of the findings; none of those that are not about objects."""
    return tuple(
        finding.resource.object_key for finding in findings if isinstance(finding.resource, ObjectResource)
    )
