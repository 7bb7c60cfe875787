"""Run many rows of the table at once, each on a bucket of its own, and keep what each left behind."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.e2e.deployment import OTHER_ACCOUNT, OWN_ROLE
from tests.faults.field import HIDDEN_LONG_SECONDS, HIDDEN_SECONDS, WORKERS, Field, leases_end_soon
from tests.faults.queues import received
from tests.faults.table import Act, End, Row, Step
from tests.faults.workers import kill_workers

KILLED_TOGETHER = 7
"""So many processes are made anew at a time that each call is held within the time its client waits."""

_OPEN_TO_ANOTHER_ACCOUNT = {
    "Effect": "Allow",
    "Principal": {"AWS": f"arn:aws:iam::{OTHER_ACCOUNT}:root"},
    "Action": "s3:GetObject",
}


@dataclass
class Shot:
    """One row: its bucket and, once everything has settled, what is known about it."""

    row: Row
    bucket: str
    key: str
    fault: int = 0
    hits: int = 0
    was_dead: bool = False
    findings: list[dict[str, Any]] = field(default_factory=list)
    entries: list[dict[str, Any]] = field(default_factory=list)
    writes: list[dict[str, Any]] = field(default_factory=list)
    rule: dict[str, Any] = field(default_factory=dict)
    said: list[str] = field(default_factory=list)  # in the function's log, for whom a row puzzles


@dataclass
class Barrage:
    """Every row's end, and what is left when all is over."""

    shots: dict[str, Shot]
    strangers: list[str]  # dead letters that belong to no row
    left_open: list[dict[str, Any]]


def fire(ground: Field, deaths: Sequence[Row], rows: Sequence[Row]) -> Barrage:
    """Kill the function everywhere, let everything else go wrong at once; then mend and redrive."""
    slowest_first = sorted(rows, key=lambda row: row.end is not End.DEAD)
    dying, shots = [_shot(ground, row) for row in deaths], [_shot(ground, row) for row in slowest_first]
    with ground.unheard():
        for shot in dying + shots:
            _prepare(ground, shot)
    with leases_end_soon(ground):
        hits = _kill(ground, dying)
        ground.warm_up(WORKERS)
        ground.hide(HIDDEN_SECONDS)
        for shot in shots:
            _aim(ground, shot)
            _act(ground, shot)
        ground.wait_until_idle()
    hits |= ground.hits()
    ground.cloud.clear_faults()
    strangers = _redrive(ground, shots)
    _collect(ground, dying + shots, hits)
    return Barrage(
        shots={str(shot.row): shot for shot in dying + shots},
        strangers=strangers,
        left_open=[entry for entry in ground.entries() if not entry["closed"]["BOOL"]],
    )


def _kill(ground: Field, dying: Sequence[Shot]) -> dict[int, int]:
    """Let the function die at every call; where a takeover dies too, as soon as its message is back."""
    hits: dict[int, int] = {}
    once = [shot for shot in dying if not shot.row.again]
    twice = [shot for shot in dying if shot.row.again]
    ground.hide(HIDDEN_LONG_SECONDS)
    for start in range(0, len(once), KILLED_TOGETHER):
        hits |= _held_and_killed(ground, once[start : start + KILLED_TOGETHER])
    if not twice:
        return hits
    ground.hide(HIDDEN_SECONDS)
    _held_and_killed(ground, twice)
    for shot in twice:
        _aim_at(ground, shot, shot.row.again or shot.row.step)
    return hits | _kill_once_all_are_held(ground)


def _held_and_killed(ground: Field, shots: Sequence[Shot]) -> dict[int, int]:
    for shot in shots:
        _aim(ground, shot)
        _act(ground, shot)
    return _kill_once_all_are_held(ground)


def _kill_once_all_are_held(ground: Field) -> dict[int, int]:
    hits = ground.wait_until_struck()
    assert kill_workers(ground.cloud) > 0
    ground.cloud.clear_faults()
    return hits


def _shot(ground: Field, row: Row) -> Shot:
    key = "" if row.step.act is Act.CREATE else ground.stack.create_key()
    return Shot(row, f"f-{uuid.uuid4().hex[:12]}", key)


def _prepare(ground: Field, shot: Shot) -> None:
    if shot.row.step.act is Act.CREATE:
        return
    ground.stack.s3.create_bucket(Bucket=shot.bucket)
    if shot.row.step.act is Act.OPEN_UP:
        ground.stack.put(shot.bucket, "aws:kms", shot.key, BucketKeyEnabled=True)


def _act(ground: Field, shot: Shot) -> None:
    match shot.row.step.act:
        case Act.CREATE:
            ground.stack.s3.create_bucket(Bucket=shot.bucket)
        case Act.TEAM_KEY:
            ground.stack.put(shot.bucket, "aws:kms", shot.key, BucketKeyEnabled=False)
        case Act.OPEN_UP:
            statement = _OPEN_TO_ANOTHER_ACCOUNT | {"Resource": f"arn:aws:s3:::{shot.bucket}/*"}
            policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
            ground.stack.s3.put_bucket_policy(Bucket=shot.bucket, Policy=policy)


def _aim(ground: Field, shot: Shot) -> None:
    """Scope the row's faults to its own bucket, key, ledger entry or message."""
    step = shot.row.step
    if step.before:
        operation, rule = step.before
        service = "sns" if operation == "Publish" else "s3"
        ground.cloud.inject_fault("error", service, operation, **_scope(service, shot), **rule)
    _aim_at(ground, shot, step)


def _aim_at(ground: Field, shot: Shot, step: Step) -> None:
    fault, scope = shot.row.fault, _scope(step.service, shot)
    shot.fault = ground.cloud.inject_fault(
        fault.kind, step.service, step.operation, skip=step.skip, times=fault.times, **scope, **fault.more
    )


def _scope(service: str, shot: Shot) -> dict[str, str]:
    where = {"s3": {"resource": f"arn:aws:s3:::{shot.bucket}"}, "kms": {"body": shot.key}}
    return {"caller": OWN_ROLE, **where.get(service, {"body": shot.bucket})}


def _redrive(ground: Field, shots: Sequence[Shot]) -> list[str]:
    """Send the dead letters again, an hour later, as an operator does once he has mended the cause."""
    by_bucket, strangers = {shot.bucket: shot for shot in shots}, []
    for body in received(ground.sqs, ground.dead):
        event = json.loads(body)
        shot = by_bucket.get(event["detail"]["requestParameters"]["bucketName"])
        if shot is None:
            strangers.append(body)
            continue
        shot.was_dead = True
        then = datetime.fromisoformat(event["detail"]["eventTime"]) - timedelta(hours=1)
        event["detail"]["eventTime"] = f"{then.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
        ground.send(json.dumps(event))
    ground.end_leases()
    ground.wait_until_idle()
    return strangers


def _collect(ground: Field, shots: Sequence[Shot], hits: Mapping[int, int]) -> None:
    findings, entries, writes = ground.findings(), ground.entries(), ground.writes()
    ground.stack.arrivals.poll()
    for shot in shots:
        about = [line for line in ground.stack.arrivals.lines if shot.bucket in json.dumps(line)]
        shot.said = [f"{line['timestamp']} {line['message']}" for line in about]
        shot.hits = hits[shot.fault]
        shot.findings, shot.writes = findings[shot.bucket], writes[shot.bucket]
        shot.entries = [entry for entry in entries if entry["bucket"]["S"] == shot.bucket]
        shot.rule = ground.stack.rule(shot.bucket)
