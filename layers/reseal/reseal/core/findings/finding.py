"""Step 6, value: the report of one violation, for people and programs."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from enum import StrEnum
from typing import Any

from reseal.core.calls.bucket_call import BucketCall
from reseal.core.calls.call import Call
from reseal.core.checks.catalogue import CHECK_BY_ID, Check
from reseal.core.checks.default_encryption import DEFAULT_ENCRYPTION
from reseal.core.checks.intent import ENCRYPTION_CALLS, can_have_set
from reseal.core.checks.key_access import KEY_ACCESS
from reseal.core.decision import Decision, Manual, Remediate, Severity, Violation, encryption_change_of
from reseal.core.findings.occurrences import Occurrences
from reseal.core.findings.ownership import Ownership
from reseal.core.outcome import Applied, Failed, Outcome, Skipped
from reseal.core.policy.requirements import Mode, Requirements
from reseal.core.repairs.objects.method import Method
from reseal.core.repairs.undo import restored, undo_command
from reseal.core.resource import BucketResource, KeyResource, ObjectResource, Resource, version_of
from reseal.core.state.bucket_encryption import BucketEncryption
from reseal.core.state.setting import Setting, State

SCHEMA = "reseal.finding/1"
_COPIES = (Method.COPY, Method.PARTS)
_AFTER_COPY = (
    "write with the required encryption from the start: the copy has a new ETag and last-modified time, "
    "so a sync that compares ETags with MD5 sums uploads the object again"
)
_NAMESPACE = uuid.UUID("5b1f7f2e-6a0d-5c0e-9d57-2f6c3a6f7a10")


class Status(StrEnum):
    """The status of a violation after the event."""

    REMEDIATED = "REMEDIATED"
    DETECTED = "DETECTED"
    MANUAL = "MANUAL"
    FAILED = "FAILED"


@dataclass(frozen=True, slots=True, kw_only=True)
class Write:
    """One write of an event: the state before, the call, the outcome, the ledger entry and its evidence."""

    before: State | None
    outcome: Outcome | None
    action: str = Setting.BUCKET_ENCRYPTION
    ledger_entry: str | None = None
    details: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One violation of one check by one API call, and what was done about it.

    `before` is None if the resource could not be read, `after` if it was not written. `action` is the S3
    call that wrote; `details` is the ledger's further evidence of the state before. `blocked_sse_c` is
    whether the write also blocked SSE-C on the bucket. `seconds_to_remediate` is the time from the API call
    to the verified write. `owner` is the tool that manages the bucket, if known. `occurrences` describes all
    equal violations that this finding represents; None if there is only this one. `ledger_entry` is the id
    of the entry of the write.
    """

    check: Check
    severity: Severity
    status: Status
    call: Call
    requirements: Requirements
    reason: str
    recommendation: str | None = None
    before: State | None = None
    after: State | None = None
    action: str | None = None
    blocked_sse_c: bool = False
    seconds_to_remediate: float | None = None
    owner: Ownership | None = None
    occurrences: Occurrences | None = None
    details: Mapping[str, str] = field(default_factory=dict)
    ledger_entry: str | None = None

    @property
    def resource(self) -> Resource:
        """The bucket or the object of the violation."""
        return self.call.resource

    @property
    def resource_arn(self) -> str:
        """The ARN of the bucket or the object."""
        return self.resource.arn(self.requirements.partition)

    @property
    def id(self) -> str:
        """The same id for every report of the same violations, so that receivers can drop duplicates."""
        one = f"{self.resource_arn}|{self.check.id}|{self.call.event_id}"
        several = self.occurrences.ids if self.occurrences else ()
        return str(uuid.uuid5(_NAMESPACE, "|".join(several) or one))

    @property
    def set_by_call(self) -> bool | None:
        """Whether this call can have set the reported state. False is certain; None means unknown.

        An object is judged only under its own write (decision 13). Access to a bucket, and the Bucket Key or
        the SSE-C block of its rule, may come from this call or from an earlier one.
        """
        if self.before is None or self.check.id == KEY_ACCESS:
            return None
        if not isinstance(self.call, BucketCall) or not isinstance(self.before, BucketEncryption):
            return True
        if self.check.id == DEFAULT_ENCRYPTION:
            return can_have_set(self.call, self.before)
        return None if self.call.name in ENCRYPTION_CALLS else False

    @property
    def undo(self) -> str | None:
        """The command that restores the previous state; None if nothing was written, or no command can."""
        before, after = self.before, self.after
        if self.status is not Status.REMEDIATED or before is None:
            return None
        if isinstance(before, BucketEncryption) and isinstance(after, BucketEncryption):
            before = restored(before, after, blocked_sse_c=self.blocked_sse_c)
        at = self.call.time + timedelta(seconds=self.seconds_to_remediate or 0.0)
        return undo_command(self.requirements, self.resource, before, self.action, self.details, at)

    @property
    def runbook(self) -> str:
        """The section of the runbook about this check."""
        return f"docs/runbook.md#{self.check.id.replace('.', '').lower()}"

    def to_document(self) -> dict[str, Any]:
        """The finding as the JSON of docs/finding.schema.json."""
        call = self.call
        return {
            "schema": SCHEMA,
            "id": self.id,
            "check": self.check.id,
            "title": f"{self.check.title} of {self.resource.in_words}",
            "severity": self.severity.name,
            "status": self.status.value,
            "resource": {
                "type": self.resource.type,
                "arn": self.resource_arn,
                "name": self.resource.name,
                "version_id": version_of(self.resource),
            },
            "account": self.requirements.account,
            "region": self.requirements.region,
            "actor": self.call.actor.to_document(),
            "api_call": {
                "name": call.name,
                "time": call.time.isoformat(),
                "event_id": call.event_id,
                "set_this": self.set_by_call,
            },
            "required": self.check.requires(self.requirements),
            "before": self.before.to_document() if self.before else None,
            "after": self.after.to_document() if self.after else None,
            "action": self.action,
            "reason": self.reason,
            "recommendation": self.recommendation,
            "managed_by": self.owner.to_document() if self.owner else None,
            "occurrences": self.occurrences.to_document() if self.occurrences else None,
            "seconds_to_remediate": self.seconds_to_remediate,
            "controls": list(self.check.controls),
            "undo": self.undo,
            "ledger_entry": self.ledger_entry,
            "runbook": self.runbook,
        }


