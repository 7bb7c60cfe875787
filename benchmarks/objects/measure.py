"""The rows about objects, and the processes that fill them."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from statistics import median
from typing import Any

from benchmarks.measure import LATENCY
from benchmarks.objects.bare import HEAD, HEAD_COPY, IN_PARTS, MANAGED_COPY, SAME_CALLS
from benchmarks.objects.custodian import custodians_directory
from benchmarks.objects.products import ENCRYPT_KEYS, RESEAL, RESEAL_AGAIN, S3CRYPT
from benchmarks.objects.together import run_together
from benchmarks.objects.world import object_settings
from benchmarks.packages import Packages
from benchmarks.processes import BARE, CUSTODIANS, RESEALS, environment_of
from benchmarks.world import COMPLIANT, REPOSITORY, VIOLATING, World

BATCH = 50
"""The template's BatchSize."""
_SCANNED = 20


@dataclass(frozen=True, slots=True)
class ObjectRow:
    """One product and `objects` objects in one state, in batches, measured `runs` times.

    If there are several processes, they share the objects and run at the same time, each on its own core.
    """

    title: str
    state: str
    product: str
    objects: int
    runs: int
    batch: int = BATCH
    large: bool = False
    processes: int = 1


ROWS = (
    ObjectRow("bare boto3: Head", COMPLIANT, HEAD, 1, 30),
    ObjectRow("Reseal, one in its batch", COMPLIANT, RESEAL, 1, 30),
    ObjectRow("Reseal, 50 in a batch", COMPLIANT, RESEAL, BATCH, 3),
    ObjectRow("Cloud Custodian, s3crypt", COMPLIANT, S3CRYPT, 1, 30),
    ObjectRow("Cloud Custodian, encrypt-keys, 20 objects", COMPLIANT, ENCRYPT_KEYS, _SCANNED, 4),
    ObjectRow("bare boto3: Head, Copy", VIOLATING, HEAD_COPY, 1, 30),
    ObjectRow("bare boto3: Reseal's calls", VIOLATING, SAME_CALLS, 1, 30),
    ObjectRow("bare boto3: Reseal's calls for 50", VIOLATING, SAME_CALLS, BATCH, 3),
    ObjectRow("Reseal, one in its batch, published", VIOLATING, RESEAL, 1, 30),
    ObjectRow("Reseal, one in its batch, suppressed", VIOLATING, RESEAL_AGAIN, 1, 30),
    ObjectRow("Reseal, 50 in a batch, one alert", VIOLATING, RESEAL, BATCH, 3),
    ObjectRow("Cloud Custodian, s3crypt", VIOLATING, S3CRYPT, 1, 30),
    ObjectRow("Cloud Custodian, encrypt-keys, 20 objects", VIOLATING, ENCRYPT_KEYS, _SCANNED, 4),
)

MANY = (
    ObjectRow("bare boto3: Head, Copy, one after the other", VIOLATING, HEAD_COPY, 100, 2),
    ObjectRow("Reseal, two batches of 50, one after the other", VIOLATING, RESEAL, 100, 12),
    ObjectRow("Reseal, two batches of 50 at once, on a core each", VIOLATING, RESEAL, 100, 12, processes=2),
    ObjectRow("Cloud Custodian, s3crypt, one after the other", VIOLATING, S3CRYPT, 100, 2),
    ObjectRow("Cloud Custodian, encrypt-keys, 100 objects", VIOLATING, ENCRYPT_KEYS, 100, 2, batch=100),
)
"""A hundred objects, each AWS call 20 ms."""

LARGE = (
    ObjectRow("bare boto3: one part after the other", VIOLATING, IN_PARTS, 1, 6, large=True),
    ObjectRow("boto3's own copy, ten parts at once", VIOLATING, MANAGED_COPY, 1, 6, large=True),
    ObjectRow("Reseal", VIOLATING, RESEAL, 1, 6, large=True),
    ObjectRow("Cloud Custodian, encrypt-keys", VIOLATING, ENCRYPT_KEYS, 1, 6, large=True),
)
"""One object of 64 MiB in parts of 5 MiB, each AWS call 20 ms."""

LONG = ObjectRow("Reseal, a batch of 50 after the other", VIOLATING, RESEAL, BATCH, 200)
"""Whether the memory of a long-lived process stays constant; without latency, to save time."""


@dataclass(frozen=True, slots=True)
class Measured:
    """Medians for one object of a row, and its best run; the calls of a batch are divided by its objects.

    `memory` is the memory of the processes after each run, in MiB.
    """

    calls: float
    names: tuple[str, ...]
    cpu: float
    wall: float
    best_wall: float
    memory: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class ObjectBench:
    """What the child processes need: the packages, the world, and the address of the AWS emulation."""

    packages: Packages
    world: World
    endpoint: str

    def measure(self, row: ObjectRow) -> Measured:
        """Measure warm processes."""
        order = {
            **asdict(row),
            "objects": row.objects // row.processes,
            "app": str(self.packages.object_app),
            "world": asdict(self.world),
        }
        whose = {RESEAL: RESEALS, RESEAL_AGAIN: RESEALS, S3CRYPT: CUSTODIANS, ENCRYPT_KEYS: CUSTODIANS}
        required = (
            "DSSE-KMS" if row.large else "SSE-KMS"
        )  # with SSE-KMS, a change in place is preferred to parts
        answers = run_together(
            f"{row.title}, {row.state}",
            "benchmarks.objects.child",
            [{**order, "core": core} for core in range(row.processes)],
            custodians_directory(self.packages, self.world, row.product),
            environment_of(
                self.packages,
                whose.get(row.product, BARE),
                self.endpoint,
                object_settings(self.world, required=required),
            ),
        )
        return _for_one(row, answers)


def _for_one(row: ObjectRow, answers: Sequence[dict[str, Any]]) -> Measured:
    """A run lasts from the first process's start to the last one's end; Linux has one clock for all."""
    calls = [name for answer in answers for name in answer["calls"]]
    cpu = [sum(of_a_run) for of_a_run in zip(*(answer["cpu"] for answer in answers), strict=True)]
    runs = zip(*(answer["spans"] for answer in answers), strict=True)
    walls = [max(ended for _, ended in spans) - min(started for started, _ in spans) for spans in runs]
    return Measured(
        calls=len(calls) / row.objects,
        names=tuple(calls),
        cpu=median(cpu) / row.objects,
        wall=median(walls) / row.objects,
        best_wall=min(walls) / row.objects,
        memory=tuple(sum(held) for held in zip(*(answer["memory"] for answer in answers), strict=True)),
    )


@contextmanager
def stand_in(latency: float = LATENCY) -> Iterator[str]:
    """Start the stand-in for AWS in a separate process; yields its address."""
    command = [sys.executable, "-m", "benchmarks.objects.standin", str(latency)]
    server = subprocess.Popen(command, cwd=REPOSITORY, stdout=subprocess.PIPE, text=True)  # noqa: S603
    try:
        port = server.stdout.readline().strip() if server.stdout else ""
        yield f"http://127.0.0.1:{port}"
    finally:
        server.terminate()
        server.wait()
