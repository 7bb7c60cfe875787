"""Step 6, report: the result of one message, from its decisions and its ledger entries."""

from __future__ import annotations

from collections.abc import Sequence

from reseal.core.calls.trigger import Trigger
from reseal.core.decision import Decision, Remediate
from reseal.core.findings.event_result import EventResult
from reseal.core.findings.finding import Write, findings_of, refusal_finding
from reseal.core.outcome import Applied, Failed, Outcome, Skipped
from reseal.core.repairs.repair import enforced_remediations
from reseal.core.state.setting import State
from reseal.flow.stages import Ended, Entry, Exempted, Judged, Judgement, O, P, T


def result_of(checks: Sequence[str], ended: Ended[T, O, P]) -> EventResult:
    """The result of one message; `checks` are the checks of its kind of resource.

    A write is reported with the decisions in its ledger entry. If an entry exists, a remediation of its
    setting that only this delivery decided is not reported: it was not made, and the change that requires it
    has its own event.
    """
    judgement = ended.judgement
    required = judgement.parsed.requirements
    trigger: Trigger = judgement.trigger
    if isinstance(judgement, Exempted):
        exempted = dict.fromkeys(checks, judgement.exempt)
        return EventResult(call=trigger, decisions=exempted, outcome=None, findings=())
    decisions = dict(judgement.decisions) if isinstance(judgement, Judged) else {}
    before = _before(judgement, ended.entries)
    planned = enforced_remediations(required, decisions)
    writes = {check: Write(before=before, outcome=None) for check in planned}
    for entry in ended.entries:
        if not isinstance(entry.outcome, Skipped):
            superseded = [check for check in writes if _setting_of(decisions[check]) == entry.setting]
            decisions = {c: d for c, d in decisions.items() if c not in superseded} | dict(entry.violations)
            writes = {c: w for c, w in writes.items() if c not in superseded} | _writes_of(entry)
    if ended.entries:
        trigger = trigger.at(ended.entries[0].resource)
    outcome = _outcome(judgement, ended.entries)
    findings = findings_of(required, trigger, before, decisions, writes)
    if not decisions and isinstance(outcome, Failed):
        findings = (refusal_finding(required, trigger, checks[0], outcome),)
    return EventResult(call=trigger, decisions=decisions, outcome=outcome, findings=findings)


def _before(judgement: Judgement[T, O, P], entries: Sequence[Entry]) -> State | None:
    """The state of what was not written."""
    if isinstance(judgement, Judged):
        return next(iter(judgement.observed.settings.values()))
    return entries[0].before if entries else None


def _writes_of(entry: Entry) -> dict[str, Write]:
    """The write of an entry, by the checks that it was for."""
    write = Write(
        before=entry.before,
        outcome=entry.outcome,
        action=entry.action,
        ledger_entry=entry.entry_id,
        details=entry.details,
    )
    return dict.fromkeys(entry.checks, write)


def _outcome(judgement: Judgement[T, O, P], entries: Sequence[Entry]) -> Outcome | None:
    """The outcome of a message with several writes: a refusal before a success before a skipped write."""
    outcomes = [entry.outcome for entry in entries]
    of_writes = (one for kind in (Failed, Applied, Skipped) for one in outcomes if isinstance(one, kind))
    return next(of_writes, None if isinstance(judgement, Exempted | Judged) else judgement.outcome)


def _setting_of(decision: Decision) -> str | None:
    return decision.change.setting if isinstance(decision, Remediate) else None
