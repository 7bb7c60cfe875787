"""Runs many rows of the table at once, each on its own bucket, and keeps the result of each."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

from tests.cloud.faults.run.bucket_table import End, Row, Step
from tests.cloud.faults.run.queues import received
from tests.cloud.faults.run.stack import (
    HIDDEN_LONG_SECONDS,
    HIDDEN_SECONDS,
    HIDDEN_TWICE_SECONDS,
    HIDDEN_UNTIL_LATE_SECONDS,
    WORKERS,
    Resources,
    leases_end_soon,
)
from tests.support.workers import kill_workers

KILLED_TOGETHER = 7
"""How many processes are killed together. If it were more, replacements would start too late."""


@dataclass
class RowRun:
    """One run of a row: its bucket and, at the end, what was found."""

    row: Row
    bucket: str
    key: str  # a KMS key of its own, for rows that need one
    fault: int = 0
    hits: int = 0
    was_dead_letter: bool = False
    findings: list[dict[str, Any]] = field(default_factory=list)
    entries: list[dict[str, Any]] = field(default_factory=list)
    writes: list[dict[str, Any]] = field(default_factory=list)
    state: dict[str, Any] = field(default_factory=dict)  # of the bucket or object to repair
    log_lines: list[str] = field(default_factory=list)  # for the messages of failed assertions


class Scenario(Protocol):
    """What a user does in the rows of one lane, and how to read the result."""

    resources: Resources

    def new_run(self, row: Row) -> RowRun:
        """A run of the row, with a bucket name of its own."""

    def prepare(self, run: RowRun) -> None:
        """Set up what must not start the lane."""

    def act(self, run: RowRun) -> None:
        """Do what starts the lane."""

    def scope(self, service: str, run: RowRun, about: str) -> dict[str, str]:
        """The condition that matches only the row's calls to a service, with `about` as in `Step`."""

    def an_hour_later(self, run: RowRun, event: dict[str, Any]) -> None:
        """Make the user's call, and its event, an hour older."""

    def look(self, run: RowRun) -> None:
        """Read the final state of the bucket into `run`."""


@dataclass
class TableRun:
    """The runs of all rows, and what is left at the end."""

    runs: dict[str, RowRun]
    unknown_messages: list[str]  # dead-letter messages that belong to no row
    open_entries: list[dict[str, Any]]


def run_rows(
    scenario: Scenario, deaths: Sequence[Row], rows: Sequence[Row], late: Sequence[Row] = ()
) -> TableRun:
    """Kill the function at every call, then inject all other faults at once, clear them and redrive.

    `late` are rows whose clients wait a minute, so their leases must not end early.
    """
    resources = scenario.resources
    slowest_first = sorted(rows, key=lambda row: row.end is not End.DEAD)
    dying, runs, slow = ([scenario.new_run(row) for row in some] for some in (deaths, slowest_first, late))
    with resources.without_events():
        for run in dying + runs + slow:
            scenario.prepare(run)
    with leases_end_soon(resources):
        hits = _kill(scenario, dying)
        resources.warm_up(WORKERS)
        hits |= _run_at_once(scenario, runs, HIDDEN_SECONDS)
    if slow:
        hits |= _run_at_once(scenario, slow, HIDDEN_UNTIL_LATE_SECONDS)
    unknown_messages = _redrive(scenario, runs)
    for run in dying + runs + slow:
        run.hits = hits[run.fault]
    _collect(scenario, dying + runs + slow)
    return TableRun(
        runs={str(run.row): run for run in dying + runs + slow},
        unknown_messages=unknown_messages,
        open_entries=[entry for entry in resources.entries() if not entry["closed"]["BOOL"]],
    )


def _run_at_once(scenario: Scenario, runs: Sequence[RowRun], hidden: int) -> dict[int, int]:
    """Run these rows at once until the queue is empty; returns how often each fault was hit."""
    resources = scenario.resources
    resources.hide(hidden)
    for run in runs:
        _inject_faults_of(scenario, run)
        scenario.act(run)
    resources.wait_until_idle()
    hits = resources.hits()
    resources.cloud.clear_faults()
    return hits


def _kill(scenario: Scenario, dying: Sequence[RowRun]) -> dict[int, int]:
    """Kill the function at every call; also during a takeover, as soon as its message is visible again."""
    hits: dict[int, int] = {}
    once = [run for run in dying if not run.row.again]
    twice = [run for run in dying if run.row.again]
    scenario.resources.hide(HIDDEN_LONG_SECONDS)
    for start in range(0, len(once), KILLED_TOGETHER):
        hits |= _start_and_kill(scenario, once[start : start + KILLED_TOGETHER])
    if not twice:
        return hits
    scenario.resources.hide(HIDDEN_TWICE_SECONDS)
    _start_and_kill(scenario, twice)
    for run in twice:
        _inject_fault(scenario, run, run.row.again or run.row.step)
    return hits | _kill_once_all_calls_wait(scenario.resources)


def _start_and_kill(scenario: Scenario, runs: Sequence[RowRun]) -> dict[int, int]:
    for run in runs:
        _inject_faults_of(scenario, run)
        scenario.act(run)
    return _kill_once_all_calls_wait(scenario.resources)


def _kill_once_all_calls_wait(resources: Resources) -> dict[int, int]:
    hits = resources.wait_until_all_faults_hit()
    assert kill_workers(resources.cloud) > 0
    resources.cloud.clear_faults()
    return hits


def _inject_faults_of(scenario: Scenario, run: RowRun) -> None:
    """Inject the row's faults, scoped to its own bucket, key, ledger entry or message."""
    step = run.row.step
    if step.before:
        operation, rule = step.before
        service = "sns" if operation == "Publish" else "s3"
        scenario.resources.cloud.inject_fault(
            "error", service, operation, **scenario.scope(service, run, "{bucket}"), **rule
        )
    _inject_fault(scenario, run, step)


def _inject_fault(scenario: Scenario, run: RowRun, step: Step) -> None:
    fault, scope = run.row.fault, scenario.scope(step.service, run, step.about)
    run.fault = scenario.resources.cloud.inject_fault(
        fault.kind, step.service, step.operation, skip=step.skip, times=fault.times, **scope, **fault.more
    )


def _redrive(scenario: Scenario, runs: Sequence[RowRun]) -> list[str]:
    """Redrive the dead-letter messages an hour later, as an operator does after correcting the cause."""
    resources, unknown_messages = scenario.resources, []
    for body in received(resources.sqs, resources.dead):
        run = next((run for run in runs if run.bucket in body), None)
        if run is None:
            unknown_messages.append(body)
            continue
        run.was_dead_letter = True
        message = json.loads(body)
        if "detail" in message:
            scenario.an_hour_later(run, message)
        resources.send(json.dumps(message))
    resources.end_leases()
    resources.wait_until_idle()
    return unknown_messages


def make_older(event: dict[str, Any]) -> None:
    """Make the event that of a call one hour earlier."""
    then = datetime.fromisoformat(event["detail"]["eventTime"]) - timedelta(hours=1)
    event["detail"]["eventTime"] = f"{then.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def _collect(scenario: Scenario, runs: Sequence[RowRun]) -> None:
    resources = scenario.resources
    findings, entries = resources.findings(), resources.entries()
    resources.deployment.arrivals.poll()
    for run in runs:
        about = [line for line in resources.deployment.arrivals.lines if run.bucket in json.dumps(line)]
        run.log_lines = [f"{line['timestamp']} {line['message']}" for line in about]
        run.findings = findings[run.bucket]
        run.entries = [entry for entry in entries if entry["bucket"]["S"] == run.bucket]
        scenario.look(run)
