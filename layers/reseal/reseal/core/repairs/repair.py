"""Step 3, decide: merge the decisions of all checks into one repair for each setting."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from reseal.core.checks.catalogue import Decisions
from reseal.core.decision import Remediate, Violation
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
    """The enforced remediations, those of each setting merged into one write. `found` holds each setting."""
    repairs: dict[str, Repair] = {}
    for check, remediate in enforced_remediations(requirements, decisions).items():
        setting = remediate.change.setting
        before = found[setting]
        so_far = repairs.get(setting) or Repair(setting=setting, before=before, intended=before, checks=())
        intended = remediate.change.applied_to(so_far.intended)
        repairs[setting] = replace(so_far, intended=intended, checks=(*so_far.checks, check))
    return tuple(repairs.values())


def remediations_of_write(
    violations: Mapping[str, Violation], setting: str, intended: State
) -> Mapping[str, Remediate]:
    """The violations that a write of `intended` remediates, by check id."""
    return {
        check: violation
        for check, violation in violations.items()
        if isinstance(violation, Remediate)
        and violation.change.setting == setting
        and violation.change.applied_to(intended) == intended
    }


def enforced_remediations(requirements: Requirements, decisions: Decisions) -> Mapping[str, Remediate]:
    """The remediations of checks in mode `enforce`, by check id."""
    return {
        check: decision
        for check, decision in decisions.items()
        if isinstance(decision, Remediate) and requirements.enforces(check)
    }
