"""How a fact is known, from its text, its source and the reports that users sent."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from documents.facts import known_by, needs_measuring, sent_reports, with_known_by
from operations.verify_aws.facts import EXPECTATIONS

PAGE, RECORDED = "S3 User Guide, `versioning`", "Answers recorded from AWS in public test snapshots"


def test_every_expectation_has_a_name_of_its_own() -> None:
    assert len({asks.name for asks in EXPECTATIONS}) == len(EXPECTATIONS)


@pytest.mark.parametrize(
    ("fact", "source", "expected"),
    [
        ("It is so.", PAGE, "AWS's page"),
        ("It is so.", RECORDED, "recorded by others"),
        ("It is so.", f"{PAGE}; {RECORDED[0].lower()}{RECORDED[1:]}", "AWS's page; recorded by others"),
        ("It is so; the rest is *inferred*.", PAGE, "AWS's page; in part inferred"),
        ("Whether it is so is **UNCONFIRMED**.", "none of the published records has it", "not yet"),
        ("Whether it is so is **UNCONFIRMED**.", "general knowledge; no page was read", "not yet"),
    ],
)
def test_column_says_how_a_fact_is_known(fact: str, source: str, expected: str) -> None:
    assert known_by("Z1", fact, source, {}) == expected


@pytest.mark.parametrize(
    ("fact", "source", "expected"),
    [
        ("It is so.", PAGE, False),
        ("It is so; the rest is **UNCONFIRMED**.", PAGE, True),
        ("It is so.", RECORDED, True),
        ("It is so.", "AWS's pattern engine, `aws/event-ruler`", False),
    ],
)
def test_fact_needs_measuring_unless_aws_itself_says_all_of_it(
    fact: str, source: str, expected: bool
) -> None:
    assert needs_measuring(fact, source) is expected


def report(day: str, *verdicts: str) -> dict[str, Any]:
    return {"day": day, "rows": [{"fact": "E5", "verdict": verdict} for verdict in verdicts]}


@pytest.mark.parametrize(
    ("reports", "expected"),
    [
        ([], "to be seen by verify-aws"),
        ([report("2026-12-01", "as expected", "as expected")], "seen by verify-aws, 2026-12-01"),
        ([report("2026-12-01", "as expected", "otherwise")], "seen otherwise by verify-aws, 2026-12-01"),
        ([report("2026-12-01", "as expected", "not seen")], "to be seen by verify-aws"),
        (
            [report("2026-12-01", "otherwise"), report("2026-12-02", "as expected")],
            "seen by verify-aws, 2026-12-02",
        ),
    ],
)
def test_report_of_a_user_shows_in_the_column(reports: list[dict[str, Any]], expected: str) -> None:
    page = f"| E5 | It is so. | {PAGE} | whatever |"

    assert with_known_by(page, reports) == f"| E5 | It is so. | {PAGE} | AWS's page; {expected} |"


def test_reports_are_read_from_the_oldest_to_the_newest(tmp_path: Path) -> None:
    for name, day in (("a", "2026-12-02"), ("b", "2026-12-01")):
        (tmp_path / f"{name}.json").write_text(json.dumps(report(day, "as expected")))

    assert [found["day"] for found in sent_reports(tmp_path)] == ["2026-12-01", "2026-12-02"]
