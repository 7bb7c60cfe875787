"""Step 6, report: the summary at the end of an alert window."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from reseal.core.alerts.group import OTHERS, Group
from reseal.core.alerts.window import Window
from reseal.core.checks.catalogue import CHECK_BY_ID
from reseal.core.decision import Severity
from reseal.core.findings.message import Message
from reseal.core.findings.occurrences import Occurrences
from reseal.core.findings.render.email import row, subject_line
from reseal.core.findings.render.json import attributes_of, findings_document
from reseal.core.text.quoted import named, quoted

_NAMESPACE = uuid.UUID("e4e3bb3c-9a5c-5c34-9d7e-6d0b3f1c52a1")


def summary_of(window: Window) -> Message | None:
    """The message about all violations that no message of the window reported; None if there are none."""
    groups = dict(window.unreported)
    if not groups:
        return None
    message = _message(window, groups)
    while len(groups) > 1 and not message.fits:
        groups = _less_apart(groups)
        message = _message(window, groups)
    return message


def _less_apart(groups: Mapping[str, Group]) -> dict[str, Group]:
    """The groups with one less: the least severe is counted among the others."""
    *kept, least = [name for name in groups if name != OTHERS]
    others = groups[least].merged(groups[OTHERS]) if OTHERS in groups else groups[least].among_others
    return {name: groups[name] for name in kept} | {OTHERS: others}


def _message(window: Window, groups: Mapping[str, Group]) -> Message:
    findings = [_finding(window, name, group) for name, group in groups.items()]
    findings.sort(key=lambda finding: -Severity[finding["severity"]])
    unreported, worst = sum(group.unreported for group in groups.values()), findings[0]
    about = f"{unreported} more {'violation' if unreported == 1 else 'violations'} in {quoted(window.scope)}"
    heading = (
        f"{about}, which no message reported before. "
        f"In this window there were {window.total} by {_actors(window)}. "
        f"The most severe of those that follow is {worst['severity']}."
    )
    marked = "INCIDENT " if any(_is_attack(group) for group in groups.values()) else ""
    summary = {
        "window": window.id,
        "violations": window.total,
        "unreported": unreported,
        "actors": {"count": len(window.actors), "more": window.more_actors},
    }
    return Message(
        subject=subject_line(f"Reseal {marked}{worst['severity']}: {about}"),
        email="\n\n".join([heading, *map(_text, findings)]) + "\n",
        document=findings_document(findings, summary=summary),
        attributes=attributes_of(findings),
    )


def _finding(window: Window, name: str, group: Group) -> dict[str, Any]:
    """The group as a finding: of a CRITICAL group with the count so far, else with what was not reported.

    A message that may not have reached the topic keeps its id.
    """
    count = group.count if group.is_critical and name != OTHERS else group.unreported
    occurrences = Occurrences(count=count, first=group.first, last=group.last, keys=group.keys)
    unreported = (alert.id for alert in group.alerts if not alert.reported and alert.count == count)
    own_id = str(uuid.uuid5(_NAMESPACE, f"{window.id}|{name}|{group.count}"))
    reason = group.document["reason"]
    if name == OTHERS:
        reason = f"{group.unreported} violations that are not kept apart; the most severe of them: {reason}"
    return {
        **group.document,
        "id": next(unreported, own_id),
        "reason": reason,
        "occurrences": occurrences.to_document() | {"incident": group.incident},
    }


def _text(finding: Mapping[str, Any]) -> str:
    found, actor = finding["occurrences"], finding["actor"]
    first, last = (datetime.fromisoformat(found[name]) for name in ("first", "last"))
    many = Occurrences(count=found["count"], first=first, last=last, keys=tuple(found["keys"]))
    rows = [
        ("All", many.in_words),
        ("Who", named(actor["who"]) if actor else "not one caller, or not known"),
        ("Why", finding["reason"]),
        ("Recommendation", finding["recommendation"]),
        ("Runbook", finding["runbook"]),
        ("Finding", finding["id"]),
    ]
    title = f"{finding['severity']} {finding['status']}: {CHECK_BY_ID[finding['check']].title}"
    return "\n".join([title, *(row(name, text) for name, text in rows if text)])


def _actors(window: Window) -> str:
    number = len(window.actors)
    if window.more_actors:
        return f"more than {number} actors"
    return "1 actor" if number == 1 else f"{number} actors"


def _is_attack(group: Group) -> bool:
    return bool(group.incident and group.incident.get("attack"))
