"""The report as one HTML page that loads nothing: its policy names its own style and script by hash."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterable, Mapping
from typing import Any

from reseal.core.sweep.html.script import SCRIPT
from reseal.core.sweep.html.style import STYLE
from reseal.core.sweep.report import Report

_COLUMNS = (
    "type",
    "name",
    "encryption",
    "kms_key",
    "kms_key_state",
    "owner",
    "creator",
    "right_since",
    "not_read",
    "last_finding",
    "last_finding_at",
    "rotation",
    "buckets",
    "kms_requests",
    "kms_usd",
    "kms_usd_with_bucket_key",
    "kms_cost_unknown",
)
_STATUSES = ("DETECTED", "MANUAL", "FAILED", "UNREAD", "COMPLIANT", "EXEMPT")
_SEVERITIES = ("CRITICAL", "HIGH", "MEDIUM", "LOW", "INFORMATIONAL")
_WRONG = ("DETECTED", "MANUAL", "FAILED")
_HEADS = {
    "name": "Name",
    "status": "Status",
    "severity": "Severity",
    "encryption": "Encryption",
    "kms_key_state": "Key state",
    "owner": "Owner",
    "since": "Since",
}


def page(report: Report) -> str:
    """The page. Without a script it shows the counts, the trend and what was not looked at."""
    policy = f"default-src 'none'; style-src '{_hash(STYLE)}'; script-src '{_hash(SCRIPT)}'"
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{policy}; base-uri 'none'; form-action 'none'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<title>Reseal report, account {escaped(report.account)}, {escaped(report.region)}</title>
<style>{STYLE}</style>
</head>
<body>
<header>
<h1>Reseal report</h1>
<p>Account {escaped(report.account)}, {escaped(report.region)}, {report.started_at:%Y-%m-%d %H:%M} UTC</p>
<p class="soft">Sweep {escaped(report.sweep)}, Reseal {escaped(report.version)}</p>
</header>
<main>
<h2 id="counts">Counts by check</h2>
{_counts(report)}
<h2>Changed since the last sweep</h2>
{_changed(report)}
<h2>Trend</h2>
{_trend(report)}
<h2>Not looked at</h2>
{_details(f"{len(report.not_looked_at)} entries", report.not_looked_at)}
<h2 id="all">Buckets and keys</h2>
<noscript><p>Filters and rows need JavaScript. The CSV and JSON Lines files have all rows.</p></noscript>
<div id="interactive" hidden>
{_filters(report)}
<div class="pages"><button type="button" id="back">Previous</button>
<button type="button" id="forth">Next</button> <span id="found" role="status"></span></div>
<table id="rows" aria-labelledby="all"><thead><tr>{_heads()}</tr></thead><tbody></tbody></table>
</div>
</main>
<script type="application/json" id="data">{_data(report)}</script>
<script>{SCRIPT}</script>
</body>
</html>
"""


def escaped(text: object) -> str:
    """The text for HTML, between tags and in quoted attributes."""
    replaced = str(text)
    for char, entity in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ('"', "&quot;"), ("'", "&#39;")):
        replaced = replaced.replace(char, entity)
    return replaced


def _hash(text: str) -> str:
    """The hash that the policy names: of exactly what is between the tags."""
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"


def _counts(report: Report) -> str:
    return "".join(
        f"<details open><summary>{escaped(check)}: {sum(found.values())}</summary><table><tbody>"
        + "".join(
            f'<tr><th scope="row" class="{escaped(status)}">{escaped(status)}</th>'
            f'<td class="number">{count}</td></tr>'
            for status, count in sorted(found.items())
        )
        + "</tbody></table></details>"
        for check, found in report.counts.items()
    )


def _changed(report: Report) -> str:
    if len(report.trend) == 1:
        return "<p>This is the first sweep.</p>"
    changes = report.changes
    return "".join(
        _details(f"{title}: {len(names)}", names)
        for title, names in (
            ("New buckets", changes.new),
            ("Violated", changes.violated),
            ("Right again", changes.put_right),
        )
    )


def _details(title: str, items: Iterable[str]) -> str:
    listed = "".join(f"<li>{escaped(one)}</li>" for one in items)
    return f"<details><summary>{escaped(title)}</summary><ul>{listed}</ul></details>"


def _trend(report: Report) -> str:
    """The violations of each sweep, as bars and as a table."""
    points = [(one["at"], one["listed"], _wrong(one["counts"])) for one in report.trend]
    most = max((wrong for *_, wrong in points), default=0) or 1
    bars = "".join(
        f'<rect x="{24 * index}" y="{50 - 50 * wrong // most}" width="18" height="{50 * wrong // most}"/>'
        for index, (_, _, wrong) in enumerate(points)
    )
    rows = "".join(
        f'<tr><th scope="row">{escaped(at[:10])}</th><td class="number">{listed}</td>'
        f'<td class="number">{wrong}</td></tr>'
        for at, listed, wrong in points
    )
    heads = '<th scope="col">Sweep</th><th scope="col">Buckets</th><th scope="col">Violations</th>'
    return (
        f'<svg viewBox="0 0 {24 * len(points)} 50" role="img" aria-label="Violations of each sweep">'
        f"{bars}</svg>"
        f"<table><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table>"
    )


def _wrong(counts: Mapping[str, Mapping[str, int]]) -> int:
    return sum(found.get(status, 0) for found in counts.values() for status in _WRONG)


def _filters(report: Report) -> str:
    checks = [check for check in report.modes if check in report.counts]
    return (
        '<form id="filters"><label>Find <input id="find" type="search"></label>'
        + _select("type", "Kind", ("bucket", "key"))
        + _select("check", "Check", checks)
        + _select("status", "Status", _STATUSES)
        + _select("severity", "Severity at least", _SEVERITIES)
        + '<button type="reset">Clear</button></form>'
    )


def _select(name: str, label: str, values: Iterable[str]) -> str:
    options = "".join(f'<option value="{escaped(one)}">{escaped(one)}</option>' for one in values)
    return f'<label>{label} <select id="{name}"><option value="">all</option>{options}</select></label>'


def _heads() -> str:
    sortable = "".join(
        f'<th scope="col" data-by="{by}"><button type="button">{title}</button></th>'
        for by, title in _HEADS.items()
    )
    return f'{sortable}<th scope="col" class="more">Details</th>'


def _data(report: Report) -> str:
    """The rows as JSON in a script element, each text and verdict once: 20,000 rows repeat most of them.

    A verdict is there without its time, which differs.
    """
    texts: dict[Any, int] = {}
    verdicts: dict[str, int] = {}
    packed = [_packed(row, texts, verdicts) for row in report.rows]
    document = {
        "columns": _COLUMNS,
        "texts": list(texts),
        "verdicts": [json.loads(one) for one in verdicts],
        "rows": packed,
    }
    return json.dumps(document, separators=(",", ":")).replace("<", "\\u003c")


def _packed(row: Mapping[str, Any], texts: dict[Any, int], verdicts: dict[str, int]) -> list[Any]:
    cells = [_index(row.get(column), texts) for column in _COLUMNS]
    checks: list[int] = []
    for check, verdict in row.get("checks", {}).items():
        timeless = json.dumps({"check": check, **verdict, "since": None})
        checks += [verdicts.setdefault(timeless, len(verdicts)), _index(verdict["since"], texts)]
    return [*cells, checks]


def _index(value: object, texts: dict[Any, int]) -> int:
    if value is None:
        return -1
    text = {True: "on", False: "off"}[value] if isinstance(value, bool) else str(value)
    return texts.setdefault(text, len(texts))
