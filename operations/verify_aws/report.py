"""The report: each fact, what was expected, what was seen."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from operations.verify_aws.measurement import Expectation

AS_EXPECTED, OTHERWISE, NOT_SEEN = "as expected", "otherwise", "not seen"
VERSION = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One line of the report. `seen` is None where the run could not look; `problem` then says why."""

    name: str
    fact: str
    question: str
    expected: str
    seen: str | None
    problem: str = ""

    @property
    def verdict(self) -> str:
        """Whether what was seen is what was expected."""
        if self.seen is None:
            return NOT_SEEN
        return AS_EXPECTED if self.seen == self.expected else OTHERWISE


def row_of(asks: Expectation, seen: str | None, problem: str = "") -> Row:
    """The row of an expectation."""
    return Row(
        name=asks.name,
        fact=asks.fact,
        question=asks.question,
        expected=asks.expected,
        seen=seen,
        problem=problem,
    )


def exit_code(rows: Iterable[Row]) -> int:
    """0: all as expected; 1: something seen otherwise; 2: nothing otherwise, but something not seen."""
    verdicts = {row.verdict for row in rows}
    if OTHERWISE in verdicts:
        return 1
    return 2 if NOT_SEEN in verdicts or not verdicts else 0


def as_document(rows: Sequence[Row], *, region: str, day: str, software: str) -> dict[str, Any]:
    """The report for programs. It names no account and nothing in it."""
    return {
        "version": VERSION,
        "region": region,
        "day": day,
        "software": software,
        "rows": [{**asdict(row), "verdict": row.verdict} for row in rows],
    }


def as_text(rows: Sequence[Row]) -> str:
    """The report for people: what was seen otherwise comes first, then what was not seen."""
    parts = []
    for verdict in (OTHERWISE, NOT_SEEN, AS_EXPECTED):
        of_verdict = [row for row in rows if row.verdict == verdict]
        if of_verdict:
            parts += [f"{verdict.upper()}: {len(of_verdict)}", "", *map(_lines, of_verdict)]
    return "\n".join(parts)


def _lines(row: Row) -> str:
    seen = row.seen if row.seen is not None else f"not seen: {row.problem}"
    return f"{row.fact}  {row.question}\n    expected: {row.expected}\n    seen:     {seen}\n"
