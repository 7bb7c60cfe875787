"""The event files, the table that says where each must go, and the deployed rule that decides it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import Any

from localcloud.deploy import Stack
from localcloud.handle import ACCOUNT, REPOSITORY, LocalCloud

EVENTS = REPOSITORY / "events"
OWN_ROLE = "reseal-EnforceBucketRole-EXAMPLE"
ROUTES = {"function", "dropped", "batch"}
_ROW = re.compile(r"^\| `(?P<file>[a-z0-9_]+\.json)` \| (?P<route>\w+) \| (?P<shape>.+) \|$", re.MULTILINE)

Event = dict[str, Any]
Matches = Callable[[Event], bool]


def routes() -> dict[str, str]:
    """The expected route of each file of the table."""
    rows = _ROW.finditer((EVENTS / "README.md").read_text())
    return {row["file"]: row["route"] for row in rows}


def event_files() -> list[str]:
    """The files that hold an EventBridge event."""
    return sorted(file for file, route in routes().items() if route != "batch")


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


def matcher_of(cloud: LocalCloud, stack: Stack) -> Matches:
    """The deployed rule's pattern as a predicate, judged by the local cloud's EventBridge."""
    events = cloud.client("events")
    pattern = events.describe_rule(Name=stack.outputs["BucketRuleName"])["EventPattern"]
    role = cloud.client("cloudformation").describe_stack_resource(
        StackName=stack.name, LogicalResourceId="EnforceBucketRole"
    )["StackResourceDetail"]["PhysicalResourceId"]

    def matches(event: Event) -> bool:
        text = json.dumps(event).replace(OWN_ROLE, role)
        return bool(events.test_event_pattern(EventPattern=pattern, Event=text)["Result"])

    return matches
