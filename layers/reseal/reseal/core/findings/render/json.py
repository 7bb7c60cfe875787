"""Step 6, report: findings as JSON for programs, and the attributes that subscriptions filter by."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from reseal.core.calls.call import Call
from reseal.core.calls.look import Look
from reseal.core.findings.finding import Finding
from reseal.core.findings.render.commands import recommendation_of, repair_command, undo_command
from reseal.core.resource import version_of
from reseal.core.state.bucket_policy import BucketPolicy
from reseal.core.state.setting import State
from reseal.core.text.quoted import MOST, cut, cut_or_none

SCHEMA = "reseal.findings/1"
FINDING_SCHEMA = "reseal.finding/1"
_LONGEST_REASON, _LONGEST_RECOMMENDATION, _LONGEST_VERSION = 6000, 3000, 1100


def findings_document(documents: Sequence[Mapping[str, Any]], **more: Any) -> str:
    """Findings, each as JSON, and what else a message has, as the JSON of docs/finding.schema.json."""
    return json.dumps({"schema": SCHEMA, "findings": documents, **more})


def finding_document(finding: Finding) -> dict[str, Any]:
    """One finding as the JSON of docs/finding.schema.json."""
    call, written = finding.call, finding.written
    return {
        "schema": FINDING_SCHEMA,
        "id": finding.id,
        "check": finding.check.id,
        "title": f"{finding.check.title} of {finding.resource.in_words}",
        "severity": finding.severity.name,
        "status": finding.status.value,
        "resource": {
            "type": finding.resource.type,
            "arn": finding.resource_arn,
            "name": finding.resource.name,
            "version_id": cut_or_none(version_of(finding.resource), _LONGEST_VERSION),
        },
        "account": finding.account,
        "region": finding.region,
        "seen_at": call.time.isoformat(),
        "actor": None if isinstance(call, Look) else call.actor.to_document(),
        "api_call": None if isinstance(call, Look) else _api_call(call, set_this=finding.set_by_call),
        "required": finding.required,
        "before": _published(finding.before) if finding.before else None,
        "after": _published(written.after) if written else None,
        "action": written.action if written else None,
        "reason": cut(finding.reason, _LONGEST_REASON),
        "recommendation": cut_or_none(recommendation_of(finding), _LONGEST_RECOMMENDATION),
        "managed_by": finding.owner.to_document() if finding.owner else None,
        "occurrences": finding.occurrences.to_document() if finding.occurrences else None,
        "seconds_to_remediate": finding.seconds_to_remediate,
        "controls": list(finding.check.controls),
        "undo": undo_command(finding),
        "repair": repair_command(finding),
        "ledger_entry": finding.ledger_entry,
        "trigger": call.event_id,
        "runbook": finding.runbook,
    }


def _published(state: State) -> dict[str, Any]:
    """The state with its texts cut. The ledger holds it as it is."""
    if isinstance(state, BucketPolicy):
        return state.to_summary()
    return {name: _cut_in(value) for name, value in state.to_document().items()}


def _cut_in(value: Any) -> Any:
    if isinstance(value, list):
        more = [f"and {len(value) - MOST} more"] if len(value) > MOST else []
        return [*map(cut, value[:MOST]), *more]
    return cut(value) if isinstance(value, str) else value


def _api_call(call: Call, *, set_this: bool | None) -> dict[str, Any]:
    return {
        "name": call.name,
        "time": call.time.isoformat(),
        "event_id": call.event_id,
        "set_this": set_this,
    }


def attributes_of(documents: Sequence[Mapping[str, Any]]) -> dict[str, str | list[str]]:
    """The message's attributes: of the first finding, or of all if the findings of a message can differ."""
    first = documents[0]
    return {
        "severity": first["severity"],
        "status": _distinct(document["status"] for document in documents),
        "check": _distinct(document["check"] for document in documents),
        "resource_type": first["resource"]["type"],
        "account": first["account"],
        "region": first["region"],
    }


def _distinct(values: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(values))
