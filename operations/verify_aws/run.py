"""The steps of a run. Each saves what it has seen, so that the next run can go on from there."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from operations.verify_aws.answers import MEASUREMENTS
from operations.verify_aws.bench import Bench
from operations.verify_aws.measurement import NotSeenError
from operations.verify_aws.report import row_of
from operations.verify_aws.state import State
from operations.verify_aws.trail.calls import CALLS, Stage
from operations.verify_aws.trail.collector import Collector
from operations.verify_aws.trail.readings import READINGS

_EXPIRED = frozenset({"ExpiredToken", "ExpiredTokenException", "RequestExpired", "InvalidClientTokenId"})
_SEVERAL = {"delete_objects": 3}
_REFUSED_BY_AWS = (ClientError, BotoCoreError, NotSeenError)


class ExpiredError(Exception):
    """The credentials are no longer valid, so that nothing can be looked at or removed."""


@dataclass(frozen=True, slots=True)
class Pace:
    """How long to wait for the trail, and how often to look."""

    seconds: float
    pause: float


Say = Callable[[str], None]


def measure(bench: Bench, state: State, say: Say) -> None:
    """What AWS answers at once. Raises ExpiredError."""
    for number, measured in enumerate(MEASUREMENTS, start=1):
        if measured.asks.name in state.rows:
            continue
        say(f"measuring {number} of {len(MEASUREMENTS)}: {measured.asks.question}")
        try:
            state.rows[measured.asks.name] = row_of(measured.asks, measured.look(bench))
        except _REFUSED_BY_AWS as error:
            state.rows[measured.asks.name] = row_of(measured.asks, None, why(error))
        state.save()


def collect(bench: Bench, collector: Collector, state: State, say: Say) -> bool:
    """Start the collection of records, unless an earlier run did; whether it works. Raises ExpiredError."""
    if state.collecting:
        return True
    say("starting a trail")
    try:
        collector.start(bench)
    except _REFUSED_BY_AWS as error:
        say(f"there will be no records: {why(error)}")
        return False
    state.collecting = True
    state.save()
    return True


def make_calls(bench: Bench, collector: Collector, state: State, pace: Pace, say: Say) -> None:
    """The calls whose records are wanted, once the trail shows that it logs. Raises ExpiredError."""
    missing = [name for name in CALLS if name not in state.requests]
    if not missing:
        return
    stage = Stage(bench)
    _wait_until_logged(stage, collector, pace, say)
    for name in missing:
        say(f"calling {name}")
        try:
            state.requests[name] = stage.call(name)
        except _REFUSED_BY_AWS as error:
            state.requests[name] = ""
            say(f"{name} failed: {why(error)}")
        state.save()


def await_records(collector: Collector, state: State, pace: Pace, say: Say) -> None:
    """Receive records until each call has its own, or the time is over. Raises ExpiredError."""
    deadline = time.monotonic() + pace.seconds
    while True:
        for region, event in collector.receive():
            _keep(state, region, event)
            state.save()
        outstanding = _outstanding(state)
        if not outstanding or time.monotonic() > deadline:
            return
        say(f"waiting for {len(outstanding)} of {len(CALLS)} records: {', '.join(outstanding)[:80]}")
        time.sleep(pace.pause)


def read(state: State) -> None:
    """What the records say that have arrived."""
    for reading in READINGS:
        missing = [name for name in reading.of if not state.records.get(name)]
        if missing:
            state.rows[reading.asks.name] = row_of(reading.asks, None, f"no record of {', '.join(missing)}")
            continue
        try:
            state.rows[reading.asks.name] = row_of(reading.asks, reading.read(state.records))
        except (AttributeError, KeyError, TypeError) as error:
            problem = f"the record has another shape: {type(error).__name__} {error}"[:200]
            state.rows[reading.asks.name] = row_of(reading.asks, None, problem)
    state.save()


def why(error: Exception) -> str:
    """Why something was not seen, without names of the account. Raises ExpiredError."""
    if not isinstance(error, ClientError):
        return type(error).__name__ if isinstance(error, BotoCoreError) else str(error)
    code = error.response["Error"]["Code"]
    if code in _EXPIRED:
        raise ExpiredError from error
    return f"{code} at {error.operation_name}"


def _wait_until_logged(stage: Stage, collector: Collector, pace: Pace, say: Say) -> None:
    """A new trail needs minutes before it logs the calls to objects."""
    probes, deadline = set[str](), time.monotonic() + pace.seconds
    while time.monotonic() < deadline:
        probes.add(stage.probe())
        say(f"waiting until the trail logs: probe {len(probes)}")
        time.sleep(pace.pause)
        if probes & {event["detail"].get("requestID") for _, event in collector.receive()}:
            return
    say("the trail has not logged a probe yet; going on")


def _keep(state: State, region: str, event: dict[str, Any]) -> None:
    """Keep an event if it is of one of the calls; EventBridge may deliver it twice."""
    detail = event["detail"]
    name = next(
        (name for name, request in state.requests.items() if _is_of(name, request, detail, state)), None
    )
    if name is None:
        return
    kept = state.records.setdefault(name, [])
    if all(known["detail"]["eventID"] != detail["eventID"] for known in kept):
        arrived = event.pop("arrived")
        kept.append(
            {**event, "received_in": region, "delay": max(0.0, arrived - _moment(detail["eventTime"]))}
        )


def _is_of(name: str, request: str, detail: Mapping[str, Any], state: State) -> bool:
    if request and detail.get("requestID") == request:
        return True
    sent = detail.get("requestParameters") or {}
    return (
        name == "delete_objects"
        and detail["eventName"] == "DeleteObject"
        and str(sent.get("bucketName", "")).startswith(state.prefix)
        and str(sent.get("key", "")).startswith("deleted/")
    )


def _outstanding(state: State) -> Sequence[str]:
    return [
        name
        for name, request in state.requests.items()
        if request and len(state.records.get(name, [])) < _SEVERAL.get(name, 1)
    ]


def _moment(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()
