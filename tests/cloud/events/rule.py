"""The event files, the table of their routes, and the patterns of the deployed rules."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from localcloud.client.deploy import Stack
from localcloud.client.handle import ACCOUNT, REPOSITORY, LocalCloud

EVENTS = REPOSITORY / "events"
ROUTES = {"bucket", "object", "key", "dropped", "batch"}
STACK_KEY = f"arn:aws:kms:us-east-1:{ACCOUNT}:key/11111111-2c1d-4b0e-9f3a-5d6e7f809112"
TRAIL_KEY = f"arn:aws:kms:us-east-1:{ACCOUNT}:key/22222222-2c1d-4b0e-9f3a-5d6e7f809112"
_ROW = re.compile(r"^\| `(?P<file>[a-z0-9_]+\.json)` \| (?P<route>\w+) \| (?P<shape>.+) \|$", re.MULTILINE)

Event = dict[str, Any]
Matches = Callable[[Event], bool]


@dataclass(frozen=True, slots=True)
class Lane:
    """A rule's output name, the role whose calls it drops, and that role's name in the event files."""

    rule: str
    role: str
    role_in_events: str


BUCKET = Lane("BucketRuleName", "EnforceBucketRole", "reseal-EnforceBucketRole-EXAMPLE")
KEY = Lane("KeyRuleName", "EnforceKeyRole", "reseal-EnforceKeyRole-EXAMPLE")
KEY_END = Lane("KeyEndRuleName", "EnforceKeyRole", "reseal-EnforceKeyRole-EXAMPLE")
OBJECT = Lane("ObjectRuleName", "EnforceObjectRole", "reseal-EnforceObjectRole-EXAMPLE")
URGENT = Lane("UrgentObjectRuleName", OBJECT.role, OBJECT.role_in_events)


def routes() -> dict[str, str]:
    """The expected route of each file of the table."""
    rows = _ROW.finditer((EVENTS / "README.md").read_text())
    return {row["file"]: row["route"] for row in rows}


def event_files(*wanted: str) -> list[str]:
    """The files with an EventBridge event, of these routes or of all."""
    return sorted(file for file, route in routes().items() if route in (wanted or ROUTES - {"batch"}))


def load(file: str) -> Event:
    event: Event = json.loads((EVENTS / file).read_text())
    return event


def enveloped(record: Mapping[str, Any]) -> Event:
    """The EventBridge event around a bare CloudTrail record."""
    source = str(record.get("eventSource") or "s3.amazonaws.com").partition(".")[0]
    return {
        "version": "0",
        "id": "0b7f6c1e-5a2d-4f39-8c7b-9d3e1a0f2b4c",
        "detail-type": "AWS API Call via CloudTrail",
        "source": f"aws.{source}",
        "account": ACCOUNT,
        "time": "2026-11-23T12:00:00Z",
        "region": "us-east-1",
        "resources": [],
        "detail": record,
    }


def deployed_pattern(cloud: LocalCloud, stack: Stack, lane: Lane) -> str:
    """A deployed rule's pattern, with the role and key names that the event files use."""
    answer = cloud.client("cloudformation").describe_stack_resources(StackName=stack.name)
    names = {r["LogicalResourceId"]: r["PhysicalResourceId"] for r in answer["StackResources"]}
    pattern = cloud.client("events").describe_rule(Name=stack.outputs[lane.rule])["EventPattern"]
    written = {names[lane.role]: lane.role_in_events}
    for key, arn in (("RemediationKey", STACK_KEY), ("TrailKey", TRAIL_KEY)):
        if key in names:
            written[names[key].rpartition("/")[2]] = arn.rpartition("/")[2]
    for name, placeholder in written.items():
        pattern = pattern.replace(name, placeholder)
    return str(pattern)


def one_of(first: Matches, second: Matches) -> Matches:
    """Whether one of two rules matches. Both must not: the event would be on two queues."""

    def matches(event: Event) -> bool:
        both = first(event), second(event)
        assert both != (True, True)
        return any(both)

    return matches


def matcher_of(cloud: LocalCloud, pattern: str) -> Matches:
    """A pattern as a predicate, evaluated by the local cloud's EventBridge."""
    events = cloud.client("events")

    def matches(event: Event) -> bool:
        return bool(events.test_event_pattern(EventPattern=pattern, Event=json.dumps(event))["Result"])

    return matches
