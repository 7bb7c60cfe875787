"""The end of the demo: a sweep over what the scenes left, and the page of its report."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from demo.world import World
from localcloud.client.handle import REPOSITORY
from operations.sweep import BEGIN

PAGE = REPOSITORY / ".local" / "report.html"
_SCHEMA = "reseal.sweep/1"
_PATIENCE_SECONDS = 90.0
_POLL_SECONDS = 0.2


@dataclass(frozen=True, slots=True, kw_only=True)
class Swept:
    """The message about the sweep, and where its page is now: the local cloud ends with the demo."""

    summary: Mapping[str, Any]
    page: Path


def sweep(world: World) -> Swept | None:
    """Begin a sweep as `make sweep` does, wait for its message, and copy its page; None if none came."""
    world.arrivals.poll()
    since = len(world.arrivals.messages)
    queue = world.stack.outputs["SweepQueueUrl"]
    world.cloud.client("sqs").send_message(QueueUrl=queue, MessageBody=BEGIN)
    summary = _wait_for_summary(world, since)
    if summary is None:
        return None
    bucket, _, name = summary["report"]["html"].removeprefix("s3://").partition("/")
    PAGE.parent.mkdir(exist_ok=True)
    PAGE.write_bytes(world.cloud.client("s3").get_object(Bucket=bucket, Key=name)["Body"].read())
    return Swept(summary=summary, page=PAGE)


def _wait_for_summary(world: World, since: int) -> Mapping[str, Any] | None:
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while time.monotonic() < deadline:
        world.arrivals.poll()
        documents = [json.loads(message["Message"]) for message in world.arrivals.messages[since:]]
        found: Mapping[str, Any] | None = next((one for one in documents if one["schema"] == _SCHEMA), None)
        if found is not None:
            return found
        time.sleep(_POLL_SECONDS)
    return None
