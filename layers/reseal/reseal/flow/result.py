"""Step 6, report: the result of one message, from its decisions and its ledger entries."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from reseal.core.calls.trigger import Trigger
from reseal.core.checks.catalogue import CHECK_BY_ID
from reseal.core.decision import Decision, Violation
from reseal.core.findings.event_result import EventResult
from reseal.core.findings.finding import Finding, Proposed
from reseal.core.findings.results import CheckResult, findings_of, refusal_finding, results_of
from reseal.core.outcome import Applied, Failed, Outcome, Skipped
from reseal.core.policy.requirements import Requirements
from reseal.core.repairs.repair import enforced_remediations
from reseal.flow.stages import Ended, Entry, Exempted, Judged, Judgement, O, P, Refused, Repaired, T


@dataclass(frozen=True, slots=True, kw_only=True)
class _Results:
    """What each check decided, and what of that is reported."""

    decided: dict[str, CheckResult]
    reported: dict[str, CheckResult]


def result_of(ended: Ended[T, O, P]) -> EventResult:
    """The result of one message. A write is reported with the decisions in its ledger entry."""
    judgement = ended.judgement
    trigger: Trigger = judgement.trigger
    checks = judgement.parsed.checks
    if isinstance(judgement, Exempted):
        exempted = {check.id: judgement.exempt for check in checks}
        return EventResult(call=trigger, decisions=exempted, outcome=None, findings=())
    if ended.entries:
        trigger = trigger.at(ended.entries[0].resource)
    required, outcome = judgement.parsed.requirements, _outcome(judgement, ended.entries)
    made = [entry for entry in ended.entries if not isinstance(entry.outcome, Skipped)]
    results = _results(judgement, made)
    repaired = judgement.repaired if isinstance(judgement, Judged) else {}
    earlier = _of_earlier_repairs(required, judgement.trigger, repaired)
    findings = (*earlier, *findings_of(required, trigger, results.reported))
    if isinstance(outcome, Failed) and not any(_is_violation(one) for one in results.decided.values()):
        undecided = _undecided(judgement) if isinstance(judgement, Refused) else None
        findings = (*earlier, refusal_finding(required, trigger, undecided or checks[0].id, outcome))
    elif isinstance(judgement, Refused) and (check := _undecided(judgement)) and not made:
        findings = (*findings, refusal_finding(required, trigger, check, judgement.outcome))
    decisions: dict[str, Decision] = {check: one.violation for check, one in repaired.items()}
    decisions |= {check: result.decision for check, result in results.decided.items()}
    return EventResult(call=trigger, decisions=decisions, outcome=outcome, findings=findings)


def _results(judgement: Judgement[T, O, P], made: Sequence[Entry]) -> _Results:
    """The results of the checks: of the entries of writes, else of this delivery's decisions.

    An enforced remediation without a write is not reported: another delivery has its entry, or the change
    that requires it has its own event. One that was handed to another lane is.
    """
    written = results_of(made)
    if isinstance(judgement, Refused) and not made:
        refused = {check: _refused(judgement, check) for check in judgement.decisions}
        return _Results(decided=refused, reported=refused)
    if not isinstance(judgement, Judged):
        return _Results(decided=written, reported=written)
    enforced = enforced_remediations(judgement.parsed.requirements, judgement.decisions)
    settings = {entry.setting for entry in made}
    unmade = {check for check, remediate in enforced.items() if remediate.change.setting not in settings}
    own = {check: _own(judgement, check) for check in judgement.decisions}
    recorded = {
        check: _with_state(result, own.get(check))
        for check, result in written.items()
        if result.entry or check not in unmade
    }
    reported = {
        check: result
        for check, result in own.items()
        if check not in enforced or result.entry or result.handed
    }
    reported |= recorded
    decided = {check: result for check, result in own.items() if check not in enforced or check in unmade}
    return _Results(decided=decided | recorded, reported=reported)


def _of_earlier_repairs(
    required: Requirements, trigger: Trigger, repaired: Mapping[str, Repaired]
) -> tuple[Finding, ...]:
    """The findings of what the call did and Reseal repaired under another trigger.

    They come first: the last finding of a check is about its present state.
    """
    results = {
        check: CheckResult(
            decision=one.violation, before=one.entry.before if one.entry else None, entry=one.entry
        )
        for check, one in repaired.items()
    }
    found = findings_of(required, trigger, results)
    return tuple(replace(finding, repaired_before=True) for finding in found)


def _undecided(refused: Refused[T]) -> str | None:
    """The first check that decided nothing, although the state was read."""
    undecided = [check.id for check in refused.parsed.checks if check.id not in refused.decisions]
    return undecided[0] if undecided and refused.before else None


def _with_state(recorded: CheckResult, own: CheckResult | None) -> CheckResult:
    """An entry holds only the state of its own setting; this delivery observed the others."""
    same = recorded.before is None and own is not None and own.decision == recorded.decision
    return own if own is not None and same else recorded


def _own(judged: Judged[T, O, P], check: str) -> CheckResult:
    before = judged.before.get(CHECK_BY_ID[check].setting)
    return CheckResult(
        decision=judged.decisions[check],
        before=before,
        handed=check in judged.handed,
        proposed=_proposed(judged, check),
    )


def _proposed(judged: Judged[T, O, P], check: str) -> Proposed | None:
    plan = judged.detected.get(CHECK_BY_ID[check].setting)
    if plan is None:
        return None
    return Proposed(action=plan.action, intended=plan.repair.intended, details=plan.details)


def _refused(refused: Refused[T], check: str) -> CheckResult:
    before = refused.before.get(CHECK_BY_ID[check].setting)
    return CheckResult(decision=refused.decisions[check], before=before, refused=refused.outcome)


def _is_violation(result: CheckResult) -> bool:
    return isinstance(result.decision, Violation)


def _outcome(judgement: Judgement[Any, Any, Any], entries: Sequence[Entry]) -> Outcome | None:
    """The outcome of a message with several writes: a refusal before a success before a skipped write."""
    repaired = judgement.repaired.values() if isinstance(judgement, Judged) else ()
    outcomes = [entry.outcome for entry in (*entries, *(one.entry for one in repaired if one.entry))]
    of_writes = (one for kind in (Failed, Applied, Skipped) for one in outcomes if isinstance(one, kind))
    return next(of_writes, None if isinstance(judgement, Exempted | Judged) else judgement.outcome)
