"""Step 6, report: findings as an e-mail."""

from __future__ import annotations

from collections.abc import Sequence

from reseal.core.calls.look import Look
from reseal.core.findings.finding import Finding
from reseal.core.findings.render.commands import recommendation_of, undo_command
from reseal.core.resource import BucketResource, KeyResource, ObjectResource, Resource

_LONGEST_SUBJECT = 99  # SNS: fewer than 100 characters (G7)


def text_of(ordered: Sequence[Finding]) -> str:
    """The text of the findings of one event."""
    return "\n\n".join(_text(finding) for finding in ordered) + "\n"


def subject_of(ordered: Sequence[Finding]) -> str:
    """The subject: the most severe finding, within what SNS accepts."""
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
    undo = undo_command(finding)
    rows = [
        *_resource_rows(finding),
        ("All", finding.occurrences.in_words if finding.occurrences else None),
        *_trigger_rows(finding),
        ("Why", finding.reason),
        ("Required", finding.required),
        ("Before", finding.before.in_words if finding.before else None),
        ("Now", finding.written.after.in_words if finding.written else None),
        ("Remediated", _seconds(finding)),
        ("Recommendation", recommendation_of(finding)),
        ("Owner", finding.owner.advice if finding.owner else None),
        ("Undo", undo and f"{undo} (first set the mode of the check to detect)"),
        ("Controls", ", ".join(finding.check.controls)),
        ("Runbook", finding.runbook),
        ("Finding", finding.id),
    ]
    title = f"{finding.severity.name} {finding.status.value}: {finding.check.title}"
    return "\n".join([title, *(f"  {name:<14} {_on_one_line(text)}" for name, text in rows if text)])


_SET_BY_ANOTHER_CALL = (
    "this call did not set the reported state. It only triggered the check. Another call set it, "
    "or it was never set"
)


def _trigger_rows(finding: Finding) -> list[tuple[str, str | None]]:
    call = finding.call
    if isinstance(call, Look):
        return [("Seen", f"at {call.time.isoformat()}, without an API call: who set this is not known")]
    came_from = f" from {call.actor.address}" if call.actor.address else ""
    return [
        ("Call", f"{call.name} at {call.time.isoformat()}"),
        ("Note", _SET_BY_ANOTHER_CALL if finding.set_by_call is False else None),
        ("Who", f"{call.actor.who} with {call.actor.tool}{came_from}"),
    ]


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
    where = f"(account {finding.account}, {finding.region})"
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
