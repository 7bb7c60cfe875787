"""The tables, and whether the aims were met."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from rich.console import Console, RenderableType
from rich.table import Table

from benchmarks.measure import FRESH_PROCESSES, LATENCY, ROWS, STARTS, Cold, Row, Warm
from benchmarks.packages import Packages, Size
from benchmarks.products import GET, RESEAL
from benchmarks.world import COMPLIANT, VIOLATING

MOST_CALLS = {COMPLIANT: 1, VIOLATING: 15}
MOST_CPU = 0.010
MOST_OF_FLOOR = {False: {COMPLIANT: 0.8, VIOLATING: 0.8}, True: {COMPLIANT: 1.3, VIOLATING: 1.5}}
"""A start with bytecode, as a share of bare boto3's CPU: without bytecode, and with it."""
_MB = 1_000_000


def show(
    console: Console, warm: Mapping[Row, Warm], cold: Mapping[Row, Cold], sizes: Sequence[tuple[str, Size]]
) -> None:
    """Print every table."""
    for table in (_warm_table(warm), _calls_table(warm), _cold_table(cold), _size_table(sizes)):
        console.print(table)
        console.print()
    for line in aims(warm, cold):
        console.print(line)


def sizes_of(packages: Packages) -> list[tuple[str, Size]]:
    """Of each product, as uploaded."""
    return [
        ("Reseal: layer with its own botocore, and function", packages.reseal_size()),
        ("Cloud Custodian: without boto3, which the runtime provides", packages.custodian_size()),
        ("that boto3, complete", packages.boto3_size()),
    ]


def aims(warm: Mapping[Row, Warm], cold: Mapping[Row, Cold]) -> list[str]:
    """One line for each aim: the measured value, and whether it meets the aim."""
    lines = []
    for row, one in warm.items():
        if row not in cold or row.product != RESEAL:
            continue
        lines.append(aim(f"{row.state}: {len(one.calls)} calls", met=len(one.calls) <= MOST_CALLS[row.state]))
        if row.state == COMPLIANT:
            lines.append(aim(f"{row.state}: {one.cpu * 1e3:.1f} ms CPU", met=one.cpu <= MOST_CPU))
    floors = {row.compiled: cold[row].cpu for row in cold if row.product == GET}
    for row, start in cold.items():
        if row.product != RESEAL or not row.compiled:
            continue
        for compiled, floor in floors.items():
            times, most = start.cpu / floor, MOST_OF_FLOOR[compiled][row.state]
            of = "compiled floor" if compiled else "floor's sources"
            lines.append(aim(f"{row.state}: compiled start {times:.2f} times the {of}", met=times <= most))
    return lines


def aim(text: str, *, met: bool) -> str:
    """A line that says whether an aim was met."""
    return f"[green]met[/]     {text}" if met else f"[red]missed[/]  {text}"


def _warm_table(warm: Mapping[Row, Warm]) -> RenderableType:
    slowed = f"+{LATENCY * 1e3:.0f} ms a call"
    table = new_table("One event, warm (medians)", "bucket", "product")
    for name in (
        "AWS calls",
        "CPU ms",
        "wall ms",
        f"wall ms, {slowed}",
        f"events/s, {slowed}",
        "events measured",
    ):
        table.add_column(name, justify="right")
    for row, one in warm.items():
        figures = (len(one.calls), f"{one.cpu * 1e3:.1f}", f"{one.wall * 1e3:.1f}")
        slow = (f"{one.wall_with_latency * 1e3:.0f}", f"{1 / one.wall_with_latency:.1f}")
        table.add_row(row.state, row.title, *map(str, (*figures, *slow, one.events)))
    return table


def _calls_table(warm: Mapping[Row, Warm]) -> RenderableType:
    table = new_table("The AWS calls of one event", "bucket", "product", "calls")
    for row, one in warm.items():
        counted = Counter(one.calls)
        named = ", ".join(f"{n} {name}" if n > 1 else name for name, n in counted.items())
        table.add_row(row.state, row.title, named)
    return table


def _cold_table(cold: Mapping[Row, Cold]) -> RenderableType:
    (floor,) = [cold[row] for row in cold if row.product == GET and not row.compiled]
    title = f"Cold: imports and first event (medians of {FRESH_PROCESSES} fresh processes)"
    table = new_table(title, "bucket", "product")
    for name in ("wall ms", "CPU ms", "x floor's CPU", "peak memory MiB"):
        table.add_column(name, justify="right")
    for row, one in cold.items():
        figures = (f"{one.wall * 1e3:.0f}", f"{one.cpu * 1e3:.0f}", f"{one.cpu / floor.cpu:.2f}")
        table.add_row(row.state, row.title, *figures, f"{one.peak_memory:.0f}")
    return table


def _size_table(sizes: Sequence[tuple[str, Size]]) -> RenderableType:
    table = new_table("Package", "what is uploaded")
    for name in ("zipped MB", "unzipped MB", "files"):
        table.add_column(name, justify="right")
    for name, size in sizes:
        table.add_row(name, f"{size.zipped / _MB:.2f}", f"{size.unzipped / _MB:.1f}", str(size.files))
    return table


def new_table(title: str, *columns: str) -> Table:
    """A table with its first columns."""
    table = Table(title=title, title_justify="left")
    for column in columns:
        table.add_column(column)
    return table


def rows_to_measure() -> int:
    """The number of steps of a run."""
    return len(ROWS) + len(STARTS) * FRESH_PROCESSES
