"""Step 6, report: the one message with the findings of one event."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from reseal.core.findings.finding import Finding
from reseal.core.resource import BucketResource, KeyResource, ObjectResource, Resource

SCHEMA = "reseal.findings/1"
_LONGEST_SUBJECT = 99  # SNS: fewer than 100 characters (G7)


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """A message for the topic: text for people, JSON for programs, attributes for filters.

    An attribute is one text, or a list of texts if the findings of one event can differ.
    """

    subject: str
    email: str
    document: str
    attributes: dict[str, str | list[str]]


def message_of(findings: Sequence[Finding]) -> Message:
    """The message for the findings of one event, most severe first. `findings` must not be empty."""
    ordered = sorted(findings, key=lambda finding: -finding.severity)
    most_severe = ordered[0]
    return Message(
        subject=_subject(ordered),
        email="\n\n".join(_text(finding) for finding in ordered) + "\n",
        document=json.dumps({"schema": SCHEMA, "findings": [finding.to_document() for finding in ordered]}),
        attributes={
            "severity": most_severe.severity.name,
            "status": _distinct(finding.status.value for finding in ordered),
            "check": _distinct(finding.check.id for finding in ordered),
            "resource_type": most_severe.resource.type,
            "account": most_severe.requirements.account,
            "region": most_severe.requirements.region,
        },
    )


def _distinct(values: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(values))


def _subject(ordered: Sequence[Finding]) -> str:
    first = ordered[0]
    more = f" (+{len(ordered) - 1} more)" if len(ordered) > 1 else ""
    about = first.resource.in_words
    if first.occurrences and first.occurrences.count > 1:
        about = _many(first.occurrences.count, first.resource)
    incident = first.occurrences.incident if first.occurrences else None
    marked = "INCIDENT " if incident and incident.unblocked else ""
    head = f"Reseal {marked}{first.severity.name} {first.status.value}: {first.check.title}{more}, "
    return _plain(head + about)[:_LONGEST_SUBJECT]


def _plain(text: str) -> str:
    """SNS accepts only printable ASCII in a subject (G7)."""
    return "".join(char if char.isascii() and char.isprintable() else "?" for char in text)


def _text(finding: Finding) -> str:
    call, actor = finding.call, finding.call.actor
    came_from = f" from {actor.address}" if actor.address else ""
    rows = [
        *_resource_rows(finding),
        ("All", finding.occurrences.in_words if finding.occurrences else None),
        ("Call", f"{call.name} at {call.time.isoformat()}"),
        ("Note", _SET_BY_ANOTHER_CALL if finding.set_by_call is False else None),
        ("Who", f"{actor.who} with {actor.tool}{came_from}"),
        ("Why", finding.reason),
        ("Required", finding.check.requires(finding.requirements)),
        ("Before", finding.before.in_words if finding.before else None),
        ("Now", finding.after.in_words if finding.after else None),
        ("Remediated", _seconds(finding)),
        ("Recommendation", finding.recommendation),
        ("Owner", finding.owner.advice if finding.owner else None),
        (
            "Undo",
            finding.undo and f"{finding.undo} (first set the mode of the check to detect)",
        ),
        ("Controls", ", ".join(finding.check.controls)),
        ("Runbook", finding.runbook),
        ("Finding", finding.id),
    ]
    title = f"{finding.severity.name} {finding.status.value}: {finding.check.title}"
    return "\n".join([title, *(f"  {name:<14} {_on_one_line(text)}" for name, text in rows if text)])


_SET_BY_ANOTHER_CALL = (
    "this call did not set the reported encryption. It only triggered the check. Another call set it, "
    "or it was never set"
)


def _on_one_line(text: str) -> str:
    """The text on one line, so that it cannot imitate a row. Spaces stay: an object key can contain them."""
    return " ".join(text.splitlines())


def _many(count: int, resource: Resource) -> str:
    match resource:
        case ObjectResource():
            return f"{count} objects in bucket {resource.bucket}"
        case BucketResource() | KeyResource():
            return f"{count} calls, {resource.in_words}"


def _resource_rows(finding: Finding) -> list[tuple[str, str]]:
    """The object key as a Python literal, which shows every character unambiguously, and its version."""
    where = f"(account {finding.requirements.account}, {finding.requirements.region})"
    match finding.resource:
        case BucketResource(bucket=bucket):
            return [("Bucket", f"{bucket} {where}")]
        case ObjectResource(bucket=bucket, object_key=key, version_id=version):
            shown = f"{key!r}, version {version}" if version else repr(key)
            return [("Bucket", f"{bucket} {where}"), ("Object", shown)]
        case KeyResource(kms_key=arn):
            return [("KMS key", f"{arn} {where}")]


def _seconds(finding: Finding) -> str | None:
    if finding.seconds_to_remediate is None:
        return None
    return f"{finding.seconds_to_remediate:.1f} s after the call"
