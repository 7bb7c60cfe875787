"""How each fact of docs/aws-facts.md is known: the last column of its table, derived from the other ones."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from documents.template import REPOSITORY
from operations.verify_aws.facts import MEASURED, NOT_MEASURED

FACTS = REPOSITORY / "docs" / "aws-facts.md"
REPORTS = REPOSITORY / "docs" / "reports"
"""Reports of `make verify-aws` that users sent: `report.json` under a name of its own."""

_ROW = re.compile(
    r"^\| (?P<number>[A-J]\d+) \| (?P<fact>.*?) \| (?P<source>.*?) \|(?: [^|]* \|)?$", re.MULTILINE
)
PAGE, OWN_CODE = "AWS's page", "AWS's own code"
_SOURCES = {
    PAGE: re.compile(r"[Gg]uides?\b|[Rr]eference|S3 API|SDK's model"),
    "recorded by others": re.compile(
        r"CloudTrail (?:data event )?records|[Aa]nswers recorded|published records have|published by"
        r"|reports of users|records of a public|issues of|validated against"
    ),
    OWN_CODE: re.compile(r"botocore's source|pattern engine|rule engine"),
}
_NONE = re.compile(r"none of|general knowledge")


def facts(text: str) -> list[tuple[str, str, str]]:
    """Number, fact and source of each row of the page."""
    return [(row["number"], row["fact"], row["source"]) for row in _ROW.finditer(text)]


def with_known_by(text: str, reports: Iterable[Mapping[str, Any]]) -> str:
    """The page with the column `known by` of each fact."""
    seen = _seen(reports)
    return _ROW.sub(
        lambda row: (
            f"| {row['number']} | {row['fact']} | {row['source']} | "
            f"{known_by(row['number'], row['fact'], row['source'], seen)} |"
        ),
        text,
    )


def known_by(number: str, fact: str, source: str, seen: Mapping[str, str]) -> str:
    """How a fact is known, in words."""
    sources = [] if _NONE.match(source) else [way for way, form in _SOURCES.items() if form.search(source)]
    open_parts = [
        *(["inferred"] if "*inferred*" in fact else []),
        *(["not yet"] if "UNCONFIRMED" in fact else []),
    ]
    ways = [*sources, *(f"in part {way}" if sources else way for way in open_parts)]
    return "; ".join([*ways, *_measured(number, seen)])


def needs_measuring(fact: str, source: str) -> bool:
    """Whether a fact is known otherwise than from a page of AWS, at least in part."""
    ways = known_by("", fact, source, {}).split("; ")
    return ways[0] not in (PAGE, OWN_CODE) or any(way.startswith("in part") for way in ways)


def sent_reports(folder: Path = REPORTS) -> list[dict[str, Any]]:
    """The reports of a folder, the oldest first."""
    found: list[dict[str, Any]] = [json.loads(path.read_text()) for path in folder.glob("*.json")]
    return sorted(found, key=lambda report: str(report["day"]))


def _measured(number: str, seen: Mapping[str, str]) -> list[str]:
    if number in seen:
        return [seen[number]]
    if number in MEASURED:
        return ["to be seen by verify-aws"]
    return [f"not measured: {NOT_MEASURED[number]}"] if number in NOT_MEASURED else []


def _seen(reports: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    """What the newest report says of each fact, by its number."""
    seen: dict[str, str] = {}
    for report in reports:
        verdicts: dict[str, set[str]] = {}
        for row in report["rows"]:
            verdicts.setdefault(row["fact"], set()).add(row["verdict"])
        for fact, found in verdicts.items():
            if "otherwise" in found:
                seen[fact] = f"seen otherwise by verify-aws, {report['day']}"
            elif found == {"as expected"}:
                seen[fact] = f"seen by verify-aws, {report['day']}"
    return seen
