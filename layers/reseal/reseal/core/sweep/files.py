"""The report as JSON Lines and as CSV. Names and tags can inject into neither."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from reseal.core.checks.catalogue import CHECKS, FRAMEWORKS, Check
from reseal.core.sweep.report import Report

_COLUMNS = (
    "type",
    "name",
    "encryption",
    "kms_key",
    "kms_key_state",
    "rotation",
    "rotation_days",
    "bucket_key",
    "sse_c_blocked",
    "owner",
    "creator",
    "right_since",
    "first_seen",
    "seen_at",
    "last_finding",
    "last_finding_at",
    "not_read",
    "kms_requests",
    "kms_usd",
    "kms_usd_with_bucket_key",
    "kms_cost_unknown",
)
_OF_CHECKS = ("status", "severity", "since", "reason", "recommendation")
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""What makes a spreadsheet take a text for a formula (OWASP, "CSV Injection")."""


def json_lines(report: Report) -> str:
    """The head, then each row, one JSON document on each line."""
    lines = [{"type": "report", **report.head}, *report.rows]
    return "".join(f"{json.dumps(line)}\n" for line in lines)


def csv(report: Report) -> str:
    """One line for each row, with the columns of every check that judges buckets.

    The control ids of each check are columns too, one for each framework.
    """
    checks = [check for check in CHECKS if any(check.id in row.get("checks", {}) for row in report.rows)]
    heads = [*_COLUMNS, *(f"{check.id} {column}" for check in checks for column in _columns_of(check))]
    lines = [heads, *(_cells(row, checks) for row in report.rows)]
    return "".join(",".join(map(_quoted, line)) + "\r\n" for line in lines)


def _columns_of(check: Check) -> tuple[str, ...]:
    return (*_OF_CHECKS, *_controls(check))


def _controls(check: Check) -> Mapping[str, str]:
    """The check's control ids, by framework."""
    found = {one: [id_ for id_ in check.controls if id_.startswith(one)] for one in FRAMEWORKS}
    return {framework: "; ".join(ids) for framework, ids in found.items() if ids}


def _cells(row: Mapping[str, Any], checks: list[Check]) -> list[str]:
    cells = [_cell(row.get(column)) for column in _COLUMNS]
    for check in checks:
        found = row.get("checks", {}).get(check.id)
        cells += [_cell((found or {}).get(column)) for column in _OF_CHECKS]
        cells += [text if found else "" for text in _controls(check).values()]
    return cells


def _cell(value: object) -> str:
    match value:
        case None:
            return ""
        case bool():
            return "yes" if value else "no"
    return str(value)


def _quoted(text: str) -> str:
    safe = f"'{text}" if text.startswith(_FORMULA) else text
    return '"' + safe.replace('"', '""') + '"'
