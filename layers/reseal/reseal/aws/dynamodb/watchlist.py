"""Amazon DynamoDB: what is known for a day, in the ledger's table: who unblocked SSE-C, and other signs."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from reseal.aws.dynamodb.items import CONDITION_FAILED, refusal_is_transient
from reseal.core.findings.alerts import Unblocked
from reseal.core.findings.sign import Noted, Sign

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

    def read_signs(self, facet: str, now: datetime) -> Noted:
        """The signs of the last day of an actor, a bucket or a key. Raises TransientError."""
        with refusal_is_transient("dynamodb:GetItem"):
            answer = self._client.get_item(
                TableName=self._table, Key={"id": {"S": f"sign#{facet}"}}, ConsistentRead=True
            )
        item = answer.get("Item")
        if item is None:
            return Noted()
        signs = tuple(Sign.from_document(one) for one in json.loads(item["signs"]["S"]))
        return Noted(signs=signs, version=int(item["version"]["N"])).within_a_day(now)

    def replace_signs(self, facet: str, noted: Noted, now: datetime) -> bool:
        """Put the signs if the stored version is the one that they came from. Raises TransientError."""
        item = {
            "id": {"S": f"sign#{facet}"},
            "version": {"N": str(noted.version + 1)},
            "signs": {"S": json.dumps([sign.to_document() for sign in noted.signs])},
            "expires_at": {"N": str(int((now + KEPT).timestamp()))},
        }
        condition: dict[str, Any] = {"ConditionExpression": "attribute_not_exists(id)"}
        if noted.version:
            condition = {
                "ConditionExpression": "version = :version",
                "ExpressionAttributeValues": {":version": {"N": str(noted.version)}},
            }
        with refusal_is_transient("dynamodb:PutItem"):
            try:
                self._client.put_item(TableName=self._table, Item=item, **condition)
            except ClientError as error:
                if error.response["Error"]["Code"] != CONDITION_FAILED:
                    raise
                return False
        return True
