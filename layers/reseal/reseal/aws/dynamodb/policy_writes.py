"""Amazon DynamoDB: when Reseal wrote which bucket policy, in the ledger's table.

One item holds the writes of one bucket in ten minutes, so that a search by time reads one item or two.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from reseal.aws.dynamodb.shared_items import Attributes, SharedItems
from reseal.core.calls.attribution import CLOCKS_DIFFER
from reseal.core.transit.noted import LONGEST_WRITE, NotedWrite

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

KEPT = timedelta(days=20)
"""Longer than an event can wait: four days on its queue and fourteen on the dead-letter queue."""

_SPAN = timedelta(minutes=10)


class DynamoDbPolicyWrites:
    """`PolicyWrites` on one DynamoDB table with the key `id`."""

    def __init__(self, client: DynamoDBClient, table: str) -> None:
        self._items = SharedItems(client, table)

    def note(self, bucket: str, write: NotedWrite) -> None:
        """Add the write to the item of its ten minutes."""
        noted = {"entry": write.entry_id, "read_at": write.read_at.isoformat(), "before": write.before}
        until = str(int((write.read_at + KEPT).timestamp()))

        def with_write(item: Attributes) -> Attributes:
            writes = {*_texts(item), json.dumps(noted)}
            return {"expires_at": {"N": until}, "writes": {"SS": sorted(writes)}}

        self._items.change(_id(bucket, write.read_at), with_write)

    def read_around(self, bucket: str, time: datetime) -> Sequence[NotedWrite]:
        """The writes whose first read is at most as long before this time as a write can take."""
        earliest, latest = time - LONGEST_WRITE - CLOCKS_DIFFER, time + CLOCKS_DIFFER
        ids = dict.fromkeys(_id(bucket, moment) for moment in (earliest, latest))
        noted = [_write(text) for item_id in ids for text in _texts(self._items.read(item_id))]
        return sorted(
            (one for one in noted if earliest <= one.read_at <= latest), key=lambda one: one.read_at
        )


def _texts(item: Attributes) -> Sequence[str]:
    texts: Sequence[str] = item["writes"]["SS"] if "writes" in item else ()
    return texts


def _write(text: str) -> NotedWrite:
    noted = json.loads(text)
    return NotedWrite(
        entry_id=noted["entry"], read_at=datetime.fromisoformat(noted["read_at"]), before=noted["before"]
    )


def _id(bucket: str, time: datetime) -> str:
    number = int((time - datetime.fromtimestamp(0, UTC)) / _SPAN)
    return f"policy-writes#{bucket}#{number}"
