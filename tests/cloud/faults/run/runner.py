"""Run many rows of the table at once, each on a bucket of its own, and keep what each left behind."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

from tests.cloud.faults.run.queues import received
from tests.cloud.faults.run.stack import (
    HIDDEN_LONG_SECONDS,
    HIDDEN_SECONDS,
    HIDDEN_TWICE_SECONDS,
    HIDDEN_UNTIL_LATE_SECONDS,
    WORKERS,
    Field,
    leases_end_soon,
)
from tests.cloud.faults.run.table import End, Row, Step
from tests.support.workers import kill_workers

KILLED_TOGETHER = 7
"""So many processes are made anew at a time that each call is held within the time its client waits."""


@dataclass
class Shot:
    """One row: its bucket and, once everything has settled, what is known about it."""

    row: Row
    bucket: str
    key: str  # a KMS key of its own, for rows that need one
    fault: int = 0
    hits: int = 0
    was_dead: bool = False
    findings: list[dict[str, Any]] = field(default_factory=list)
    entries: list[dict[str, Any]] = field(default_factory=list)
    writes: list[dict[str, Any]] = field(default_factory=list)
    state: dict[str, Any] = field(default_factory=dict)  # of what was to be repaired
    said: list[str] = field(default_factory=list)  # in the function's log, for whom a row puzzles


class Play(Protocol):
    """What somebody does in the rows of one lane, and how it shows."""

    ground: Field

    def shot(self, row: Row) -> Shot:
        """A bucket for a row."""

    def prepare(self, shot: Shot) -> None:
        """Do what the lane must not hear."""

    def act(self, shot: Shot) -> None:
        """Do what the lane is to answer."""

    def scope(self, service: str, shot: Shot) -> dict[str, str]:
        """What tells the row's calls of a service from all others."""

    def an_hour_later(self, shot: Shot, event: dict[str, Any]) -> None:
        """Make what happened, and its event, an hour older."""

    def look(self, shot: Shot) -> None:
        """Fill in what has become of the bucket."""


@dataclass
class Barrage:
    """Every row's end, and what is left when all is over."""

    shots: dict[str, Shot]
    strangers: list[str]  # dead letters that belong to no row
    left_open: list[dict[str, Any]]


def fire(play: Play, deaths: Sequence[Row], rows: Sequence[Row], late: Sequence[Row] = ()) -> Barrage:
    """Kill the function everywhere, let everything else go wrong at once; then mend and redrive.

    `late` are rows whose clients wait so long that time must not pass faster meanwhile.
    """
    ground = play.ground
    slowest_first = sorted(rows, key=lambda row: row.end is not End.DEAD)
    dying, shots, slow = ([play.shot(row) for row in some] for some in (deaths, slowest_first, late))
    with ground.without_events():
        for shot in dying + shots + slow:
            play.prepare(shot)
    with leases_end_soon(ground):
        hits = _kill(play, dying)
        ground.warm_up(WORKERS)
        hits |= _strike(play, shots, HIDDEN_SECONDS)
    if slow:
        hits |= _strike(play, slow, HIDDEN_UNTIL_LATE_SECONDS)
    strangers = _redrive(play, shots)
    for shot in dying + shots + slow:
        shot.hits = hits[shot.fault]
    _collect(play, dying + shots + slow)
    return Barrage(
        shots={str(shot.row): shot for shot in dying + shots + slow},
        strangers=strangers,
        left_open=[entry for entry in ground.entries() if not entry["closed"]["BOOL"]],
    )


def _strike(play: Play, shots: Sequence[Shot], hidden: int) -> dict[int, int]:
    """Everything at once, until the queue is empty; how often each fault struck."""
    ground = play.ground
    ground.hide(hidden)
    for shot in shots:
        _aim(play, shot)
        play.act(shot)
    ground.wait_until_idle()
    hits = ground.hits()
    ground.cloud.clear_faults()
    return hits


def _kill(play: Play, dying: Sequence[Shot]) -> dict[int, int]:
    """Let the function die at every call; where a takeover dies too, as soon as its message is back."""
    hits: dict[int, int] = {}
    once = [shot for shot in dying if not shot.row.again]
    twice = [shot for shot in dying if shot.row.again]
    play.ground.hide(HIDDEN_LONG_SECONDS)
    for start in range(0, len(once), KILLED_TOGETHER):
        hits |= _held_and_killed(play, once[start : start + KILLED_TOGETHER])
    if not twice:
        return hits
    play.ground.hide(HIDDEN_TWICE_SECONDS)
    _held_and_killed(play, twice)
    for shot in twice:
        _aim_at(play, shot, shot.row.again or shot.row.step)
    return hits | _kill_once_all_are_held(play.ground)


def _held_and_killed(play: Play, shots: Sequence[Shot]) -> dict[int, int]:
    for shot in shots:
        _aim(play, shot)
        play.act(shot)
    return _kill_once_all_are_held(play.ground)


def _kill_once_all_are_held(ground: Field) -> dict[int, int]:
    hits = ground.wait_until_struck()
    assert kill_workers(ground.cloud) > 0
    ground.cloud.clear_faults()
    return hits


def _aim(play: Play, shot: Shot) -> None:
    """Scope the row's faults to its own bucket, key, ledger entry or message."""
    step = shot.row.step
    if step.before:
        operation, rule = step.before
        service = "sns" if operation == "Publish" else "s3"
        play.ground.cloud.inject_fault("error", service, operation, **play.scope(service, shot), **rule)
    _aim_at(play, shot, step)


def _aim_at(play: Play, shot: Shot, step: Step) -> None:
    fault, scope = shot.row.fault, play.scope(step.service, shot)
    shot.fault = play.ground.cloud.inject_fault(
        fault.kind, step.service, step.operation, skip=step.skip, times=fault.times, **scope, **fault.more
    )


def _redrive(play: Play, shots: Sequence[Shot]) -> list[str]:
    """Send the dead letters again, an hour later, as an operator does once he has mended the cause."""
    ground, strangers = play.ground, []
    for body in received(ground.sqs, ground.dead):
        shot = next((shot for shot in shots if shot.bucket in body), None)
        if shot is None:
            strangers.append(body)
            continue
        shot.was_dead = True
        message = json.loads(body)
        if "detail" in message:
            play.an_hour_later(shot, message)
        ground.send(json.dumps(message))
    ground.end_leases()
    ground.wait_until_idle()
    return strangers


def make_older(event: dict[str, Any]) -> None:
    """The same event, of a call an hour earlier."""
    then = datetime.fromisoformat(event["detail"]["eventTime"]) - timedelta(hours=1)
    event["detail"]["eventTime"] = f"{then.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def _collect(play: Play, shots: Sequence[Shot]) -> None:
    ground = play.ground
    findings, entries = ground.findings(), ground.entries()
    ground.stack.arrivals.poll()
    for shot in shots:
        about = [line for line in ground.stack.arrivals.lines if shot.bucket in json.dumps(line)]
        shot.said = [f"{line['timestamp']} {line['message']}" for line in about]
        shot.findings = findings[shot.bucket]
        shot.entries = [entry for entry in entries if entry["bucket"]["S"] == shot.bucket]
        play.look(shot)
