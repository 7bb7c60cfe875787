"""Amazon DynamoDB: what Reseal noted of each bucket, in the ledger's table, one item a bucket."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from reseal.aws.dynamodb.items import refusal_is_transient
from reseal.core.transit.noted import Noted, PlainHttpCall

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

NOTED_EVERY = timedelta(minutes=1)
"""How often one execution environment notes calls over plain HTTP on one bucket."""

_MOST_BUCKETS = 1000
"""Buckets whose calls are counted between two notes."""


class DynamoDbBucketNotes:
    """`BucketNotes` on one DynamoDB table with the key `id`. Items do not expire: their buckets do not."""

    def __init__(self, client: DynamoDBClient, table: str) -> None:
        self._client, self._table = client, table
        self._counted: dict[str, tuple[datetime, int]] = {}

    def note_plain_http(self, bucket: str, call: PlainHttpCall, now: datetime) -> None:
        """Add the calls since the last note, at most once a minute."""
        noted_at, count = self._counted.get(bucket, (None, 0))
        if noted_at is not None and now - noted_at < NOTED_EVERY:
            self._counted[bucket] = (noted_at, count + 1)
            return
        self._update(
            bucket,
            "SET http_who = :who, http_call = :call, http_at = :at ADD http_count :count",
            {
                ":who": {"S": call.who},
                ":call": {"S": call.name},
                ":at": {"S": call.time.isoformat()},
                ":count": {"N": str(count + 1)},
            },
        )
        if len(self._counted) >= _MOST_BUCKETS:
            self._counted.clear()
        self._counted[bucket] = (now, 0)

    def note_tool(self, bucket: str, *, creator: str | None, manager: str | None) -> None:
        """Set the creator if there is none, and the manager."""
        values = {name: {"S": tool} for name, tool in ((":creator", creator), (":manager", manager)) if tool}
        clauses = {
            ":creator": "creator = if_not_exists(creator, :creator)",
            ":manager": "manager = :manager",
        }
        if values:
            self._update(bucket, f"SET {', '.join(clauses[name] for name in values)}", values)

    def read(self, bucket: str) -> Noted:
        """What was noted, in a consistent read."""
        with refusal_is_transient("dynamodb:GetItem"):
            answer = self._client.get_item(TableName=self._table, Key=_key(bucket), ConsistentRead=True)
        item = answer.get("Item", {})
        return Noted(
            creator=_text(item, "creator"),
            manager=_text(item, "manager"),
            last=_last_call(item),
            count=int(item["http_count"]["N"]) if "http_count" in item else 0,
        )

    def _update(self, bucket: str, expression: str, values: dict[str, Any]) -> None:
        with refusal_is_transient("dynamodb:UpdateItem"):
            self._client.update_item(
                TableName=self._table,
                Key=_key(bucket),
                UpdateExpression=expression,
                ExpressionAttributeValues=values,
            )


def _last_call(item: Any) -> PlainHttpCall | None:
    if "http_at" not in item:
        return None
    time = datetime.fromisoformat(item["http_at"]["S"])
    return PlainHttpCall(who=item["http_who"]["S"], name=item["http_call"]["S"], time=time)


def _key(bucket: str) -> dict[str, Any]:
    return {"id": {"S": f"noted#{bucket}"}}


def _text(item: Any, name: str) -> str | None:
    return str(item[name]["S"]) if name in item else None
