"""Amazon DynamoDB: what Reseal noted of each bucket, in the ledger's table, one item a bucket."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from reseal.aws.dynamodb.shared_items import Attributes, SharedItems
from reseal.core.transit.noted import NotedBucket, PlainHttpCall

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

NOTED_EVERY = timedelta(minutes=1)
"""How often one execution environment notes calls over plain HTTP on one bucket."""

_MOST_BUCKETS = 1000
"""Buckets whose calls are counted between two notes."""


class DynamoDbBucketNotes:
    """`BucketNotes` on one DynamoDB table with the key `id`. Items do not expire: their buckets do not."""

    def __init__(self, client: DynamoDBClient, table: str) -> None:
        self._items = SharedItems(client, table)
        self._counted: dict[str, tuple[datetime, int]] = {}

    def note_plain_http(self, bucket: str, call: PlainHttpCall, now: datetime) -> None:
        """Add the calls since the last note, at most once a minute."""
        noted_at, count = self._counted.get(bucket, (None, 0))
        if noted_at is not None and now - noted_at < NOTED_EVERY:
            self._counted[bucket] = (noted_at, count + 1)
            return

        def with_calls(item: Attributes) -> Attributes:
            return {
                **item,
                "http_who": {"S": call.who},
                "http_call": {"S": call.name},
                "http_at": {"S": call.time.isoformat()},
                "http_count": {"N": str(_count(item) + count + 1)},
            }

        self._items.change(_id(bucket), with_calls)
        if len(self._counted) >= _MOST_BUCKETS:
            self._counted.clear()
        self._counted[bucket] = (now, 0)

    def note_tool(self, bucket: str, *, creator: str | None, manager: str | None) -> NotedBucket:
        """Set the creator if there is none, and the manager."""

        def with_tools(item: Attributes) -> Attributes:
            first = {"creator": {"S": creator}} if creator else {}
            last = {"manager": {"S": manager}} if manager else {}
            return {**first, **item, **last}

        return _noted(self._items.change(_id(bucket), with_tools))

    def read(self, bucket: str) -> NotedBucket:
        """What was noted, in a consistent read."""
        return _noted(self._items.read(_id(bucket)))


def _noted(item: Attributes) -> NotedBucket:
    return NotedBucket(
        creator=_text(item, "creator"),
        manager=_text(item, "manager"),
        last=_last_call(item),
        count=_count(item),
    )


def _last_call(item: Attributes) -> PlainHttpCall | None:
    if "http_at" not in item:
        return None
    time = datetime.fromisoformat(item["http_at"]["S"])
    return PlainHttpCall(who=item["http_who"]["S"], name=item["http_call"]["S"], time=time)


def _count(item: Attributes) -> int:
    return int(item["http_count"]["N"]) if "http_count" in item else 0


def _text(item: Attributes, name: str) -> str | None:
    value: dict[str, Any] = item.get(name, {})
    return value.get("S")


def _id(bucket: str) -> str:
    return f"noted#{bucket}"
