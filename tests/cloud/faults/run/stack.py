"""The deployed stack of the fault tests: shorter waiting times, and what each event left behind."""

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
"""The queue's visibility timeout here, longer than a delivery takes. The template sets six minutes."""

HIDDEN_LONG_SECONDS = 45
"""Longer than killing the function at every call takes, so no message returns meanwhile."""

HIDDEN_TWICE_SECONDS = 30
"""Longer than one kill takes, for rows in which the delivery that takes over is killed too."""

HIDDEN_UNTIL_LATE_SECONDS = 150
"""Longer than a delivery takes if its client waits a minute for a late answer."""

LEASE_SECONDS = 8
"""The lease here, shorter than the visibility timeout, as in the template, which sets 90 seconds."""

HELD_SECONDS = 4.5
"""How long a call is delayed: a little less than the time-out of the bucket function's clients."""

WORKERS = 10
_PATIENCE = 120.0


class Resources:
    """A deployment with a short visibility timeout and one message per invocation, many at once."""

    def __init__(self, deployment: Deployment, lane: Lane = BUCKETS) -> None:
        self.deployment, self.cloud, self.lane = deployment, deployment.cloud, lane
        self._of_lane = {
            name.removeprefix(lane.name): value for name, value in deployment.stack.outputs.items()
        }
        self.queue, self.dead = self._of_lane["QueueUrl"], self._of_lane["DeadLetterQueueUrl"]
        urgent = deployment.stack.outputs.get(f"Urgent{lane.name}QueueUrl")
        self._queues = [self.queue, *([urgent] if urgent else [])]  # reminders come through the last one
        self.table = deployment.stack.outputs["LedgerTable"]
        self.sqs, self.dynamodb = self.cloud.client("sqs"), self.cloud.client("dynamodb")
        self._recorded = record_events(deployment)
        self._events: list[dict[str, Any]] = []
        self._findings: list[dict[str, Any]] = []

    def hide(self, seconds: int) -> None:
        """Set the visibility timeout of the lane's queues."""
        for queue in self._queues:
            self.sqs.set_queue_attributes(QueueUrl=queue, Attributes={"VisibilityTimeout": str(seconds)})

    def batches(self, size: int, concurrency: int) -> None:
        """Set the batch size and concurrency of every event source mapping of the function."""
        function = self.cloud.client("lambda")
        named = {"FunctionName": self._of_lane["Function"]}
        scaling = {"MaximumConcurrency": concurrency}
        for mapping in function.list_event_source_mappings(**named)["EventSourceMappings"]:
            function.update_event_source_mapping(UUID=mapping["UUID"], BatchSize=size, ScalingConfig=scaling)

    def without_events(self) -> AbstractContextManager[None]:
        """Calls made meanwhile do not start the lane; their events are recorded."""
        return self.deployment.without_events(self.lane.name)

    def send(self, *bodies: str) -> None:
        """Put messages on the lane's queue, all at once."""
        entries = [{"Id": str(number), "MessageBody": body} for number, body in enumerate(bodies)]
        self.sqs.send_message_batch(QueueUrl=self.queue, Entries=entries)

    def event(self, bucket: str, name: str, **detail: Any) -> str:
        """The message of the last such call on the bucket, with `detail` changed in its record."""
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline:
            self._read_recorded_events()
            for event in reversed(self._events):
                record = event["detail"]
                if record["eventName"] == name and record["requestParameters"]["bucketName"] == bucket:
                    return json.dumps(event | {"detail": record | detail})
            time.sleep(0.1)
        raise AssertionError(f"no event of {name} on {bucket} was recorded")

    def warm_up(self, count: int) -> None:
        """Start that many processes: no delivery may still be starting when its message is visible again.

        In production so young an event cannot be redelivered (delivery.FIRST_DELIVERY); nor may it be here.
        """
        self.hide(HIDDEN_LONG_SECONDS)
        self.batches(1, count)
        for _ in range(count):
            bucket = f"w-{uuid.uuid4().hex[:12]}"
            where = {"resource": f"arn:aws:s3:::{bucket}*", "caller": self.lane.role}
            self.cloud.inject_fault("delay", "s3", self.lane.first_call, seconds=4.0, **where)
            self.lane.begin(self.deployment, bucket)
        self.wait_until_all_faults_hit()
        self.cloud.clear_faults()

    def wait_until_all_faults_hit(self) -> dict[int, int]:
        """Wait until every injected fault was hit; returns how often each was hit, by its id."""
        deadline = time.monotonic() + 90
        while missed := [fault for fault in self.cloud.faults() if fault["hits"] == 0]:
            assert time.monotonic() < deadline, f"these calls were not made: {missed}"
            time.sleep(0.03)
        return self.hits()

    def hits(self) -> dict[int, int]:
        return {fault["id"]: fault["hits"] for fault in self.cloud.faults()}

    def wait_until_idle(self) -> None:
        """Wait until the lane's queues have no message: visible, in flight or delayed."""
        deadline = time.monotonic() + _PATIENCE
        quiet = 0
        while quiet < 3:
            assert time.monotonic() < deadline, f"the queues do not empty: {self._waiting()}"
            quiet = quiet + 1 if self._waiting() == 0 else 0
            time.sleep(0.2)

    def _waiting(self) -> int:
        names = [f"ApproximateNumberOfMessages{which}" for which in ("", "NotVisible", "Delayed")]
        counts = [
            self.sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=names)["Attributes"]
            for queue in self._queues
        ]
        return sum(int(count) for of_queue in counts for count in of_queue.values())

    def delay_next_call(self, service: str, operation: str, bucket: str, skip: int = 0) -> None:
        """Delay the next such call about the bucket."""
        scope = {"resource": f"arn:aws:s3:::{bucket}*"} if service == "s3" else {"body": bucket}
        rule: dict[str, Any] = {"seconds": HELD_SECONDS, "caller": self.lane.role, "skip": skip, **scope}
        self.cloud.inject_fault("delay", service, operation, **rule)

    def lease_errors(self, bucket: str) -> list[str]:
        """The function's log messages about entries of the bucket that another invocation held."""
        self.deployment.arrivals.poll()
        held = [line for line in self.deployment.arrivals.lines if line.get("error") == "LeaseHeldError"]
        return [line["message"] for line in held if bucket in line["body"]]

    # --- what is left behind ---------------------------------------------------------------------

    def entries(self, bucket: str | None = None) -> list[dict[str, Any]]:
        """The ledger's entries, without the records of refusals."""
        pages = self.dynamodb.get_paginator("scan").paginate(TableName=self.table)
        found = [item for page in pages for item in page["Items"] if "entry" in item]
        return [item for item in found if bucket in (None, item["bucket"]["S"])]

    def end_leases(self, *, older_than: float = 0.0, bucket: str | None = None) -> None:
        """End the leases of open entries, as if time had passed."""
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
        """By bucket, the function's calls that wrote or tried to write an encryption."""
        calls = self.cloud.journal(service="s3", caller=self.lane.role)
        writes = [call for call in calls if call["operation"] in self.lane.writes]
        return _grouped(writes, lambda call: _bucket_in(call["resource"].rpartition(":")[2]))

    def made(self) -> dict[str, list[dict[str, Any]]]:
        """By bucket, the writes that S3 carried out, whatever it answered: those that the trail logged."""
        self._read_recorded_events()
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
        """By bucket, the findings that the topic's subscriber received."""
        self._findings += [
            finding
            for body in received(self.sqs, self.deployment.arrivals.inbox)
            for finding in json.loads(json.loads(body)["Message"])["findings"]
        ]
        return _grouped(self._findings, lambda finding: _bucket_in(finding["resource"]["name"]))

    def _read_recorded_events(self) -> None:
        self._events += [json.loads(body) for body in received(self.sqs, self._recorded)]


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
def leases_end_soon(resources: Resources, seconds: float = LEASE_SECONDS) -> Iterator[None]:
    """Meanwhile, end each entry's lease `seconds` after the entry was opened."""
    stop = threading.Event()

    def age() -> None:
        while not stop.wait(1.0):
            resources.end_leases(older_than=seconds)

    thread = threading.Thread(target=age)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()
