"""Step 3, decide: merge the decisions of all checks into one repair for each setting."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from reseal.core.checks.catalogue import Decisions
from reseal.core.decision import Remediate
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


def repairs_of(
    requirements: Requirements, found: Mapping[str, State], decisions: Decisions
) -> tuple[Repair, ...]:
    """The enforced remediations, those of each setting merged into one write. `found` holds each setting.

    A write is also for the checks that are not in mode `enforce` and that it remediates on its way.
    """
    intended: dict[str, State] = {}
    for remediate in enforced_remediations(requirements, decisions).values():
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
