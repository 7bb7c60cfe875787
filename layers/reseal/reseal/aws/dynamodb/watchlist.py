"""Amazon DynamoDB: who unblocked SSE-C on which bucket, in the ledger's table."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from reseal.aws.dynamodb.items import refusal_is_transient
from reseal.core.findings.alerts import Unblocked

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

KEPT = timedelta(days=1)


class DynamoDbWatchlist:
    """`Watchlist` on one DynamoDB table with the key `id`."""

    def __init__(self, client: DynamoDBClient, table: str) -> None:
        self._client, self._table = client, table

    def note_unblocked(self, bucket: str, unblocked: Unblocked, now: datetime) -> None:
        """Put who last unblocked SSE-C on a bucket; kept for one day."""
        item = {
            "id": {"S": f"unblocked#{bucket}"},
            "who": {"S": unblocked.who},
            "at": {"S": unblocked.at.isoformat()},
            "expires_at": {"N": str(int((now + KEPT).timestamp()))},
        }
        with refusal_is_transient("dynamodb:PutItem"):
            self._client.put_item(TableName=self._table, Item=item)

    def read_unblocked(self, bucket: str, now: datetime) -> Unblocked | None:
        """Who unblocked SSE-C within the last day. DynamoDB may keep expired items for days."""
        with refusal_is_transient("dynamodb:GetItem"):
            answer = self._client.get_item(
                TableName=self._table, Key={"id": {"S": f"unblocked#{bucket}"}}, ConsistentRead=True
            )
        item = answer.get("Item")
        if item is None or int(item["expires_at"]["N"]) <= now.timestamp():
            return None
        return Unblocked(who=item["who"]["S"], at=datetime.fromisoformat(item["at"]["S"]))
