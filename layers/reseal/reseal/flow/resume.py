"""Step 4, before it: what an earlier delivery of the same message began, and what is due now."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from reseal.core.calls.attribution import CLOCKS_DIFFER
from reseal.core.calls.trigger import Trigger
from reseal.core.checks.catalogue import CHECK_BY_ID
from reseal.core.decision import Manual, Severity, Violation
from reseal.core.outcome import Applied, SkipCause, Skipped
from reseal.core.repairs.ledger_entry import LAST_REPAIRS, LedgerEntry
from reseal.core.state.setting import State
from reseal.flow.stages import (
    Closed,
    Due,
    Entry,
    Exempted,
    Judged,
    Judgement,
    O,
    Ours,
    P,
    Repaired,
    Superseded,
    T,
    ToFinish,
    ToMake,
)


def due_writes(
    judgement: Judgement[T, O, P], settings: Sequence[str], earlier: Mapping[str, Entry], lease_until: int
) -> tuple[Due[T, O, P], ...]:
    """The writes to make, to finish and to report again. `earlier` holds the entries of earlier deliveries.

    An earlier delivery may have ended after its write and before its report: the resource is then compliant,
    and without the entry its finding would be lost. If the resource still violates a check, this delivery
    makes its own write.
    """
    if isinstance(judgement, Exempted):
        return ()
    return tuple(_due(judgement, settings, earlier, lease_until))


def _due(
    judgement: Ours[T, O, P],
    settings: Sequence[str],
    earlier: Mapping[str, Entry],
    lease_until: int,
) -> Iterator[Due[T, O, P]]:
    for setting in settings:
        entry = earlier.get(judgement.parsed.entry_id(setting))
        plan = judgement.plans.get(setting) if isinstance(judgement, Judged) else None
        for kept in entry.kept if entry is not None else ():
            if kept in earlier:
                yield _ended(judgement, earlier[kept], lease_until)
        if isinstance(judgement, Judged) and plan and (entry is None or entry.outcome is None):
            new = _new_entry(judgement, plan, lease_until)
            if entry is not None:
                new = replace(new, kept=entry.kept)
            if entry is not None and not _has_same_evidence(entry, new):
                kept_entry = replace(entry, entry_id=f"{entry.entry_id}#{entry.owner}", kept=())
                new = replace(new, kept=(*new.kept, kept_entry.entry_id))
                yield _ended(judgement, kept_entry, lease_until)
            yield ToMake(judged=judgement, plan=plan, entry=new)
        elif entry is not None:
            yield _ended(judgement, entry, lease_until)


def _ended(judgement: Ours[T, O, P], entry: Entry, lease_until: int) -> Closed | ToFinish[T, O, P]:
    """The write of an earlier delivery: its outcome is known, or this delivery finds it out."""
    if entry.outcome is not None:
        return Closed(entry=entry)
    mine = replace(entry, owner=judgement.parsed.delivery.invocation, lease_until=lease_until)
    return ToFinish(judgement=judgement, earlier=entry, entry=mine)


def _has_same_evidence(earlier: Entry, new: Entry) -> bool:
    """Whether the new entry can take the place of the earlier one: it shows the same state before."""
    return earlier.before == new.before and earlier.details == new.details


def credited_with(
    judged: Judged[T, O, P] | Superseded[T, O], repairs: Mapping[str, Sequence[Entry]]
) -> Judged[T, O, P] | Superseded[T, O]:
    """The message with the repairs that repaired what the call did.

    `repairs` has those of each setting, the latest first.

    What violated by the record is reported with the first of them that fits. Where none is known to have
    been made, it is reported for a person to look at if Reseal cannot know, if it is CRITICAL, or if no
    repair could have mended it.
    """
    repaired = {}
    for check, violation in judged.put_right.items():
        of_setting = repairs.get(CHECK_BY_ID[check].setting, ())
        since = [one for one in reversed(of_setting) if _ended_after(judged.trigger, one)]
        first = next((one for one in since if _repaired_by(check, judged.trigger, one)), None)
        if first is not None and isinstance(first.outcome, Applied):
            repaired[check] = Repaired(violation=violation, entry=first)
        elif why := _why_by_the_record(judged, check, first, since):
            repaired[check] = Repaired(violation=_of_the_record(violation, why), entry=None)
    if isinstance(judged, Judged):
        return replace(judged, repaired=repaired)
    return _superseded_with(judged, repaired) if repaired else judged


def _why_by_the_record(
    judged: Judged[T, O, P] | Superseded[T, O], check: str, first: Entry | None, since: Sequence[Entry]
) -> str | None:
    """How the violation ended, if it must be reported by the record alone."""
    if first is not None:
        return "and the repair ended before Reseal could verify it"
    if len(since) == LAST_REPAIRS:
        return f"in one of more than {LAST_REPAIRS - 1} repairs"
    if isinstance(judged, Judged) and isinstance(judged.decisions[check], Violation):
        return None  # the finding of what is there now names it
    violation = judged.put_right[check]
    is_reported = isinstance(violation, Manual) or violation.severity is Severity.CRITICAL
    return "by another call" if is_reported else None


def _superseded_with(one: Superseded[T, O], repaired: Mapping[str, Repaired]) -> Judged[T, O, P]:
    return Judged(
        parsed=one.parsed,
        trigger=one.trigger,
        observed=one.observed,
        decisions={},
        plans={},
        detected={},
        put_right=one.put_right,
        repaired=repaired,
    )


def _ended_after(trigger: Trigger, repair: Entry) -> bool:
    """Whether the repair ended after the call; one that nobody saw end can have lasted until its lease."""
    outcome = repair.outcome
    if isinstance(outcome, Applied):
        return outcome.at >= trigger.time - CLOCKS_DIFFER
    return repair.lease_until >= trigger.time.timestamp()


def _repaired_by(check: str, trigger: Trigger, repair: Entry) -> bool:
    return check in repair.violations and CHECK_BY_ID[check].set_by_call(trigger, repair.before) is not False


def _of_the_record(violation: Violation, how: str) -> Manual:
    return Manual(
        severity=violation.severity,
        reason=f"as the record of the call says, {violation.reason}; it was replaced since, {how}",
        recommendation="find out who made the call and why",
    )


def not_made(entry: Entry, found: State) -> Skipped:
    """The outcome of an earlier delivery's write that is not there: none was made, or a newer one came."""
    if found.equals(entry.before):
        reason = "an earlier delivery began a repair, did not make it, and it no longer applies"
    else:
        reason = f"the decision is out of date: {entry.resource.in_words} now has {found.in_words}"
        return Skipped(cause=SkipCause.UNKNOWN, reason=reason)
    return Skipped(cause=SkipCause.NEWER, reason=reason)


def _new_entry(judged: Judged[T, O, P], plan: P, lease_until: int) -> Entry:
    repair = plan.repair
    return LedgerEntry(
        entry_id=judged.parsed.entry_id(repair.setting),
        resource=judged.trigger.resource,
        setting=repair.setting,
        before=repair.before,
        intended=repair.intended,
        violations={check: d for check, d in judged.decisions.items() if isinstance(d, Violation)},
        checks=repair.checks,
        owner=judged.parsed.delivery.invocation,
        lease_until=lease_until,
        action=plan.action,
        details=plan.details,
    )
