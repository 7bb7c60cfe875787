"""Step 6, report: the findings of one event, from its decisions *and* its writes, never from one alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from reseal.core.calls.look import Look
from reseal.core.calls.trigger import Trigger
from reseal.core.checks.catalogue import CHECK_BY_ID, Check
from reseal.core.decision import Decision, Manual, Remediate, Severity, Violation
from reseal.core.findings.finding import Finding, Proposed, Status, Written
from reseal.core.outcome import Applied, Failed, Skipped
from reseal.core.policy.requirements import Mode, Requirements
from reseal.core.repairs.ledger_entry import LedgerEntry
from reseal.core.repairs.objects.method import Method
from reseal.core.repairs.repair import proposals_of
from reseal.core.repairs.undo import restored
from reseal.core.resource import BucketResource, KeyResource, ObjectResource, Resource
from reseal.core.state.setting import State

_COPIES = (Method.COPY, Method.PARTS)
_AFTER_COPY = (
    "write with the required encryption from the start: the copy has a new ETag and last-modified time, "
    "so a sync that compares ETags with MD5 sums uploads the object again"
)


_HANDED = "handed to the policy lane, which corrects the bucket policy or reports why it does not"


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckResult:
    """What one check decided about the state `before`, and the ledger entry of the write that was for it.

    `before` is None if the state is not known, `entry` if nothing was to be written. `refused` says what AWS
    refused before a write could be prepared. `handed`: another lane makes the write, or reports why not.
    `proposed` is the write that mode `enforce` would make instead of none.
    """

    decision: Decision
    before: State | None
    entry: LedgerEntry[Any] | None = None
    refused: Failed | None = None
    handed: bool = False
    proposed: Proposed | None = None


def results_of(entries: Sequence[LedgerEntry[Any]]) -> dict[str, CheckResult]:
    """What the ledger entries of one event hold, by check id: its violations, and the writes for them."""
    violations = {check: entry for entry in entries for check in entry.violations}
    written = {check: entry for entry in entries for check in entry.checks}
    return {
        check: CheckResult(
            decision=entry.violations[check],
            before=entry.before if check in written or CHECK_BY_ID[check].setting == entry.setting else None,
            entry=written.get(check),
            proposed=None if check in written else _beside(entry, CHECK_BY_ID[check].setting),
        )
        for check, entry in (violations | written).items()
    }


def _beside(entry: LedgerEntry[Any], setting: str) -> Proposed | None:
    """What mode `enforce` would write for a check that the entry's write was not for."""
    if setting != entry.setting:
        return None
    now = entry.outcome.after if isinstance(entry.outcome, Applied) else entry.before
    proposals = proposals_of({setting: now}, entry.violations)
    return next((Proposed(action=entry.action, intended=one.intended) for one in proposals), None)


def findings_of(
    requirements: Requirements, call: Trigger, results: Mapping[str, CheckResult]
) -> tuple[Finding, ...]:
    """The findings of one event, by the results of its checks."""
    found = (
        _completed(
            _draft(requirements, call, CHECK_BY_ID[check], result.decision, result.before),
            requirements,
            result,
        )
        for check, result in results.items()
        if isinstance(result.decision, Violation)
    )
    return tuple(finding for finding in found if finding is not None)


def refusal_finding(requirements: Requirements, call: Trigger, check_id: str, failed: Failed) -> Finding:
    """The finding of an event whose resource could not be read, so this check could not judge it."""
    violation = Manual(
        severity=Severity.HIGH,
        reason=f"this check could not judge the {call.resource.kind}: {failed.reason}",
        recommendation=_how_to_allow(failed, call.resource),
    )
    draft = _draft(requirements, call, CHECK_BY_ID[check_id], violation, None)
    return replace(draft, status=Status.FAILED, recommendation=violation.recommendation)


def _draft(
    requirements: Requirements, call: Trigger, check: Check, violation: Violation, before: State | None
) -> Finding:
    """What is known before the outcome."""
    return Finding(
        check=check,
        severity=violation.severity,
        status=Status.MANUAL,
        call=call,
        account=requirements.account,
        region=requirements.region,
        resource_arn=call.resource.arn(requirements.partition),
        required=check.requires(requirements),
        runbook=f"{requirements.runbook}#{check.section}",
        reason=_reason(violation, call),
        set_by_call=check.set_by_call(call, before),
        before=before,
    )


