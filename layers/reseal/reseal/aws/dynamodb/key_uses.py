"""Amazon DynamoDB: which buckets use which keys, in the ledger's table.

Each use is an item of its own, so that a key can have any number of buckets. The table's index of entries by
bucket lists them by key: their attribute `bucket` holds the key's ARN or alias, `lease_until` when it was
noted.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from reseal.aws.dynamodb.items import refusal_is_transient

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

INDEX = "by-bucket"
KEPT = timedelta(days=90)
_AGAIN_AFTER = timedelta(days=1)
_MOST_REMEMBERED = 10_000


class DynamoDbKeyUses:
    """`KeyUses` on one DynamoDB table with the key `id`. A use is noted once a day and environment."""

    def __init__(self, client: DynamoDBClient, table: str) -> None:
        self._client, self._table = client, table
        self._noted: dict[str, datetime] = {}

    def note(self, reference: str, bucket: str, now: datetime) -> None:
        """Note that a bucket uses a key. Raises TransientError."""
        item_id = f"{_prefix(reference)}{bucket}"
        noted = self._noted.get(item_id)
        if noted is not None and now - noted < _AGAIN_AFTER:
            return
        item = {
            "id": {"S": item_id},
            "bucket": {"S": reference},
            "lease_until": {"N": str(int(now.timestamp()))},
            "expires_at": {"N": str(int((now + KEPT).timestamp()))},
        }
        with refusal_is_transient("dynamodb:PutItem"):
            self._client.put_item(TableName=self._table, Item=item)
        if len(self._noted) >= _MOST_REMEMBERED:
            self._noted.clear()
        self._noted[item_id] = now

    def buckets_of(self, reference: str, now: datetime) -> tuple[str, ...]:
        """The buckets that were noted within 90 days. Raises TransientError."""
        since = str(int((now - KEPT).timestamp()))
        with refusal_is_transient("dynamodb:Query"):
            pages = self._client.get_paginator("query").paginate(
                TableName=self._table,
                IndexName=INDEX,
                KeyConditionExpression="#key = :reference AND lease_until >= :since",
                ExpressionAttributeNames={"#key": "bucket"},
                ExpressionAttributeValues={":reference": {"S": reference}, ":since": {"N": since}},
            )
            ids = [item["id"]["S"] for page in pages for item in page["Items"]]
        prefix = _prefix(reference)
        return tuple(sorted(item_id.removeprefix(prefix) for item_id in ids if item_id.startswith(prefix)))


def _prefix(reference: str) -> str:
    return f"use#{reference}#"
