"""Run many rows of the table at once, each on a bucket of its own, and keep what each left behind."""

from __future__ import annotations

import json
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.e2e.deployment import OTHER_ACCOUNT, OWN_ROLE
from tests.faults.field import Field, leases_end_soon, received
from tests.faults.table import Act, Row

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
    found_before_redrive: list[dict[str, Any]] = field(default_factory=list)
    findings: list[dict[str, Any]] = field(default_factory=list)
    entries: list[dict[str, Any]] = field(default_factory=list)
    writes: list[dict[str, Any]] = field(default_factory=list)
    rule: dict[str, Any] = field(default_factory=dict)


@dataclass
class Barrage:
    """Every row's end, and what is left when all is over."""

    shots: dict[str, Shot]
    strangers: list[str]  # dead letters that belong to no row
    left_open: list[dict[str, Any]]


def fire(ground: Field, rows: Sequence[Row]) -> Barrage:
    """Let everything go wrong at once; then mend what was denied, and redrive what died of it."""
    shots = [Shot(row, f"f-{uuid.uuid4().hex[:12]}", ground.stack.create_key()) for row in rows]
    with ground.unheard():
        for shot in shots:
            _prepare(ground, shot)
    with leases_end_soon(ground):
        for shot in shots:
            _aim(ground, shot)
            _act(ground, shot)
        ground.wait_until_idle()
    hits = {fault["id"]: fault["hits"] for fault in ground.cloud.faults()}
    ground.cloud.clear_faults()
    strangers = _redrive(ground, shots)
    for shot in shots:
        shot.hits = hits[shot.fault]
        _collect(ground, shot)
    return Barrage(
        shots={str(shot.row): shot for shot in shots},
        strangers=strangers,
        left_open=[entry for entry in ground.entries() if not entry["closed"]["BOOL"]],
    )


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
    step, fault = shot.row.step, shot.row.fault
    if step.before:
        operation, rule = step.before
        service = "sns" if operation == "Publish" else "s3"
        ground.cloud.inject_fault("error", service, operation, **_scope(service, shot), **rule)
    scope = _scope(step.service, shot)
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
        shot.found_before_redrive = ground.findings(shot.bucket)
        then = datetime.fromisoformat(event["detail"]["eventTime"]) - timedelta(hours=1)
        event["detail"]["eventTime"] = f"{then.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
        ground.send(json.dumps(event))
    ground.end_leases()
    ground.wait_until_idle()
    return strangers


def _collect(ground: Field, shot: Shot) -> None:
    shot.findings = ground.findings(shot.bucket)
    shot.entries = ground.entries(shot.bucket)
    shot.writes = ground.writes(shot.bucket)
    shot.rule = ground.stack.rule(shot.bucket)
