"""The sweep's function over thousands of buckets, against an AWS that answers after 20 ms.

`make scale` prints what it took; docs/development/performance.md has one run.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest

from localcloud.client.handle import REPOSITORY
from tests.unit.functions.test_sweep import RIGHT as SETTINGS

LATENCY, RATE = 0.02, 200
WARM_UP_SECONDS = 10
"""Imports, clients, caches and threads are made in the first seconds."""

SPAN_SECONDS, GROWTH_MIB = 5.0, 15.0
LAMBDA_GB, PER_GB_SECOND = 1769 / 1024, 0.0000133334
PER_READ, PER_SNAPSHOT_WRITE, PER_SNAPSHOT_READ = 0.0000004, 0.000000625, 0.000000125
"""USD, list prices of us-east-1 (docs/cost.md)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """What a sweep took. `paced` has the times of its calls to S3 and KMS, `memory` its size at some times.

    Times are seconds of the system's monotonic clock, sizes MiB.
    """

    buckets: int
    seconds: float
    cpu: float
    invocations: int
    memory: list[tuple[float, float]] = field(repr=False)
    paced: list[float] = field(repr=False)
    throttled: int
    files: Mapping[str, int] = field(repr=False)
    published: int
    rows: int

    @property
    def expected(self) -> float:
        """The seconds that its calls take at the rate."""
        return len(self.paced) / RATE

    @property
    def highest_rate(self) -> float:
        """The most calls in any five seconds, as calls a second: they arrive less evenly than they leave."""
        first, most = 0, 0
        for last, at in enumerate(self.paced):
            while at - self.paced[first] > SPAN_SECONDS:
                first += 1
            most = max(most, last - first + 1)
        return most / SPAN_SECONDS

    @property
    def growth(self) -> float:
        """How much the memory grew while it looked at buckets, in MiB. The report at the end needs more."""
        begin, end = self.paced[0] + WARM_UP_SECONDS, self.paced[-1]
        looking = [size for at, size in self.memory if begin <= at <= end]
        return max(looking) - looking[0]

    @property
    def cost(self) -> float:
        """What it costs, in USD."""
        snapshot = self.rows * (2 * PER_SNAPSHOT_WRITE + PER_SNAPSHOT_READ)
        return self.seconds * LAMBDA_GB * PER_GB_SECOND + len(self.paced) * PER_READ + snapshot

    def __str__(self) -> str:
        largest = max(size for _, size in self.memory)
        return (
            f"{self.buckets:,} buckets, {len(self.paced):,} calls: {self.seconds:.0f} s "
            f"({self.expected:.0f} s at {RATE} a second), at most {self.highest_rate:.0f} a second, "
            f"{self.cpu:.0f} s CPU, {self.invocations} invocations, memory +{self.growth:.0f} MiB while "
            f"looking, {largest:.0f} MiB at most, {self.throttled} throttled, {self.cost:.3f} USD, "
            f"page {self.files['report.html'] / 1e6:.1f} MB"
        )


@contextmanager
def aws(**account: Any) -> Iterator[str]:
    """An AWS in a process of its own; yields its address."""
    orders = json.dumps({"aws": account, "latency": LATENCY})
    command = [sys.executable, "-m", "tests.scale.aws", orders]
    with subprocess.Popen(command, cwd=REPOSITORY, stdout=subprocess.PIPE, text=True) as server:
        try:
            assert server.stdout
            yield f"http://127.0.0.1:{server.stdout.readline().strip()}"
        finally:
            server.kill()


def sweep(**account: Any) -> Run:
    """A sweep over such an account, with the function's own code and settings."""
    with aws(**account) as endpoint:
        environment = {
            "PATH": os.environ["PATH"],
            "PYTHONPATH": os.pathsep.join([str(REPOSITORY / "layers" / "reseal"), str(REPOSITORY)]),
            "AWS_ACCESS_KEY_ID": "scale",
            "AWS_SECRET_ACCESS_KEY": "scale",
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_ENDPOINT_URL": endpoint,
            **SETTINGS,
            "REPAIRS": "0",
            "RATE": str(RATE),
        }
        finished = subprocess.run(
            [sys.executable, "-m", "tests.scale.invocations"],
            cwd=REPOSITORY,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert finished.returncode == 0, finished.stderr[-3000:]
        with urllib.request.urlopen(f"{endpoint}/_report") as answer:
            seen = json.load(answer)
    return Run(buckets=account["buckets"], **json.loads(finished.stdout), **seen)


CASES = {
    "20,000 buckets that are right": {"buckets": 20_000, "wrong": False},
    "5,000 suspects": {"buckets": 5_000, "wrong": True},
}
READS = {False: 2, True: 8}


@pytest.mark.parametrize("account", CASES.values(), ids=CASES)
def test_sweep_takes_as_long_as_its_calls_at_the_rate(account: dict[str, Any]) -> None:
    run = sweep(**account)
    print(f"\n{run}")

    buckets = account["buckets"]
    reads = READS[account["wrong"]] * buckets
    assert reads <= len(run.paced) <= 1.02 * reads
    assert run.rows == buckets
    assert run.seconds <= 1.1 * run.expected
    assert run.highest_rate <= 1.02 * RATE
    assert run.growth < GROWTH_MIB
    assert run.published == 1


def test_sweep_completes_though_s3_is_busy_again_and_again() -> None:
    run = sweep(buckets=2_000, wrong=False, burst_every=5.0, burst_seconds=1.0)
    print(f"\n{run}")

    assert run.throttled > 0
    assert run.rows == 2_000
    assert run.published == 1
