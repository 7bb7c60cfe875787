"""Step 3, decide: merge the decisions of all checks into one repair for each setting."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace

from reseal.core.checks.catalogue import Decisions
from reseal.core.decision import Decision, Remediate
from reseal.core.policy.requirements import Requirements
from reseal.core.state.setting import State


@dataclass(frozen=True, slots=True, kw_only=True)
class Repair:
    """One write: a setting, the state before, the intended state, and the checks that the write is for."""

    setting: str
    before: State
    intended: State
    checks: tuple[str, ...]

    @property
    def undone(self) -> Repair:
        """The write that restores the state before."""
        return replace(self, before=self.intended, intended=self.before)


LARGEST_STATE = 100_000
"""The most characters of JSON that a state may have. A ledger item, of 400 KB, holds three states: before,
intended and after."""


def unless_too_large(found: Mapping[str, State], decisions: Decisions) -> Decisions:
    """The decisions, with a manual one where the state before is too large for the ledger.

    A write without its exact state before could not be undone.
    """
    return {check: _unless_too_large(found, decision) for check, decision in decisions.items()}


def _unless_too_large(found: Mapping[str, State], decision: Decision) -> Decision:
    if not isinstance(decision, Remediate):
        return decision
    size = len(json.dumps(found[decision.change.setting].to_document()))
    if size <= LARGEST_STATE:
        return decision
    return decision.stopped(
        f"the state before it, {size} characters long, does not fit the ledger, so nothing could undo it",
        "note the present setting and correct it manually",
    )


def repairs_of(
    requirements: Requirements, found: Mapping[str, State], decisions: Decisions
) -> tuple[Repair, ...]:
    """The enforced remediations, those of each setting merged into one write. `found` holds each setting.

    A write is also for the checks that are not in mode `enforce` and that it remediates on its way.
    """
    return _merged(enforced_remediations(requirements, decisions), found, decisions)


def proposals_of(found: Mapping[str, State], decisions: Decisions) -> tuple[Repair, ...]:
    """The remediations of all checks, those of each setting merged, as if all were in mode `enforce`."""
    remediations = {check: one for check, one in decisions.items() if isinstance(one, Remediate)}
    return _merged(remediations, found, decisions)


def _merged(
    remediations: Mapping[str, Remediate], found: Mapping[str, State], decisions: Decisions
) -> tuple[Repair, ...]:
    intended: dict[str, State] = {}
    for remediate in remediations.values():
        setting = remediate.change.setting
        intended[setting] = remediate.change.applied_to(intended.get(setting, found[setting]))
    return tuple(
        Repair(
            setting=setting, before=found[setting], intended=state, checks=_made_by(state, setting, decisions)
        )
        for setting, state in intended.items()
    )


def _made_by(intended: State, setting: str, decisions: Decisions) -> tuple[str, ...]:
    return tuple(
        check
        for check, decision in decisions.items()
        if isinstance(decision, Remediate)
        and decision.change.setting == setting
        and decision.change.applied_to(intended) == intended
    )


def enforced_remediations(requirements: Requirements, decisions: Decisions) -> Mapping[str, Remediate]:
    """The remediations of checks in mode `enforce`, by check id."""
    return {
        check: decision
        for check, decision in decisions.items()
        if isinstance(decision, Remediate) and requirements.enforces(check)
    }
