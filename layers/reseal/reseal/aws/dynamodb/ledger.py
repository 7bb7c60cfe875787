"""Amazon DynamoDB: the ledger, entry by entry."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from reseal.aws.dynamodb.items import (
    CONDITION_FAILED,
    closing,
    entry_of,
    held_by_another,
    opening,
    refusal_is_transient,
    taken_over,
)
from reseal.core.findings.alerts import Unblocked
from reseal.core.repairs.ledger_entry import LedgerEntry, S

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

REFUSAL_KEPT, UNBLOCKED_KEPT = timedelta(days=2), timedelta(days=1)


class _ConditionFailedError(Exception):
    """The condition of a put failed; `existing` is the entry in the table, if any."""

    def __init__(self, error: ClientError) -> None:
        super().__init__(str(error))
        item: Any = error.response.get("Item")
        self.existing = entry_of(item) if item else None


class DynamoDbLedger:
    """`Ledger` on one DynamoDB table with the key `id`. Entries expire by TTL after `kept`."""

    def __init__(self, client: DynamoDBClient, table: str, kept: timedelta) -> None:
        self._client, self._table, self._kept = client, table, kept

    def read(self, entry_id: str) -> LedgerEntry[Any] | None:
        """The entry, read consistently: a retry must see what an earlier delivery wrote."""
        with refusal_is_transient("dynamodb:GetItem"):
            answer = self._client.get_item(
                TableName=self._table, Key={"id": {"S": entry_id}}, ConsistentRead=True
            )
        return entry_of(answer["Item"]) if "Item" in answer else None

    def open(self, entry: LedgerEntry[S], now: datetime) -> LedgerEntry[S]:
        """Put the entry if there is none, if this invocation holds it, or if its lease has expired."""
        try:
            self._put(opening(entry, now, self._table, self._kept))
        except _ConditionFailedError as failed:
            if failed.existing and failed.existing.outcome:
                return failed.existing
            raise held_by_another(entry.entry_id) from failed
        return entry

    def close(self, entry: LedgerEntry[S], now: datetime) -> None:
        """Put the outcome if this invocation still holds the entry."""
        try:
            self._put(closing(entry, now, self._table, self._kept))
        except _ConditionFailedError as failed:
            if failed.existing == entry:  # botocore repeated a put whose answer was lost
                return
            raise taken_over(entry.entry_id) from failed

    def first_refusal_today(self, bucket: str, refused: str, event_id: str, now: datetime) -> bool:
        """Put a marker for bucket, refusal and UTC day. The event that put it gets True again."""
        item = {
            "id": {"S": f"refusal#{bucket}#{refused}#{now:%Y-%m-%d}"},
            "event_id": {"S": event_id},
            "expires_at": {"N": str(int((now + REFUSAL_KEPT).timestamp()))},
        }
        with refusal_is_transient("dynamodb:PutItem"):
            try:
                self._client.put_item(
                    TableName=self._table,
                    Item=item,
                    ConditionExpression="attribute_not_exists(id) OR event_id = :event",
                    ExpressionAttributeValues={":event": {"S": event_id}},
                )
            except ClientError as error:
                if error.response["Error"]["Code"] != CONDITION_FAILED:
                    raise
                return False
        return True

    def note_unblocked(self, bucket: str, unblocked: Unblocked, now: datetime) -> None:
        """Put who last unblocked SSE-C on a bucket; kept for one day."""
        item = {
            "id": {"S": f"unblocked#{bucket}"},
            "who": {"S": unblocked.who},
            "at": {"S": unblocked.at.isoformat()},
            "expires_at": {"N": str(int((now + UNBLOCKED_KEPT).timestamp()))},
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

    def _put(self, put: Any) -> None:
        with refusal_is_transient("dynamodb:PutItem"):
            try:
                self._client.put_item(**put)
            except ClientError as error:
                if error.response["Error"]["Code"] != CONDITION_FAILED:
                    raise
                raise _ConditionFailedError(error) from error
