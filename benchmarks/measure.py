"""The rows of the table, and the processes that fill them."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.packages import Packages
from benchmarks.policies import AS_DOCUMENTED, NOTIFYING, TUNED
from benchmarks.processes import BARE, CUSTODIANS, RESEALS, environment_of, run_child
from benchmarks.products import CUSTODIAN, GET, GET_PUT, RESEAL, SAME_CALLS
from benchmarks.world import COMPLIANT, REPOSITORY, VIOLATING, World, reseal_settings

LATENCY = 0.02
"""Seconds; about the duration of one call to S3 in the same Region."""

FRESH_PROCESSES = 5


@dataclass(frozen=True, slots=True)
class Row:
    """One product and one bucket state; `events` without latency, a third as many with LATENCY."""

    title: str
    state: str
    product: str
    events: int
    policy: str = AS_DOCUMENTED
    cold: bool = False
    new_buckets: bool = False
    compiled: bool = False


ROWS = (
    Row("bare boto3: Get", COMPLIANT, GET, 150, cold=True),
    Row("Reseal", COMPLIANT, RESEAL, 150, cold=True),
    Row("Cloud Custodian, tuned", COMPLIANT, CUSTODIAN, 20, TUNED, cold=True),
    Row("Cloud Custodian", COMPLIANT, CUSTODIAN, 20, cold=True),
    Row("bare boto3: Get, Put", VIOLATING, GET_PUT, 150),
    Row("bare boto3: Reseal's calls", VIOLATING, SAME_CALLS, 150),
    Row("Reseal", VIOLATING, RESEAL, 150, cold=True),
    Row("Reseal, a new bucket for each event", VIOLATING, RESEAL, 150, new_buckets=True),
    Row("Cloud Custodian, tuned", VIOLATING, CUSTODIAN, 20, TUNED),
    Row("Cloud Custodian, tuned, notifies", VIOLATING, CUSTODIAN, 20, NOTIFYING),
    Row("Cloud Custodian", VIOLATING, CUSTODIAN, 20, cold=True),
)

STARTS = tuple(row for row in ROWS if row.cold) + tuple(
    replace(row, title=f"{row.title}, compiled", compiled=True)
    for row in ROWS
    if row.cold and row.product in (GET, RESEAL)
)
"""The rows that are measured in fresh processes."""


@dataclass(frozen=True, slots=True)
class Warm:
    """Medians of one warm process: seconds, and the calls of an event."""

    calls: tuple[str, ...]
    cpu: float
    wall: float
    wall_with_latency: float
    events: int


@dataclass(frozen=True, slots=True)
class Cold:
    """Medians of fresh processes: seconds, MiB."""

    wall: float
    cpu: float
    peak_memory: float


@dataclass(frozen=True, slots=True)
class Bench:
    """What the child processes need: the packages, the world, and moto's address."""

    packages: Packages
    world: World
    endpoint: str
    checkout: Path = REPOSITORY

    def warm(self, row: Row) -> Warm:
        """Measure one warm process without latency and one with it."""
        plain = self.warm_once(row, row.events)
        slowed = self.warm_once(row, row.events // 3, LATENCY)
        return Warm(
            calls=tuple(plain["calls"]),
            cpu=plain["cpu"],
            wall=plain["wall"],
            wall_with_latency=slowed["wall"],
            events=plain["events"],
        )

    def warm_once(self, row: Row, events: int, latency: float = 0.0) -> dict[str, Any]:
        """Measure one warm process."""
        return self._child(row, cold=False, latency=latency, events=events)

    def cold(self, row: Row) -> dict[str, float]:
        """Measure one fresh process, without changing the bucket first."""
        return self._child(row, cold=True)

    def _child(self, row: Row, **order: object) -> dict[str, Any]:
        order |= {"product": row.product, "state": row.state, "new_buckets": row.new_buckets}
        order |= {"app": str(self.packages.app), "world": asdict(self.world)}
        whose = {RESEAL: RESEALS, CUSTODIAN: CUSTODIANS}.get(row.product, BARE)
        settings = reseal_settings(self.world, self.checkout) if row.product == RESEAL else {}
        answer: dict[str, Any] = run_child(
            f"{row.title}, {row.state}",
            "benchmarks.child",
            order,
            self.packages.policy_directory(row.policy),
            environment_of(self.packages, whose, self.endpoint, settings, compiled=row.compiled),
        )
        return answer


def median_of(runs: list[dict[str, float]]) -> Cold:
    """The median of several fresh processes, for each number."""
    return Cold(**{name: median(run[name] for run in runs) for name in ("wall", "cpu", "peak_memory")})
