"""Amazon DynamoDB: what Reseal last knew of keys, in the ledger's table."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from reseal.aws.dynamodb.items import CONDITION_FAILED, refusal_is_transient
from reseal.core.state.key_knowledge import KnownKey

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

KEPT = timedelta(days=400)
DAY_KEPT = timedelta(days=2)


class DynamoDbKnownKeys:
    """`KnownKeys` on one DynamoDB table with the key `id`."""

    def __init__(self, client: DynamoDBClient, table: str) -> None:
        self._client, self._table = client, table

    def read(self, key_arn: str) -> KnownKey | None:
        """What was known of the key. Raises TransientError."""
        with refusal_is_transient("dynamodb:GetItem"):
            answer = self._client.get_item(
                TableName=self._table, Key={"id": {"S": _id(key_arn)}}, ConsistentRead=True
            )
        return _known(answer["Item"]) if "Item" in answer else None

    def note(self, key_arn: str, known: KnownKey) -> None:
        """Put what is known, unless something later is there. Raises TransientError."""
        item: dict[str, Any] = {
            "id": {"S": _id(key_arn)},
            "noted_at": {"N": str(known.at.timestamp())},
            "seen": {"S": known.seen},
            "expires_at": {"N": str(int((known.at + KEPT).timestamp()))},
        }
        if known.state is not None:
            item["state"] = {"S": known.state}
        if known.period is not None:
            item["period"] = {"N": str(known.period)}
        self._put(item, "attribute_not_exists(id) OR noted_at <= :given", item["noted_at"])

    def first_cancellation_today(self, key_arn: str, event_id: str, now: datetime) -> bool:
        """Put a marker for key and UTC day. The event that put it gets True again. Raises TransientError."""
        item = {
            "id": {"S": f"cancelled#{key_arn}#{now:%Y-%m-%d}"},
            "event_id": {"S": event_id},
            "expires_at": {"N": str(int((now + DAY_KEPT).timestamp()))},
        }
        return self._put(item, "attribute_not_exists(id) OR event_id = :given", item["event_id"])

    def _put(self, item: dict[str, Any], condition: str, given: dict[str, str]) -> bool:
        """Put the item if the condition holds, in which `:given` is this value; whether it was put."""
        with refusal_is_transient("dynamodb:PutItem"):
            try:
                self._client.put_item(
                    TableName=self._table,
                    Item=item,
                    ConditionExpression=condition,
                    ExpressionAttributeValues={":given": given},
                )
            except ClientError as error:
                if error.response["Error"]["Code"] != CONDITION_FAILED:
                    raise
                return False
        return True


def _id(key_arn: str) -> str:
    return f"key#{key_arn}"


def _known(item: dict[str, Any]) -> KnownKey:
    return KnownKey(
        at=datetime.fromtimestamp(float(item["noted_at"]["N"]), tz=UTC),
        seen=item["seen"]["S"],
        state=item["state"]["S"] if "state" in item else None,
        period=int(item["period"]["N"]) if "period" in item else None,
    )