def findings_of(
    requirements: Requirements,
    call: Call,
    before: State | None,
    decisions: Mapping[str, Decision],
    writes: Mapping[str, Write],
) -> tuple[Finding, ...]:
    """The findings of one event, from its decisions *and* its writes, never from one alone.

    `writes` holds, by check id, the write that was for the check: it does not depend on the current modes.
    `before` is the state of what was not written.
    """
    blocked_sse_c = any(
        check in writes and (change := encryption_change_of(decision)) is not None and change.block_sse_c
        for check, decision in decisions.items()
    )
    drafts = (
        Finding(
            check=CHECK_BY_ID[check],
            severity=violation.severity,
            status=Status.MANUAL,
            call=call,
            requirements=requirements,
            reason=_reason(violation, call),
            before=writes[check].before if check in writes else before,
            blocked_sse_c=blocked_sse_c,
            details=writes[check].details if check in writes else {},
            ledger_entry=writes[check].ledger_entry if check in writes else None,
        )
        for check, violation in decisions.items()
        if isinstance(violation, Violation)
    )
    completed = (_completed(draft, decisions[draft.check.id], writes.get(draft.check.id)) for draft in drafts)
    return tuple(finding for finding in completed if finding is not None)


def _reason(violation: Violation, call: Call) -> str:
    """The reason, and with a move to a key what may keep the caller from using it."""
    moves = isinstance(violation, Remediate) and violation.change.key_arn is not None
    if not moves or call.obstacle is None:
        return violation.reason
    return f"{violation.reason}; {call.obstacle}: S3 refuses that for objects under a KMS key"


def refusal_finding(requirements: Requirements, call: Call, check_id: str, failed: Failed) -> Finding:
    """The finding of an event whose bucket or object could not be read, so no check could judge it."""
    return Finding(
        check=CHECK_BY_ID[check_id],
        severity=Severity.HIGH,
        status=Status.FAILED,
        call=call,
        requirements=requirements,
        reason=f"no check could judge the {call.resource.kind}: {failed.reason}",
        recommendation=_recommendation(failed, call.resource),
    )


def _completed(draft: Finding, decision: Decision, write: Write | None) -> Finding | None:
    """The finding with its final status; None if a newer event reports the violation."""
    if isinstance(decision, Manual):
        return replace(draft, recommendation=decision.recommendation)
    if write is None:
        return replace(
            draft, status=Status.DETECTED, recommendation=_how_to_enforce(draft.requirements, draft.check)
        )
    match write.outcome:
        case Applied() as applied:
            return _remediated(draft, applied, write.action)
        case Failed() as failed:
            return replace(
                draft,
                status=Status.FAILED,
                severity=max(draft.severity, Severity.HIGH),
                reason=f"{draft.reason}; the remediation failed: {failed.reason}",
                recommendation=_recommendation(failed, draft.resource),
            )
        case Skipped() | None:
            return None


def _remediated(draft: Finding, applied: Applied, action: str) -> Finding:
    """The finding of a repair; at least HIGH if the repair changed a property that it should keep."""
    seconds = (applied.at - draft.call.time).total_seconds()
    severity, reason = draft.severity, draft.reason
    if applied.changed:
        severity = max(severity, Severity.HIGH)
        reason += f"; after the repair these differ from before: {', '.join(applied.changed)}"
    repaired = replace(
        draft,
        status=Status.REMEDIATED,
        severity=severity,
        reason=reason,
        after=applied.after,
        action=action,
        seconds_to_remediate=max(0.0, round(seconds, 3)),
    )
    return replace(repaired, recommendation="; ".join(_after_repair(repaired)) or None)


def _after_repair(repaired: Finding) -> Iterator[str]:
    if repaired.action in _COPIES:
        yield _AFTER_COPY
    if repaired.undo is None:
        yield "no one command undoes this in every shell: the entry in ledger_entry says what was before"


def _how_to_enforce(requirements: Requirements, check: Check) -> str:
    if requirements.mode is Mode.DETECT:
        return "nothing was changed: this stack is deployed with Mode=detect"
    if requirements.enforces(check.id):
        return f"nothing was changed: the {check.title} check was not yet in mode enforce; change it manually"
    return f"nothing was changed: the mode of the {check.title} check is detect"


def _recommendation(failed: Failed, resource: Resource) -> str:
    if failed.denied_action:
        by_the_key = " in the key policy" if failed.denied_action.startswith("kms:") else ""
        return f"allow {failed.denied_action} to Reseal's role{by_the_key}; {_next_check(resource)}"
    return "look up the error code in the AWS documentation, correct its cause, then repeat the API call"


def _next_check(resource: Resource) -> str:
    match resource:
        case ObjectResource():
            return "then write the object again"
        case BucketResource() | KeyResource():
            return f"Reseal checks the {resource.kind} again at its next change"
