"""One measurement of objects in a separate process: JSON in, JSON out, on the standard streams."""

from __future__ import annotations

import json
import os
import sys
import time
import uuid
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.calls import CallLog
from benchmarks.memory import held_memory
from benchmarks.objects.products import load
from benchmarks.objects.together import GO, READY
from benchmarks.objects.world import BUCKET, is_compliant, put_objects
from benchmarks.world import World

_WARM_UP_RUNS = 1
"""One run creates the clients, reads bucket and key, and fills the connection pool."""


def measure(order: dict[str, Any], world: World, begin: Callable[[], None]) -> dict[str, Any]:
    """For each run: CPU seconds, start and end, MiB held after it; and the most common list of calls.

    `begin` returns when the run may begin.
    """
    from botocore.session import get_session  # noqa: PLC0415  # after the process is pinned

    stage = load(order["product"], world, Path(order["app"]), order["state"], large=order["large"])
    s3 = get_session().create_client("s3")
    cpu, spans, memory, calls = [], [], [], Counter[tuple[str, ...]]()
    with CallLog().installed() as log:
        for number in range(-_WARM_UP_RUNS, order["runs"]):
            keys = keys_of_a_run(order)
            put_objects(s3, world, order["state"], keys)
            acts = [
                stage(keys[start : start + order["batch"]]) for start in range(0, len(keys), order["batch"])
            ]
            begin()
            with log.counting() as names:
                started, cpu_started = time.perf_counter(), time.process_time()
                for act in acts:
                    act()
                cpu_ended, ended = time.process_time(), time.perf_counter()
            settle(s3, world, order["product"], keys)
            if number >= 0:
                cpu.append(cpu_ended - cpu_started)
                spans.append((started, ended))
                memory.append(held_memory())
                calls[tuple(sorted(names))] += 1
    (most, _), *_ = calls.most_common(1)
    return {"cpu": cpu, "spans": spans, "memory": memory, "calls": list(most)}


def keys_of_a_run(order: dict[str, Any]) -> list[str]:
    """New object keys; a key that ends in `/large` stands for a large object in the stand-in."""
    folder = f"objects-{uuid.uuid4()}"
    return [f"{folder}/large"] if order["large"] else [f"{folder}/{n}" for n in range(order["objects"])]


def settle(s3: Any, world: World, product: str, keys: list[str]) -> None:
    """Check that the first and the last are compliant; then delete all: a scan must find no others."""
    for key in {keys[0], keys[-1]}:
        if not is_compliant(s3, world, key):
            raise RuntimeError(f"{product} did not leave {key} compliant")
    for key in keys:
        s3.delete_object(Bucket=BUCKET, Key=key)


def main() -> None:
    """Measure; the products' output is captured, and shown if they fail."""
    order = json.loads(sys.stdin.readline())
    if hasattr(os, "sched_setaffinity"):  # one core, as a function of 1,769 MB has it
        cores = sorted(os.sched_getaffinity(0), reverse=True)
        os.sched_setaffinity(0, {cores[order["core"] % len(cores)]})
    results = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)

    def begin() -> None:
        print(READY, file=results, flush=True)
        if sys.stdin.readline().strip() != GO:
            raise RuntimeError("another process of this measurement failed")

    json.dump(measure(order, World(**order["world"]), begin), results)
    results.close()
    os._exit(0)  # products' thread pools need not be waited for


if __name__ == "__main__":
    main()
