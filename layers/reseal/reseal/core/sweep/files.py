"""The report as JSON Lines and as CSV. Names and tags can inject into neither."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from reseal.core.checks.catalogue import CHECKS
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
    "not_read",
)
_OF_CHECKS = ("status", "severity", "since", "reason", "recommendation", "controls")
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""What makes a spreadsheet take a text for a formula (OWASP, "CSV Injection")."""


def json_lines(report: Report) -> str:
    """The head, then each row, one JSON document on each line."""
    lines = [{"type": "report", **report.head}, *report.rows]
    return "".join(f"{json.dumps(line)}\n" for line in lines)


def csv(report: Report) -> str:
    """One line for each row, with the columns of every check that judges buckets."""
    checks = [check.id for check in CHECKS if any(check.id in row.get("checks", {}) for row in report.rows)]
    heads = [*_COLUMNS, *(f"{check} {column}" for check in checks for column in _OF_CHECKS)]
    lines = [heads, *(_cells(row, checks) for row in report.rows)]
    return "".join(",".join(map(_quoted, line)) + "\r\n" for line in lines)


def _cells(row: Mapping[str, Any], checks: list[str]) -> list[str]:
    found = row.get("checks", {})
    of_checks = (found.get(check, {}).get(column) for check in checks for column in _OF_CHECKS)
    return [_cell(value) for value in (*(row.get(column) for column in _COLUMNS), *of_checks)]


def _cell(value: object) -> str:
    match value:
        case None:
            return ""
        case bool():
            return "yes" if value else "no"
        case list():
            return "; ".join(map(str, value))
    return str(value)


def _quoted(text: str) -> str:
    safe = f"'{text}" if text.startswith(_FORMULA) else text
    return '"' + safe.replace('"', '""') + '"'
