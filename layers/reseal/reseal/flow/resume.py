"""Step 4, before it: what an earlier delivery of the same message began, and what is due now."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from reseal.core.calls.attribution import CLOCKS_DIFFER
from reseal.core.calls.trigger import Trigger
from reseal.core.checks.catalogue import CHECK_BY_ID
from reseal.core.decision import Manual, Violation
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


def credited_with(judged: Judged[T, O, P], repairs: Sequence[Entry]) -> Judged[T, O, P]:
    """The message with the repairs that repaired what the call did. `repairs` has the latest first.

    What violated by the record is reported with the first of them that fits. If there were so many repairs
    since the call that the first are not known, it is reported for a person to look at.
    """
    since = [one for one in reversed(repairs) if _made_after(judged.trigger, one)]
    repaired = {}
    for check, violation in judged.put_right.items():
        fits = (one for one in since if _repaired_by(check, judged.trigger, one))
        if (first := next(fits, None)) is not None:
            repaired[check] = Repaired(violation=violation, entry=first)
        elif len(since) >= LAST_REPAIRS:
            repaired[check] = Repaired(violation=_among_many(violation), entry=None)
    return replace(judged, repaired=repaired)


def _made_after(trigger: Trigger, repair: Entry) -> bool:
    outcome = repair.outcome
    return isinstance(outcome, Applied) and outcome.at >= trigger.time - CLOCKS_DIFFER


def _repaired_by(check: str, trigger: Trigger, repair: Entry) -> bool:
    return check in repair.violations and CHECK_BY_ID[check].set_by_call(trigger, repair.before) is not False


def _among_many(violation: Violation) -> Manual:
    return Manual(
        severity=violation.severity,
        reason=(
            f"as the record of the call says, {violation.reason}; it has been put right since, in one of "
            f"more than {LAST_REPAIRS - 1} repairs"
        ),
        recommendation="find out who keeps making these calls and why",
    )


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
