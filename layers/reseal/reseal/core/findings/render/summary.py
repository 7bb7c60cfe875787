"""Step 6, report: the summary at the end of an alert window."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterable, Mapping
from typing import Any

from reseal.core.findings.message import Message
from reseal.core.findings.occurrences import Occurrences
from reseal.core.findings.render.email import on_one_line, subject_line
from reseal.core.findings.render.json import SCHEMA
from reseal.core.findings.window import OTHERS, Group, Window

_NAMESPACE = uuid.UUID("e4e3bb3c-9a5c-5c34-9d7e-6d0b3f1c52a1")


def summary_of(window: Window) -> Message | None:
    """The message about all violations that no other message of the window told; None if there are none."""
    if not window.untold:
        return None
    findings = [_finding(window, name, group) for name, group in window.untold.items()]
    untold, worst = sum(group.untold for group in window.untold.values()), findings[0]
    about = f"{untold} more {'violation' if untold == 1 else 'violations'} in {window.scope}"
    actors = {"count": len(window.actors), "more": window.more_actors}
    heading = (
        f"{about}, which no message told before. "
        f"In this window there were {window.total} by {_actors(window)}. "
        f"The most severe of those that follow is {worst['severity']}."
    )
    marked = "INCIDENT " if any(_is_unblocked(group) for group in window.untold.values()) else ""
    return Message(
        subject=subject_line(f"Reseal {marked}{worst['severity']}: {about}"),
        email="\n\n".join([heading, *map(_text, findings)]) + "\n",
        document=json.dumps(
            {
                "schema": SCHEMA,
                "findings": findings,
                "summary": {
                    "window": window.id,
                    "violations": window.total,
                    "untold": untold,
                    "actors": actors,
                },
            }
        ),
        attributes={
            "severity": worst["severity"],
            "status": _distinct(finding["status"] for finding in findings),
            "check": _distinct(finding["check"] for finding in findings),
            "resource_type": worst["resource"]["type"],
            "account": worst["account"],
            "region": worst["region"],
        },
    )


def _finding(window: Window, name: str, group: Group) -> dict[str, Any]:
    """The group as a finding: of a CRITICAL group with the count so far, else with what was not told.

    A message that may not have reached the topic keeps its id.
    """
    count = group.count if group.is_critical and name != OTHERS else group.untold
    occurrences = Occurrences(count=count, first=group.first, last=group.last, keys=group.keys).to_document()
    untold = (alert.id for alert in group.alerts if not alert.told and alert.count == count)
    own_id = str(uuid.uuid5(_NAMESPACE, f"{window.id}|{name}|{group.count}"))
    reason = group.document["reason"]
    if name == OTHERS:
        reason = f"{group.untold} violations that are not told apart; the most severe of them: {reason}"
    return {
        **group.document,
        "id": next(untold, own_id),
        "reason": reason,
        "occurrences": occurrences | {"incident": group.incident},
    }


def _text(finding: Mapping[str, Any]) -> str:
    found = finding["occurrences"]
    keys = ", ".join(repr(key) for key in found["keys"])
    when = found["first"] if found["count"] == 1 else f"{found['first']} to {found['last']}"
    actor = finding["actor"]
    rows = [
        ("All", f"{found['count']}, {when}" + (f": {keys}" if keys else "")),
        ("Who", actor["who"] if actor else "not one caller, or not known"),
        ("Why", finding["reason"]),
        ("Recommendation", finding["recommendation"]),
        ("Runbook", finding["runbook"]),
        ("Finding", finding["id"]),
    ]
    title = f"{finding['severity']} {finding['status']}: {on_one_line(finding['title'])}"
    return "\n".join([title, *(f"  {name:<14} {on_one_line(text)}" for name, text in rows if text)])


def _actors(window: Window) -> str:
    number = len(window.actors)
    if window.more_actors:
        return f"more than {number} actors"
    return "1 actor" if number == 1 else f"{number} actors"


def _is_unblocked(group: Group) -> bool:
    return bool(group.incident and group.incident["unblocked"])


def _distinct(values: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(values))
