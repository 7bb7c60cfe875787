"""Step 6, report: findings as an e-mail."""

from __future__ import annotations

import re
from collections.abc import Sequence

from reseal.core.calls.actor import TOOLS
from reseal.core.calls.look import Look
from reseal.core.findings.finding import Finding, Status
from reseal.core.findings.render.commands import recommendation_of, repair_command, undo_command
from reseal.core.resource import BucketResource, KeyResource, ObjectResource, Resource
from reseal.core.text.quoted import LONGEST_KEY, SHORT, cut, named, quoted

_LONGEST_SUBJECT = 99  # SNS: fewer than 100 characters (G7)
_ADDRESS, _VERSION = re.compile(r"[0-9a-fA-F.:]{3,45}"), re.compile(r"[A-Za-z0-9_.-]{1,64}")
_LONGEST_IN_SENTENCE = 400
_LONGEST_ROW = 3200
_LONGEST = {"Why": 3500, "Recommendation": 2000, "Who": 700, "All": 2000}
"""The most characters of a row. What others chose is shorter already; these bound the rest."""


def text_of(ordered: Sequence[Finding]) -> str:
    """The text of the findings of one event; the first line is what a person needs."""
    return "\n\n".join([sentence_of(ordered), *map(_text, ordered)]) + "\n"


def sentence_of(ordered: Sequence[Finding]) -> str:
    """What happened, and whether somebody must act, by the most severe finding."""
    first = ordered[0]
    what = f"the {first.check.title} of {_all_in_words(first)}"
    short = first.recommendation and len(first.recommendation) <= _LONGEST_IN_SENTENCE
    recommended = first.recommendation if short else "see below"
    said = {
        Status.REMEDIATED: f"Reseal corrected {what}.",
        Status.DETECTED: f"Reseal found {what} not as required, and changed nothing: the mode is detect.",
        Status.MANUAL: f"Somebody must correct {what}: {recommended}.",
        Status.FAILED: f"AWS refused what Reseal needs to check or correct {what}: {recommended}.",
    }[first.status]
    more = f" Below are {len(ordered)} findings." if len(ordered) > 1 else ""
    marked = "INCIDENT: " if _is_incident(first) else ""
    return on_one_line(f"{marked}{said}{more}")


def _all_in_words(finding: Finding) -> str:
    many = finding.occurrences
    if isinstance(finding.resource, ObjectResource) and many and many.count > 1:
        return _many(many.count, finding.resource)
    return finding.resource.in_words


def _is_incident(finding: Finding) -> bool:
    incident = finding.occurrences.incident if finding.occurrences else None
    return incident is not None and incident.is_attack


def _timeline(finding: Finding) -> str | None:
    incident = finding.occurrences.incident if finding.occurrences else None
    return incident.in_words if incident and incident.signs else None


def subject_of(ordered: Sequence[Finding]) -> str:
    """The subject: the most severe finding, within what SNS accepts."""
    first = ordered[0]
    more = f" (+{len(ordered) - 1} more)" if len(ordered) > 1 else ""
    about = first.resource.in_words
    if first.occurrences and first.occurrences.count > 1:
        about = _many(first.occurrences.count, first.resource)
    marked = "INCIDENT " if _is_incident(first) else ""
    head = f"Reseal {marked}{first.severity.name} {first.status.value}: {first.check.title}{more}, "
    return subject_line(head + about)


def subject_line(text: str) -> str:
    """The text as SNS accepts it in a subject: printable ASCII, cut (G7)."""
    plain = "".join(char if char.isascii() and char.isprintable() else "?" for char in text)
    return plain if len(plain) <= _LONGEST_SUBJECT else f"{plain[: _LONGEST_SUBJECT - 3]}..."


def _text(finding: Finding) -> str:
    undo = undo_command(finding)
    rows = [
        *_resource_rows(finding),
        ("All", finding.occurrences.in_words if finding.occurrences else None),
        ("Incident", _timeline(finding)),
        *_trigger_rows(finding),
        ("Why", finding.reason),
        ("Required", finding.required),
        ("Before", finding.before.in_words if finding.before else None),
        ("Now", finding.written.after.in_words if finding.written else None),
        ("Remediated", _seconds(finding)),
        ("Recommendation", recommendation_of(finding)),
        ("Owner", finding.owner.advice if finding.owner else None),
        ("Repair", repair_command(finding)),
        ("Undo", undo and f"{undo} (first set the mode of the check to detect)"),
        ("Controls", ", ".join(finding.check.controls)),
        ("Runbook", finding.runbook),
        ("Finding", finding.id),
    ]
    title = f"{finding.severity.name} {finding.status.value}: {finding.check.title}"
    return "\n".join([title, *(row(name, text) for name, text in rows if text)])


def row(name: str, text: str) -> str:
    """A row of a finding, on one line, and cut."""
    return f"  {name:<14} {cut(on_one_line(text), _LONGEST.get(name, _LONGEST_ROW))}"


_SET_BY_ANOTHER_CALL = (
    "this call did not set the reported state. It only triggered the check. Another call set it, "
    "or it was never set"
)


def _trigger_rows(finding: Finding) -> list[tuple[str, str | None]]:
    call = finding.call
    if isinstance(call, Look):
        return [("Seen", f"at {call.time.isoformat()}, without an API call: who set this is not known")]
    came_from = f" from {_address(call.actor.address)}" if call.actor.address else ""
    return [
        ("Call", f"{_call(call.name)} at {call.time.isoformat()}"),
        ("Note", _SET_BY_ANOTHER_CALL if finding.set_by_call is False else None),
        ("Who", f"{named(call.actor.who)} with {_tool(call.actor.tool)}{came_from}"),
    ]


def _address(address: str) -> str:
    return address if _ADDRESS.fullmatch(address) else quoted(address, SHORT)


def _tool(tool: str) -> str:
    return tool if tool in TOOLS else quoted(tool, SHORT)


def _call(name: str) -> str:
    return name if name.isascii() and name.isalnum() else quoted(name, SHORT)


def _version(version: str) -> str:
    return version if _VERSION.fullmatch(version) else quoted(version, SHORT)


def on_one_line(text: str) -> str:
    """The text on one line, so that it cannot imitate a row."""
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
            of_version = f", version {_version(version)}" if version else ""
            shown = f"{quoted(key, LONGEST_KEY)}{of_version}"
            return [("Bucket", f"{bucket} {where}"), ("Object", shown)]
        case KeyResource(kms_key=arn):
            return [("KMS key", f"{arn} {where}")]


def _seconds(finding: Finding) -> str | None:
    if finding.seconds_to_remediate is None:
        return None
    return f"{finding.seconds_to_remediate:.1f} s after the call"
