"""Measure everything about objects."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from benchmarks.objects.measure import LARGE, LONG, MANY, ROWS, Measured, ObjectBench, ObjectRow, stand_in
from benchmarks.objects.survival import WAYS, Fates, Way, fates_of
from benchmarks.objects.world import STAND_IN, make_bucket_and_queue
from benchmarks.packages import Packages
from benchmarks.world import Client, World

Step = Callable[[str], None]
_FEWER = 3


@dataclass(frozen=True, slots=True)
class Results:
    """Calls and CPU from moto, wall times and memory from the stand-in, survival from the local cloud."""

    plain: Mapping[ObjectRow, Measured]
    slowed: Mapping[ObjectRow, Measured]
    many: Mapping[ObjectRow, Measured]
    large: Mapping[ObjectRow, Measured]
    long: Measured
    fates: Mapping[Way, Fates]


def steps_to_take() -> int:
    """The number of steps of a run."""
    return 2 * len(ROWS) + len(MANY) + len(LARGE) + 1 + len(WAYS)


def measure_objects(packages: Packages, world: World, endpoint: str, client: Client, step: Step) -> Results:
    """Measure every row about objects and show the progress."""
    make_bucket_and_queue(client, world)
    plain = _rows(ObjectBench(packages, world, endpoint), ROWS, step)
    with stand_in() as address:
        slowed_bench = ObjectBench(packages, STAND_IN, address)
        fewer = {row: replace(row, runs=max(1, row.runs // _FEWER)) for row in ROWS}
        slowed = _rows(slowed_bench, tuple(fewer.values()), step)
        many = _rows(slowed_bench, MANY, step)
        large = _rows(slowed_bench, LARGE, step)
    with stand_in(latency=0.0) as address:
        long = _rows(ObjectBench(packages, STAND_IN, address), (LONG,), step)[LONG]
    return Results(
        plain=plain,
        slowed={row: slowed[fewer[row]] for row in ROWS},
        many=many,
        large=large,
        long=long,
        fates=fates_of(packages, step),
    )


def _rows(bench: ObjectBench, rows: tuple[ObjectRow, ...], step: Step) -> dict[ObjectRow, Measured]:
    measured = {}
    for row in rows:
        step(f"{row.title}, {row.state}")
        measured[row] = bench.measure(row)
    return measured
