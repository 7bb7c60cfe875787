"""Step 4, before it: what an earlier delivery of the same message began, and what is due now."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from reseal.core.calls.attribution import CLOCKS_DIFFER
from reseal.core.checks.catalogue import CHECK_BY_ID
from reseal.core.decision import Violation
from reseal.core.outcome import Applied, SkipCause, Skipped
from reseal.core.repairs.ledger_entry import LedgerEntry
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
        if entry is not None and entry.outcome is not None:
            yield Closed(entry=entry)
        elif isinstance(judgement, Judged) and plan:
            yield ToMake(judged=judgement, plan=plan, entry=_new_entry(judgement, plan, lease_until))
        elif entry is not None:
            owner = judgement.parsed.delivery.invocation
            mine = replace(entry, owner=owner, lease_until=lease_until)
            yield ToFinish(judgement=judgement, earlier=entry, entry=mine)


def credited_with(judged: Judged[T, O, P], repair: Entry) -> Judged[T, O, P]:
    """The message with this repair, if it repaired what the call did."""
    trigger, outcome = judged.trigger, repair.outcome
    if not isinstance(outcome, Applied) or outcome.at < trigger.time - CLOCKS_DIFFER:
        return judged
    fits = {
        check: violation
        for check, violation in judged.put_right.items()
        if check in repair.violations and CHECK_BY_ID[check].set_by_call(trigger, repair.before) is not False
    }
    decisions = {**judged.decisions, **fits}
    return replace(judged, decisions=decisions, repaired={**judged.repaired, **dict.fromkeys(fits, repair)})


def not_made(entry: Entry, found: State) -> Skipped:
    """The outcome of an earlier delivery's write that is not there: none was made, or a newer one came."""
    if found.equals(entry.before):
        reason = "an earlier delivery began a repair, did not make it, and it no longer applies"
    else:
        reason = f"the decision is out of date: {entry.resource.in_words} now has {found.in_words}"
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
