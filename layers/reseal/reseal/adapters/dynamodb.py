"""Amazon DynamoDB: the ledger. The only module that calls it."""

from __future__ import annotations

import json
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from reseal.adapters.failures import translated
from reseal.core.errors import LeaseHeldError, RefusalError, TransientError
from reseal.core.ledger_entry import E, LedgerEntry

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import AttributeValueTypeDef

REFUSAL_KEPT = timedelta(days=2)
_CONDITION_FAILED = "ConditionalCheckFailedException"


class _ConditionFailedError(Exception):
    """A conditional put found something else; `existing` is the entry that is there, if any."""

    def __init__(self, error: ClientError) -> None:
        super().__init__(str(error))
        item = error.response.get("Item")
        self.existing = _entry(item) if item else None


class DynamoDbLedger:
    """`Ledger` on one DynamoDB table with the key `id`. Entries expire by TTL after `kept`."""

    def __init__(self, client: DynamoDBClient, table: str, kept: timedelta) -> None:
        self._client, self._table, self._kept = client, table, kept

    def read(self, entry_id: str) -> LedgerEntry[Any] | None:
        """The entry, read consistently: a retry must see what the delivery before it wrote."""
        with _refusal_is_transient("dynamodb:GetItem"):
            answer = self._client.get_item(
                TableName=self._table, Key={"id": {"S": entry_id}}, ConsistentRead=True
            )
        return _entry(answer["Item"]) if "Item" in answer else None

    def open(self, entry: LedgerEntry[E], now: datetime) -> LedgerEntry[E]:
        """Put the entry where there is none, or where its holder is this invocation or dead."""
        unheld = "attribute_not_exists(id) OR (closed = :no AND (lease_until < :now OR held_by = :me))"
        try:
            self._put(entry, now, closed=False, condition=unheld)
        except _ConditionFailedError as failed:
            if failed.existing and failed.existing.outcome:
                return failed.existing
            raise LeaseHeldError(f"another invocation is handling event {entry.entry_id}") from failed
        return entry

    def close(self, entry: LedgerEntry[E], now: datetime) -> None:
        """Put the outcome where this invocation still holds the entry."""
        try:
            self._put(entry, now, closed=True, condition="closed = :no AND held_by = :me")
        except _ConditionFailedError as failed:
            if failed.existing == entry:  # the client repeated a put whose answer was lost
                return
            raise LeaseHeldError(f"another invocation took over event {entry.entry_id}") from failed

    def first_refusal_today(self, bucket: str, action: str, event_id: str, now: datetime) -> bool:
        """Put a marker for bucket, action and UTC day; the event that put it may ask again."""
        item = {
            "id": {"S": f"refusal#{bucket}#{action}#{now:%Y-%m-%d}"},
            "event_id": {"S": event_id},
            "expires_at": {"N": str(int((now + REFUSAL_KEPT).timestamp()))},
        }
        with _refusal_is_transient("dynamodb:PutItem"):
            try:
                self._client.put_item(
                    TableName=self._table,
                    Item=item,
                    ConditionExpression="attribute_not_exists(id) OR event_id = :event",
                    ExpressionAttributeValues={":event": {"S": event_id}},
                )
            except ClientError as error:
                if error.response["Error"]["Code"] != _CONDITION_FAILED:
                    raise
                return False
        return True

    def _put(self, entry: LedgerEntry[E], now: datetime, *, closed: bool, condition: str) -> None:
        values: dict[str, AttributeValueTypeDef] = {":no": {"BOOL": False}, ":me": {"S": entry.owner}}
        if ":now" in condition:
            values[":now"] = {"N": str(int(now.timestamp()))}
        with _refusal_is_transient("dynamodb:PutItem"):
            try:
                self._client.put_item(
                    TableName=self._table,
                    Item=self._item(entry, now, closed=closed),
                    ConditionExpression=condition,
                    ExpressionAttributeValues=values,
                    ReturnValuesOnConditionCheckFailure="ALL_OLD",
                )
            except ClientError as error:
                if error.response["Error"]["Code"] != _CONDITION_FAILED:
                    raise
                raise _ConditionFailedError(error) from error

    def _item(self, entry: LedgerEntry[E], now: datetime, *, closed: bool) -> dict[str, Any]:
        return {
            "id": {"S": entry.entry_id},
            "bucket": {"S": entry.resource.bucket},
            "closed": {"BOOL": closed},
            "held_by": {"S": entry.owner},
            "lease_until": {"N": str(entry.lease_until)},
            "written_at": {"S": now.isoformat()},
            "expires_at": {"N": str(int((now + self._kept).timestamp()))},
            "entry": {"S": json.dumps(entry.to_document())},
        }


@contextmanager
def _refusal_is_transient(action: str) -> Iterator[None]:
    """Without its ledger Reseal writes nothing: a refusal sends the message back to its queue."""
    try:
        with translated(action):
            yield
    except RefusalError as refusal:
        raise TransientError(f"the ledger refused: {refusal}") from refusal


def _entry(item: Any) -> LedgerEntry[Any]:
    return LedgerEntry.from_document(json.loads(item["entry"]["S"]))
