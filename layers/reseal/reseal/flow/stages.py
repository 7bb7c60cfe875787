"""The stages of a message on its way through the steps. Each holds what is known by then, and no more."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, Protocol, TypeVar

from reseal.core.calls.trigger import Trigger
from reseal.core.checks.catalogue import Check, Decisions
from reseal.core.decision import Exempt, Violation
from reseal.core.outcome import Failed, Skipped
from reseal.core.policy.requirements import Requirements
from reseal.core.repairs.ledger_entry import LedgerEntry, entry_id_of
from reseal.core.repairs.repair import Repair
from reseal.core.state.setting import State
from reseal.flow.delivery import Delivery

Entry = LedgerEntry[Any]


class Observed(Protocol):
    """A resource as AWS shows it now."""

    @property
    def settings(self) -> Mapping[str, State]:
        """The state of each setting that the checks judge."""


class Plan(Protocol):
    """One write to make."""

    @property
    def repair(self) -> Repair:
        """What changes."""

    @property
    def action(self) -> str:
        """The AWS call that changes it."""

    @property
    def details(self) -> Mapping[str, str]:
        """Further evidence of the state before."""


T = TypeVar("T", bound=Trigger)
O = TypeVar("O", bound=Observed)  # noqa: E741  # the stages' third letter beside T and P
P = TypeVar("P", bound=Plan)


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned(Generic[P]):
    """The decisions after the guards, and by setting the write to make.

    `detected` holds the write that mode `enforce` would make of each setting, where a check only detects. It
    is never made: a person gets its command.
    """

    decisions: Decisions
    plans: Mapping[str, P] = field(default_factory=dict)
    detected: Mapping[str, P] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Parsed(Generic[T]):
    """After step 1: a message, what triggered it, what is required of its resource, and by which checks."""

    delivery: Delivery
    trigger: T
    requirements: Requirements
    checks: tuple[Check, ...]

    def entry_id(self, setting: str) -> str:
        """The id of the ledger entry for a write of this setting; it spells the resource as the record."""
        return entry_id_of(self.trigger.resource, self.trigger.event_id, setting)


@dataclass(frozen=True, slots=True, kw_only=True)
class Exempted(Generic[T]):
    """After step 3: no check judges this resource. It was not read."""

    parsed: Parsed[T]
    exempt: Exempt

    @property
    def trigger(self) -> T:
        """What triggered it."""
        return self.parsed.trigger


@dataclass(frozen=True, slots=True, kw_only=True)
class Unjudged(Generic[T]):
    """After step 3: nothing is there to judge, or another account or message judges it."""

    parsed: Parsed[T]
    outcome: Skipped

    @property
    def trigger(self) -> T:
        """What triggered it."""
        return self.parsed.trigger


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused(Generic[T]):
    """After step 3: AWS refused a read. The decisions are by what was read before it, else by the record.

    `before` holds the states that were read; none if the decisions are by the record.
    """

    parsed: Parsed[T]
    trigger: T
    before: Mapping[str, State]
    decisions: Decisions
    outcome: Failed

    @property
    def plans(self) -> Mapping[str, Any]:
        """Nothing is written on what could not be read."""
        return {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Superseded(Generic[T, O]):
    """After step 3: another call wrote what is there now, and that call has its own event.

    `put_right` holds what this call violated by its record.
    """

    parsed: Parsed[T]
    trigger: T
    observed: O
    outcome: Skipped
    put_right: Mapping[str, Violation] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Repaired:
    """What a call violated by its record, and the entry of the repair to which another trigger led.

    `entry` is None if Reseal repaired the resource so often since that it is not known which repair it was.
    """

    violation: Violation
    entry: Entry | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged(Generic[T, O, P]):
    """After step 3: the decision of each check, and the write that each setting needs.

    `trigger` names the resource as AWS does, which the record may spell otherwise. `detected` holds the
    writes that are proposed to a person, and that Reseal does not make. `put_right` holds what
    this call violated by its record and is not there now, `repaired` what of that Reseal itself repaired,
    under another trigger. The check may find another violation there now: that is another finding. `handed`
    are the checks whose repair another lane makes.
    """

    parsed: Parsed[T]
    trigger: T
    observed: O
    decisions: Decisions
    plans: Mapping[str, P]
    detected: Mapping[str, P]
    put_right: Mapping[str, Violation]
    repaired: Mapping[str, Repaired] = field(default_factory=dict)
    handed: frozenset[str] = frozenset()

    @property
    def before(self) -> Mapping[str, State]:
        """The states that were read."""
        return self.observed.settings


Ours = Unjudged[T] | Refused[T] | Superseded[T, O] | Judged[T, O, P]
Judgement = Exempted[T] | Ours[T, O, P]


@dataclass(frozen=True, slots=True, kw_only=True)
class ToMake(Generic[T, O, P]):
    """A write to make under this entry."""

    judged: Judged[T, O, P]
    plan: P
    entry: Entry


@dataclass(frozen=True, slots=True, kw_only=True)
class ToFinish(Generic[T, O, P]):
    """A write that an earlier delivery may have made: this delivery finds out, and closes the entry.

    `earlier` is the entry as that delivery left it.
    """

    judgement: Ours[T, O, P]
    earlier: Entry
    entry: Entry


@dataclass(frozen=True, slots=True, kw_only=True)
class Closed:
    """A write whose outcome is known."""

    entry: Entry


Due = ToMake[T, O, P] | ToFinish[T, O, P] | Closed


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded(Generic[T, O, P]):
    """After step 4: each write has an open entry of this delivery, or a closed one."""

    judgement: Judgement[T, O, P]
    writes: tuple[Due[T, O, P], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended(Generic[T, O, P]):
    """After step 5: every entry is closed."""

    judgement: Judgement[T, O, P]
    entries: tuple[Entry, ...]
