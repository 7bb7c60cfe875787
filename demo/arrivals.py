"""What really arrives: messages in a subscriber's queue, and lines in the function's log group."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from typing import Any

from demo.world import World

_POLL_SECONDS = 0.1


class Arrivals:
    """Collects findings and log lines as they come in, each once."""

    def __init__(self, world: World) -> None:
        self._sqs, self._logs = world.cloud.client("sqs"), world.cloud.client("logs")
        self._inbox, self._log_group = world.inbox, world.stack.outputs["BucketFunctionLogs"]
        self.findings: list[dict[str, Any]] = []
        self.lines: dict[str, dict[str, Any]] = {}

    def poll(self) -> None:
        """Take in whatever has arrived by now."""
        for message in self._messages():
            envelope = json.loads(message["Body"])
            self.findings += json.loads(envelope["Message"])["findings"]
            self._sqs.delete_message(QueueUrl=self._inbox, ReceiptHandle=message["ReceiptHandle"])
        for line in self._log_lines():
            if "event_id" in line:
                self.lines[line["event_id"]] = line

    def wait_for_lines(self, bucket: str, calls: tuple[str, ...], known: set[str], seconds: float) -> bool:
        """Wait until the log tells of each of `calls` on `bucket`; whether it did in time."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            self.poll()
            heard = [line["api_call"] for line in self.new_lines(bucket, known)]
            if all(heard.count(call) >= calls.count(call) for call in calls):
                return True
            time.sleep(_POLL_SECONDS)
        return False

    def new_lines(self, bucket: str, known: set[str]) -> list[dict[str, Any]]:
        """The lines about `bucket` that are not among the `known` event ids."""
        return [line for event, line in self.lines.items() if event not in known and line["bucket"] == bucket]

    def _messages(self) -> Iterator[dict[str, Any]]:
        answer = self._sqs.receive_message(QueueUrl=self._inbox, MaxNumberOfMessages=10)
        yield from answer.get("Messages", [])

    def _log_lines(self) -> Iterator[dict[str, Any]]:
        pages = self._logs.get_paginator("filter_log_events").paginate(logGroupName=self._log_group)
        for page in pages:
            for event in page["events"]:
                if event["message"].lstrip().startswith("{"):
                    yield json.loads(event["message"])
