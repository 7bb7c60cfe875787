"""`make bench`: measure each row in separate processes, and print the tables."""

from __future__ import annotations

import argparse
import platform
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from importlib.metadata import version
from pathlib import Path

import boto3
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from benchmarks.measure import FRESH_PROCESSES, ROWS, STARTS, Bench, Cold, Row, Warm, median_of
from benchmarks.objects.report import show_objects
from benchmarks.objects.run import measure_objects, steps_to_take
from benchmarks.packages import CUSTODIAN_PYTHON, PackageError, lay_out
from benchmarks.processes import MeasurementError
from benchmarks.report import rows_to_measure, show, sizes_of
from benchmarks.server import ServerError, moto_server
from benchmarks.world import CREDENTIALS, REGION, make_world, put_state
from localcloud.client.handle import LocalCloudError

_WIDTH_OF_A_FILE = 170
HALVES = ("buckets", "objects")

console = Console(width=None if sys.stdout.isatty() else _WIDTH_OF_A_FILE)


def main() -> int:
    """Run every measurement, or one half; the exit status."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("only", nargs="?", choices=HALVES, help="one half; by default both")
    only = parser.parse_args().only
    started = time.monotonic()
    console.print(f"Python {platform.python_version()}, {platform.machine()}, boto3 {version('boto3')}\n")
    try:
        with tempfile.TemporaryDirectory(prefix="reseal-bench-") as home:
            run(Path(home), [only] if only else HALVES)
    except (LocalCloudError, MeasurementError, PackageError, ServerError) as error:
        console.print("[bold red]The benchmark could not run.[/]", escape(str(error)), soft_wrap=True)
        return 1
    console.print(f"\n{time.monotonic() - started:.0f} seconds")
    return 0


def run(home: Path, halves: Sequence[str]) -> None:
    """Start moto, prepare the packages, measure and print."""
    with moto_server(CUSTODIAN_PYTHON) as endpoint:
        client = partial(
            boto3.client,
            endpoint_url=endpoint,
            region_name=REGION,
            aws_access_key_id=CREDENTIALS["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=CREDENTIALS["AWS_SECRET_ACCESS_KEY"],
        )
        world = make_world(client)
        bench = Bench(lay_out(home, world), world, endpoint)
        if "buckets" in halves:
            warm, cold = measure(bench, partial(put_state, client("s3"), world))
            show(console, warm, cold, sizes_of(bench.packages))
        if "objects" in halves:
            with _progress(steps_to_take()) as step:
                results = measure_objects(bench.packages, world, endpoint, client, step)
            show_objects(console, results)


def measure(bench: Bench, put: partial[None]) -> tuple[dict[Row, Warm], dict[Row, Cold]]:
    """Measure every row and show the progress."""
    with _progress(rows_to_measure()) as show_step:

        def step(row: Row, how: str) -> None:
            show_step(f"{row.title}, {row.state}, {how}")

        warm = {}
        for row in ROWS:
            step(row, "warm")
            warm[row] = bench.warm(row)
        return warm, measure_cold(bench, put, step)


def measure_cold(bench: Bench, put: partial[None], step: Callable[[Row, str], None]) -> dict[Row, Cold]:
    """In rounds of all rows, so that other load on the machine affects all rows alike."""
    runs: dict[Row, list[dict[str, float]]] = {row: [] for row in STARTS}
    for _ in range(FRESH_PROCESSES):
        for row, so_far in runs.items():
            step(row, "cold")
            put(row.state)
            so_far.append(bench.cold(row))
    return {row: median_of(measured) for row, measured in runs.items()}


@contextmanager
def _progress(steps: int) -> Iterator[Callable[[str], None]]:
    """A progress bar; call the yielded function at each step."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task("", total=steps)
        yield lambda what: progress.update(task, advance=1, description=what)


if __name__ == "__main__":
    sys.exit(main())
