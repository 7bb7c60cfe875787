"""The law "Nothing is silent": what was decided without a fault is reported with every fault.

A decision is a finding of the run without faults. A dead-letter message counts as reported: it has an alarm.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

import pytest

from tests.scenarios.laws.faults import Fault, Faults, Kind
from tests.scenarios.laws.scenes import Scene
from tests.scenarios.world.aws.account import PERMISSIONS
from tests.scenarios.world.world import World

SEVERITIES = ("INFORMATIONAL", "LOW", "MEDIUM", "HIGH", "CRITICAL")
MEDIUM = SEVERITIES.index("MEDIUM")
WINDOW = timedelta(seconds=900)


@dataclass(frozen=True, slots=True)
class Reported:
    """One finding as a subscriber got it; `who` is None if no caller is known."""

    check: str
    severity: str
    status: str
    who: str | None
    reason: str
    at: datetime

    @property
    def rank(self) -> int:
        return SEVERITIES.index(self.severity)

    def __str__(self) -> str:
        return f"{self.check} {self.severity} {self.status}"


@dataclass(frozen=True, slots=True)
class Run:
    """A scene that was played to its end with these faults."""

    scene: Scene
    faults: tuple[Fault, ...]
    world: World
    refused: frozenset[str]

    @property
    def reported(self) -> list[Reported]:
        return [
            Reported(
                check=finding["check"],
                severity=finding["severity"],
                status=finding["status"],
                who=(finding["actor"] or {}).get("who"),
                reason=finding["reason"],
                at=message.at,
            )
            for message in self.world.messages
            for finding in message.findings
        ]

    @property
    def last_delivery(self) -> datetime:
        """When the message of the violation was last delivered."""
        first = self.world.stack.deliveries[0].body
        return max(one.at for one in self.world.stack.deliveries if one.body == first)

    @property
    def writes(self) -> int:
        return len(self.world.buckets.writes) + len(self.world.objects.writes)

    def names_a_refusal(self, one: Reported) -> bool:
        """Whether the finding names an IAM action that AWS refused."""
        return any(action in one.reason for name in self.refused for action in PERMISSIONS.get(name, [name]))

    def __str__(self) -> str:
        calls = self.world.account.calls
        faults = [f"{fault} ({calls[fault.at].name})" for fault in self.faults if fault.at < len(calls)]
        return f"{self.scene.name}: {' and '.join(faults) or 'no fault'}"


def played(scene: Scene, monkeypatch: pytest.MonkeyPatch, faults: Iterable[Fault] = ()) -> Run:
    """Play the scene, and let all its messages be delivered until none is left."""
    world, planned = scene.world(monkeypatch), tuple(faults)
    injected = Faults(world, planned)
    scene.act(world)
    world.run_out()
    return Run(scene, planned, world, frozenset(injected.refused))


def broken(run: Run, base: Run) -> Iterator[str]:
    """How the run breaks the law; nothing if it keeps it."""
    undecided = bool(run.refused & run.scene.shown_by) and not _was_written(run)
    if undecided and not run.world.dead_letters and not _says_what_is_missing(run):
        yield f"{run}: nothing says that the resource was not judged"
    for decision in base.reported:
        if not undecided and not (run.refused and decision.rank < MEDIUM):
            reported = [one for one in run.reported if (one.check, one.who) == (decision.check, decision.who)]
            yield from (f"{run}: {problem}" for problem in _of_decision(run, decision, reported))
    yield from (f"{run}: {problem}" for problem in _of_evidence(run))


def _was_written(run: Run) -> bool:
    """Whether a write is reported: the ledger keeps what was decided, although the read is refused since."""
    return any(one.status == "REMEDIATED" for one in run.reported)


def _says_what_is_missing(run: Run) -> bool:
    return any(
        one.rank >= MEDIUM
        and (one.status == "MANUAL" or (one.status == "FAILED" and run.names_a_refusal(one)))
        for one in run.reported
    )


def _of_decision(run: Run, decision: Reported, reported: list[Reported]) -> Iterator[str]:
    if not reported and not run.world.dead_letters:
        yield f"{decision} was lost"
    if any(one.rank < decision.rank for one in reported):
        yield f"{decision} was lowered to {', '.join(map(str, reported))}"
    latest = run.last_delivery + (timedelta() if decision.severity == "CRITICAL" else WINDOW)
    if reported and min(one.at for one in reported) > latest:
        yield f"{decision} was reported late"
    yield from (wrong for one in reported for wrong in _of_status(run, decision, one))


def _of_status(run: Run, decision: Reported, one: Reported) -> Iterator[str]:
    """What AWS refused is FAILED and says so, what cannot be settled is MANUAL. The rest is as without."""
    may_be = {decision.status}
    if run.refused:
        may_be |= {"REMEDIATED": {"FAILED", "MANUAL"}, "DETECTED": {"MANUAL"}}.get(decision.status, set())
    if one.status not in may_be:
        yield f"{decision} was reported as {one}"
    if one.status == "REMEDIATED" and run.writes == 0:
        yield f"{one} without a write"
    if one.status == "FAILED" and not run.names_a_refusal(one):
        yield f"{one} does not name what was refused: {one.reason}"


def _of_evidence(run: Run) -> Iterator[str]:
    entries = [item for item in run.world.ledger.items.values() if "entry" in item]
    if run.writes > 1:
        yield f"{run.writes} writes"
    if run.writes and not entries:
        yield "a write without an entry in the ledger"
    dead = bool(run.world.dead_letters)
    if dead and all(fault.kind is not Kind.REFUSED for fault in run.faults):
        yield "dead-letter message though nothing was refused"
    if not dead and any(not item["closed"]["BOOL"] for item in entries):
        yield "an entry in the ledger was left open"
