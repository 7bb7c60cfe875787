"""The one message about a sweep: counts by check and status, what changed, and where the report is."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from reseal.core.decision import Severity
from reseal.core.findings.message import Message
from reseal.core.sweep.progress import Progress
from reseal.core.sweep.report import Report
from reseal.core.sweep.rows import KEY_STATE

SCHEMA = "reseal.sweep/1"

MOST_NAMES = 10
"""Names of one kind that the message lists; the report has all."""

_LONGEST_SUBJECT = 99  # SNS: fewer than 100 characters (G7)


def summary_of(
    report: Report, progress: Progress, found: Counter[Severity], files: Mapping[str, str], *, single: int
) -> Message:
    """The message. `found` counts the violations by severity, `files` has the report's addresses.

    `single` CRITICAL findings at most had messages of their own.
    """
    worst = max(found, default=Severity.INFORMATIONAL)
    return Message(
        subject=_subject(report, progress, found),
        email=_email(report, progress, found, files, single),
        document=json.dumps(_document(report, progress, found, files)),
        attributes={
            "severity": worst.name,
            "status": "SWEEP",
            "account": report.account,
            "region": report.region,
        },
    )


def _subject(report: Report, progress: Progress, found: Counter[Severity]) -> str:
    critical = f" ({found[Severity.CRITICAL]} CRITICAL)" if found[Severity.CRITICAL] else ""
    what = f"{_many(found.total(), 'violation')}{critical} in {_many(progress.listed, 'bucket')}"
    return f"Reseal sweep: {what}, account {report.account}, {report.region}"[:_LONGEST_SUBJECT]


def _email(
    report: Report, progress: Progress, found: Counter[Severity], files: Mapping[str, str], single: int
) -> str:
    unread = sum(1 for row in report.rows if row.get("not_read"))
    looked = f"Reseal looked at {_many(progress.listed, 'bucket')} of account {report.account}"
    rows = [
        f"{looked} in {report.region}: {_many(found.total(), 'violation')}, {unread} could not be read.",
        "",
        *_severities(found, single),
        *_counts(report),
        "",
        *_changed(report),
        *_repairs(progress),
        f"Report: {files['html']}",
        f"  aws s3 cp {files['html']} .",
        "",
    ]
    return "\n".join(rows)


def _severities(found: Counter[Severity], single: int) -> list[str]:
    if not found:
        return []
    by = ", ".join(f"{found[one]} {one.name}" for one in sorted(found, reverse=True))
    more = found[Severity.CRITICAL] - single
    others = [f"{more} CRITICAL findings have no message of their own: see the report."] if more > 0 else []
    return [f"By severity: {by}", *others, ""]


def _counts(report: Report) -> list[str]:
    width = max((len(check) for check in report.counts), default=0)
    return [f"  {check:<{width}}  {_statuses(found)}" for check, found in report.counts.items()]


def _statuses(found: Mapping[str, int]) -> str:
    return ", ".join(f"{count} {status}" for status, count in sorted(found.items()))


def _changed(report: Report) -> list[str]:
    changes = report.changes
    if len(report.trend) == 1:
        return ["This is the first sweep: there is nothing to compare it with.", ""]
    kinds = (
        ("New buckets", changes.new),
        ("Violated since the last sweep", changes.violated),
        ("Right again since the last sweep", changes.put_right),
    )
    return [*(f"{title}: {_names(names)}" for title, names in kinds), ""]


def _names(names: Sequence[str]) -> str:
    if not names:
        return "none"
    more = len(names) - MOST_NAMES
    return f"{len(names)}: {', '.join(names[:MOST_NAMES])}" + (f" and {more} more" if more > 0 else "")


def _repairs(progress: Progress) -> list[str]:
    if not progress.violating:
        return []
    of_all = f"{len(progress.looks)} of {progress.violating} buckets and keys that can be repaired"
    sent = f"SweepMode=enforce: {of_all} were handed to their lanes"
    if progress.cap is None:
        return [f"{sent}.", ""]
    return [f"{sent}; then the sweep stopped, because {progress.cap}. The others are in the report.", ""]


def _document(
    report: Report, progress: Progress, found: Counter[Severity], files: Mapping[str, str]
) -> dict[str, Any]:
    changes = report.changes
    return {
        "schema": SCHEMA,
        "sweep": report.sweep,
        "account": report.account,
        "region": report.region,
        "started_at": report.started_at.isoformat(),
        "ended_at": report.ended_at.isoformat(),
        "buckets": progress.listed,
        "keys": sum(report.counts.get(KEY_STATE, {}).values()),
        "not_read": sum(1 for row in report.rows if row.get("not_read")),
        "counts": {check: dict(of_check) for check, of_check in report.counts.items()},
        "severities": {one.name: count for one, count in sorted(found.items(), reverse=True)},
        "changed": {
            "new": len(changes.new),
            "violated": len(changes.violated),
            "put_right": len(changes.put_right),
        },
        "repairs": {
            "repairable": progress.violating,
            "sent": len(progress.looks),
            "stopped_because": progress.cap,
        },
        "report": dict(files),
    }


def _many(count: int, what: str) -> str:
    return f"{count} {what}" + ("" if count == 1 else "s")
