"""The deployed stack under fire: where time passes faster, and what is left behind each event."""

from __future__ import annotations

import json
import threading
import time
import uuid
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from datetime import UTC, datetime, timedelta
from fnmatch import fnmatchcase
from typing import Any

from tests.cloud.faults.run.lanes import BUCKETS, Lane
from tests.cloud.faults.run.queues import received, record_events
from tests.support.deployment import Deployment

HIDDEN_SECONDS = 10
"""How long the queue hides what it delivered: six minutes as deployed, and longer than a delivery takes."""

HIDDEN_LONG_SECONDS = 45
"""Longer than it takes to kill the function everywhere: what one death left must not meet the next."""

HIDDEN_TWICE_SECONDS = 30
"""Longer than it takes to kill it once, where the delivery that takes over is awaited and killed too."""

HIDDEN_UNTIL_LATE_SECONDS = 150
"""Longer than a delivery takes whose client waits a minute for an answer that is late."""

LEASE_SECONDS = 8
"""When a lease ends here: 90 seconds as deployed. As there, shorter than a message stays hidden."""

HELD_SECONDS = 4.5
"""How long a held call waits: a little less than the bucket function's clients do."""

WORKERS = 10
_PATIENCE = 120.0


class Field:
    """A deployment whose queue redelivers soon, with one message in each of many concurrent invocations."""

    def __init__(self, stack: Deployment, lane: Lane = BUCKETS) -> None:
        self.stack, self.cloud, self.lane = stack, stack.cloud, lane
        self._of_lane = {name.removeprefix(lane.name): value for name, value in stack.stack.outputs.items()}
        self.queue, self.dead = self._of_lane["QueueUrl"], self._of_lane["DeadLetterQueueUrl"]
        self.table = stack.stack.outputs["LedgerTable"]
        self.sqs, self.dynamodb = self.cloud.client("sqs"), self.cloud.client("dynamodb")
        self._tape = record_events(stack)
        self._events: list[dict[str, Any]] = []
        self._findings: list[dict[str, Any]] = []

    def hide(self, seconds: int) -> None:
        """How long the queue hides what it delivers from now on."""
        self.sqs.set_queue_attributes(QueueUrl=self.queue, Attributes={"VisibilityTimeout": str(seconds)})

    def batches(self, size: int, concurrency: int) -> None:
        """How the event source mapping takes messages from now on."""
        function = self.cloud.client("lambda")
        named = {"FunctionName": self._of_lane["Function"]}
        (mapping,) = function.list_event_source_mappings(**named)["EventSourceMappings"]
        scaling = {"MaximumConcurrency": concurrency}
        function.update_event_source_mapping(UUID=mapping["UUID"], BatchSize=size, ScalingConfig=scaling)

    def without_events(self) -> AbstractContextManager[None]:
        """What is done meanwhile starts nothing; its events are on the tape."""
        return self.stack.without_events(self.lane.name)

    def send(self, *bodies: str) -> None:
        """Put messages on the lane's queue, all at once."""
        entries = [{"Id": str(number), "MessageBody": body} for number, body in enumerate(bodies)]
        self.sqs.send_message_batch(QueueUrl=self.queue, Entries=entries)

    def event(self, bucket: str, name: str, **detail: Any) -> str:
        """The message of the last such call on the bucket, with some of its record changed."""
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline:
            self._hear_tape()
            for event in reversed(self._events):
                record = event["detail"]
                if record["eventName"] == name and record["requestParameters"]["bucketName"] == bucket:
                    return json.dumps(event | {"detail": record | detail})
            time.sleep(0.1)
        raise AssertionError(f"the trail told of no {name} on {bucket}")

    def warm_up(self, count: int) -> None:
        """Have that many processes ready: no delivery may still be starting when its message is shown again.

        As deployed no event that young can be redelivered (delivery.FIRST_DELIVERY): that must hold here too.
        """
        self.hide(HIDDEN_LONG_SECONDS)
        self.batches(1, count)
        for _ in range(count):
            bucket = f"w-{uuid.uuid4().hex[:12]}"
            where = {"resource": f"arn:aws:s3:::{bucket}*", "caller": self.lane.role}
            self.cloud.inject_fault("delay", "s3", self.lane.first_call, seconds=4.0, **where)
            self.lane.begin(self.stack, bucket)
        self.wait_until_struck()
        self.cloud.clear_faults()

    def wait_until_struck(self) -> dict[int, int]:
        """Until every fault in force has struck; how often each has, by its id."""
        deadline = time.monotonic() + 90
        while missed := [fault for fault in self.cloud.faults() if fault["hits"] == 0]:
            assert time.monotonic() < deadline, f"these calls were not made: {missed}"
            time.sleep(0.03)
        return self.hits()

    def hits(self) -> dict[int, int]:
        return {fault["id"]: fault["hits"] for fault in self.cloud.faults()}

    def wait_until_idle(self) -> None:
        """Until the queue holds nothing, neither visible nor being handled."""
        deadline = time.monotonic() + _PATIENCE
        quiet = 0
        while quiet < 3:
            assert time.monotonic() < deadline, f"the queue does not empty: {self._waiting()}"
            quiet = quiet + 1 if self._waiting() == 0 else 0
            time.sleep(0.2)

    def _waiting(self) -> int:
        names = [f"ApproximateNumberOfMessages{which}" for which in ("", "NotVisible", "Delayed")]
        counts = self.sqs.get_queue_attributes(QueueUrl=self.queue, AttributeNames=names)["Attributes"]
        return sum(int(count) for count in counts.values())

    def hold(self, service: str, operation: str, bucket: str, skip: int = 0) -> None:
        """Hold the next such call about the bucket back."""
        scope = {"resource": f"arn:aws:s3:::{bucket}*"} if service == "s3" else {"body": bucket}
        rule: dict[str, Any] = {"seconds": HELD_SECONDS, "caller": self.lane.role, "skip": skip, **scope}
        self.cloud.inject_fault("delay", service, operation, **rule)

    def lease_errors(self, bucket: str) -> list[str]:
        """What the function said of messages about the bucket whose entry another invocation held."""
        self.stack.arrivals.poll()
        held = [line for line in self.stack.arrivals.lines if line.get("error") == "LeaseHeldError"]
        return [line["message"] for line in held if bucket in line["body"]]

    # --- what is left behind ---------------------------------------------------------------------

    def entries(self, bucket: str | None = None) -> list[dict[str, Any]]:
        """The ledger's entries, without the markers of refusals."""
        pages = self.dynamodb.get_paginator("scan").paginate(TableName=self.table)
        found = [item for page in pages for item in page["Items"] if "entry" in item]
        return [item for item in found if bucket in (None, item["bucket"]["S"])]

    def end_leases(self, *, older_than: float = 0.0, bucket: str | None = None) -> None:
        """Let time pass for the open entries: their leases end."""
        opened_before = (datetime.now(UTC) - timedelta(seconds=older_than)).isoformat()
        for entry in self.entries(bucket):
            if entry["closed"]["BOOL"] or entry["written_at"]["S"] > opened_before:
                continue
            with suppress(self.dynamodb.exceptions.ConditionalCheckFailedException):  # closed meanwhile
                self.dynamodb.update_item(
                    TableName=self.table,
                    Key={"id": entry["id"]},
                    UpdateExpression="SET lease_until = :past",
                    ConditionExpression="closed = :no",
                    ExpressionAttributeValues={":past": {"N": "0"}, ":no": {"BOOL": False}},
                )

    def writes(self) -> dict[str, list[dict[str, Any]]]:
        """By bucket, the calls by which the function wrote or tried to write an encryption."""
        calls = self.cloud.journal(service="s3", caller=self.lane.role)
        writes = [call for call in calls if call["operation"] in self.lane.writes]
        return _grouped(writes, lambda call: _bucket_in(call["resource"].rpartition(":")[2]))

    def made(self) -> dict[str, list[dict[str, Any]]]:
        """By bucket, those writes that S3 carried out, whatever it answered: the trail tells of them."""
        self._hear_tape()
        records = [event["detail"] for event in self._events]
        own = [
            record
            for record in records
            if fnmatchcase(record["userIdentity"].get("arn", ""), self.lane.role)
            and record["eventName"] in self.lane.writes
            and "errorCode" not in record
        ]
        return _grouped(own, lambda record: record["requestParameters"]["bucketName"])

    def findings(self) -> dict[str, list[dict[str, Any]]]:
        """By bucket, what the topic's subscriber has received."""
        self._findings += [
            finding
            for body in received(self.sqs, self.stack.arrivals.inbox)
            for finding in json.loads(json.loads(body)["Message"])["findings"]
        ]
        return _grouped(self._findings, lambda finding: _bucket_in(finding["resource"]["name"]))

    def _hear_tape(self) -> None:
        self._events += [json.loads(body) for body in received(self.sqs, self._tape)]


def _bucket_in(name: str) -> str:
    return name.partition("/")[0]


def _grouped(
    items: list[dict[str, Any]], key: Callable[[dict[str, Any]], str]
) -> dict[str, list[dict[str, Any]]]:
    groups: defaultdict[str, list[dict[str, Any]]] = defaultdict(list)
    for item in items:
        groups[key(item)].append(item)
    return groups


@contextmanager
def leases_end_soon(field: Field, seconds: float = LEASE_SECONDS) -> Iterator[None]:
    """While this lasts, an entry's lease ends so long after it was opened."""
    stop = threading.Event()

    def age() -> None:
        while not stop.wait(1.0):
            field.end_leases(older_than=seconds)

    thread = threading.Thread(target=age)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()
