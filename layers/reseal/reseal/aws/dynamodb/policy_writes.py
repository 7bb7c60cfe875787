"""Amazon DynamoDB: when Reseal wrote which bucket policy, in the ledger's table.

One item holds the writes of one bucket in ten minutes: two writers add to it without reading it, and a search
by time reads one item or two.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from reseal.aws.dynamodb.items import refusal_is_transient
from reseal.core.calls.attribution import CLOCKS_DIFFER
from reseal.core.transit.lost_update import LONGEST_WRITE, NotedWrite

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

KEPT = timedelta(days=20)
"""Longer than an event can wait: four days on its queue and fourteen on the dead-letter queue."""

_SPAN = timedelta(minutes=10)


class DynamoDbPolicyWrites:
    """`PolicyWrites` on one DynamoDB table with the key `id`."""

    def __init__(self, client: DynamoDBClient, table: str) -> None:
        self._client, self._table = client, table

    def note(self, bucket: str, write: NotedWrite) -> None:
        """Add the write to the item of its ten minutes."""
        noted = {"entry": write.entry_id, "read_at": write.read_at.isoformat(), "before": write.before}
        with refusal_is_transient("dynamodb:UpdateItem"):
            self._client.update_item(
                TableName=self._table,
                Key=_key(bucket, write.read_at),
                UpdateExpression="SET expires_at = :until ADD writes :one",
                ExpressionAttributeValues={
                    ":until": {"N": str(int((write.read_at + KEPT).timestamp()))},
                    ":one": {"SS": [json.dumps(noted)]},
                },
            )

    def read_around(self, bucket: str, time: datetime) -> Sequence[NotedWrite]:
        """The writes whose first read is at most as long before this time as a write can take."""
        earliest, latest = time - LONGEST_WRITE - CLOCKS_DIFFER, time + CLOCKS_DIFFER
        keys = {_id(bucket, moment): _key(bucket, moment) for moment in (earliest, latest)}
        noted = [_write(text) for key in keys.values() for text in self._read(key)]
        return sorted(
            (one for one in noted if earliest <= one.read_at <= latest), key=lambda one: one.read_at
        )

    def _read(self, key: dict[str, Any]) -> Sequence[str]:
        with refusal_is_transient("dynamodb:GetItem"):
            answer = self._client.get_item(TableName=self._table, Key=key, ConsistentRead=True)
        return answer.get("Item", {}).get("writes", {}).get("SS", [])


def _write(text: str) -> NotedWrite:
    noted = json.loads(text)
    return NotedWrite(
        entry_id=noted["entry"], read_at=datetime.fromisoformat(noted["read_at"]), before=noted["before"]
    )


def _key(bucket: str, time: datetime) -> dict[str, Any]:
    return {"id": {"S": _id(bucket, time)}}


def _id(bucket: str, time: datetime) -> str:
    number = int((time - datetime.fromtimestamp(0, UTC)) / _SPAN)
    return f"policy-writes#{bucket}#{number}"
