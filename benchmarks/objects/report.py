"""The tables about objects, and whether the aim was met."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from rich.console import Console, RenderableType

from benchmarks.measure import LATENCY
from benchmarks.objects.measure import LONG, Measured, ObjectRow
from benchmarks.objects.products import RESEAL
from benchmarks.objects.run import Results
from benchmarks.objects.survival import WAYS, Fates, Way
from benchmarks.report import aim, new_table

MOST_SECONDS = 0.5
"""For a hundred violating objects at LATENCY, each function on one core."""

_SLOWED = f"{LATENCY * 1e3:.0f} ms a call"


def show_objects(console: Console, results: Results) -> None:
    """Print every table about objects."""
    tables = (
        _object_table(results.plain, results.slowed),
        _calls_table(results.plain),
        _total_table(f"100 violating objects, {_SLOWED}, a process has one core", results.many),
        _total_table(f"One object of 64 MiB in parts of 5 MiB, {_SLOWED}, one core", results.large),
        _memory_table(results.long),
        _survival_table(results.fates),
    )
    for table in tables:
        console.print(table)
        console.print()
    for line in object_aims(results.many):
        console.print(line)


def object_aims(many: Mapping[ObjectRow, Measured]) -> list[str]:
    """One line for each measured row: the value, and whether it meets the aim."""
    lines = []
    for row, one in many.items():
        if row.product == RESEAL:
            wall, best = one.wall * row.objects, one.best_wall * row.objects
            text = f"{row.title}: {wall:.2f} s (best run {best:.2f} s)"
            lines.append(aim(text, met=wall <= MOST_SECONDS))
    return lines


def _object_table(
    plain: Mapping[ObjectRow, Measured], slowed: Mapping[ObjectRow, Measured]
) -> RenderableType:
    table = new_table("One object, warm (medians; of a batch, its share)", "object", "product")
    for name in ("AWS calls", "CPU ms", "wall ms", f"wall ms, {_SLOWED}", "objects measured"):
        table.add_column(name, justify="right")
    for row, one in plain.items():
        figures = (f"{one.calls:.2f}", _ms(one.cpu), _ms(one.wall), _ms(slowed[row].wall))
        table.add_row(row.state, row.title, *figures, str(row.objects * row.runs))
    return table


def _calls_table(plain: Mapping[ObjectRow, Measured]) -> RenderableType:
    table = new_table("The AWS calls of all objects of a row", "object", "product", "calls")
    for row, one in plain.items():
        counted = Counter(one.names)
        named = ", ".join(f"{n} {name}" if n > 1 else name for name, n in counted.items())
        table.add_row(row.state, row.title, named)
    return table


def _total_table(title: str, measured: Mapping[ObjectRow, Measured]) -> RenderableType:
    table = new_table(title, "product")
    for name in ("AWS calls", "CPU ms", "wall ms", "wall ms, best run", "runs"):
        table.add_column(name, justify="right")
    for row, one in measured.items():
        figures = (one.cpu, one.wall, one.best_wall)
        totals = (f"{figure * row.objects * 1e3:.0f}" for figure in figures)
        table.add_row(row.title, f"{one.calls * row.objects:.0f}", *totals, str(row.runs))
    return table


def _memory_table(long: Measured) -> RenderableType:
    table = new_table(f"Memory of one process that handles batch after batch ({LONG.title})", "batches")
    table.add_column("MiB held", justify="right")
    for batches in (1, 10, 50, 100, LONG.runs):
        table.add_row(str(batches), f"{long.memory[batches - 1]:.1f}")
    return table


def _survival_table(fates: Mapping[Way, Fates]) -> RenderableType:
    table = new_table("What survives, on the local cloud", "property", *(way.title for way in WAYS))
    names = dict.fromkeys(name for of_way in fates.values() for name in of_way)
    for name in names:
        table.add_row(name, *(fates[way].get(name, "") for way in WAYS))
    return table


def _ms(seconds: float) -> str:
    return f"{seconds * 1e3:.1f}"