def _reason(violation: Violation, call: Trigger) -> str:
    """The reason, and with a move to a key what may keep the caller from using it."""
    moves = isinstance(violation, Remediate) and violation.change.key_arn is not None
    if not moves or isinstance(call, Look) or call.obstacle is None:
        return violation.reason
    return f"{violation.reason}; {call.obstacle}: S3 refuses that for objects under a KMS key"


def _completed(draft: Finding, requirements: Requirements, result: CheckResult) -> Finding | None:
    """The finding with its final status; None if a newer event reports the violation."""
    entry = result.entry
    draft = replace(draft, ledger_entry=entry.entry_id if entry else None)
    if result.refused:
        draft = replace(draft, reason=_with_refusal(draft.reason, result))
    if isinstance(result.decision, Manual):
        return replace(draft, recommendation=result.decision.recommendation)
    if result.refused and requirements.enforces(draft.check.id):
        return _failed(draft, result.decision, result.refused)
    if entry is None:
        return _detected(draft, requirements, result)
    match entry.outcome:
        case Applied() as applied:
            return _remediated(draft, entry, applied)
        case Failed() as failed:
            reason = f"{draft.reason}; the remediation failed: {failed.reason}"
            return _failed(replace(draft, reason=reason), result.decision, failed)
        case Skipped() | None:
            return None


def _failed(draft: Finding, decision: Decision, failed: Failed) -> Finding:
    """The finding of a repair that AWS refused, at least HIGH."""
    return replace(
        draft,
        status=Status.FAILED,
        severity=max(draft.severity, Severity.HIGH),
        recommendation=_or_by_hand(_how_to_allow(failed, draft.resource), decision),
    )


def _or_by_hand(how: str, decision: Decision) -> str:
    by_hand = decision.by_hand if isinstance(decision, Remediate) else None
    return f"{how}; by hand: {by_hand}" if by_hand else how


def _detected(draft: Finding, requirements: Requirements, result: CheckResult) -> Finding:
    if result.handed:
        return replace(draft, status=Status.DETECTED, recommendation=_HANDED, handed=True)
    how = _or_by_hand(_how_to_enforce(requirements, draft.check), result.decision)
    return replace(draft, status=Status.DETECTED, recommendation=how, proposed=result.proposed)


def _with_refusal(reason: str, result: CheckResult) -> str:
    """The reason, with what AWS refused. If no state was read, it is what the record says."""
    refused = result.refused.reason if result.refused else ""
    if result.before is None:
        return f"as the record of the call says, {reason}; the state could not be read: {refused}"
    return f"{reason}; a guard's read was refused: {refused}"


def _remediated(draft: Finding, entry: LedgerEntry[Any], applied: Applied) -> Finding:
    """The finding of a repair; at least HIGH if the repair changed a property that it should keep."""
    severity, reason = draft.severity, draft.reason
    if applied.changed:
        severity = max(severity, Severity.HIGH)
        reason += f"; after the repair these differ from before: {', '.join(applied.changed)}"
    return replace(
        draft,
        status=Status.REMEDIATED,
        severity=severity,
        reason=reason,
        recommendation=_AFTER_COPY if entry.action in _COPIES else None,
        written=Written(
            action=entry.action,
            after=applied.after,
            at=applied.at,
            restores=restored(entry.before, entry.intended, applied.after),
            details=entry.details,
        ),
    )


def _how_to_enforce(requirements: Requirements, check: Check) -> str:
    if requirements.mode is Mode.DETECT:
        return "nothing was changed: this stack is deployed with Mode=detect"
    if requirements.enforces(check.id):
        return f"nothing was changed: the {check.title} check was not yet in mode enforce; change it manually"
    return f"nothing was changed: the mode of the {check.title} check is detect"


def _how_to_allow(failed: Failed, resource: Resource) -> str:
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
