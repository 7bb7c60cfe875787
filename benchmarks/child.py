"""One measurement in a separate process: JSON on standard input, JSON on standard output."""

from __future__ import annotations

import json
import os
import sys
import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

from benchmarks.memory import peak_memory
from benchmarks.products import Handle, load
from benchmarks.world import BUCKET, World, an_event, is_compliant, put_state

if TYPE_CHECKING:
    from benchmarks.calls import CallLog

Stage = Callable[[], AbstractContextManager[dict[str, Any]]]

_WARM_UP_EVENTS = 3


def measure_cold(order: dict[str, Any], world: World) -> dict[str, Any]:
    """Time from the first import to the end of the first event."""
    event, app = an_event(world, order["state"]), Path(order["app"])
    started, cpu_started = time.perf_counter(), time.process_time()
    handle = load(order["product"], world, app)
    handle(event)
    return {
        "wall": time.perf_counter() - started,
        "cpu": time.process_time() - cpu_started,
        "peak_memory": peak_memory(),
    }


def measure_warm(order: dict[str, Any], world: World) -> dict[str, Any]:
    """Median CPU and wall time of many events, and the most common list of calls."""
    from botocore.session import get_session  # noqa: PLC0415  # a cold measurement must include this import

    from benchmarks.calls import CallLog  # noqa: PLC0415  # the same

    s3, handle = get_session().create_client("s3"), load(order["product"], world, Path(order["app"]))
    with CallLog(order["latency"]).installed() as log:
        return repeat(order, handle, partial(staged, s3, world, order), log)


@contextmanager
def staged(s3: Any, world: World, order: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """A bucket in its state, and the event of it.

    Afterwards the bucket must be compliant; a bucket made for this event is deleted.
    """
    bucket = f"{BUCKET}-{uuid.uuid4()}" if order["new_buckets"] else BUCKET
    if order["new_buckets"]:
        s3.create_bucket(Bucket=bucket)
    put_state(s3, world, order["state"], bucket)
    yield an_event(world, order["state"], bucket)
    if not is_compliant(s3, world, bucket):
        raise RuntimeError(f"{order['product']} did not leave the bucket compliant")
    if order["new_buckets"]:
        s3.delete_bucket(Bucket=bucket)


def repeat(order: dict[str, Any], handle: Handle, stage: Stage, log: CallLog) -> dict[str, Any]:
    """Handle the events one after the other; the first few warm up the process."""
    cpu, wall, calls = [], [], Counter[tuple[str, ...]]()
    for number in range(-_WARM_UP_EVENTS, order["events"]):
        with stage() as event, log.counting() as names:
            started, cpu_started = time.perf_counter(), time.process_time()
            handle(event)
            cpu_ended, ended = time.process_time(), time.perf_counter()
        if number >= 0:
            cpu.append(cpu_ended - cpu_started)
            wall.append(ended - started)
            calls[tuple(names)] += 1
    (most, _), *_ = calls.most_common(1)
    return {"events": order["events"], "cpu": median(cpu), "wall": median(wall), "calls": list(most)}


def main() -> None:
    """Measure; the products' output is captured, and shown if they fail."""
    order = json.load(sys.stdin)
    results = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    measure = measure_cold if order["cold"] else measure_warm
    json.dump(measure(order, World(**order["world"])), results)
    results.close()


if __name__ == "__main__":
    main()
