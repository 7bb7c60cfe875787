"""Amazon DynamoDB: which refusals were reported today, in the ledger's table."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from reseal.aws.dynamodb.items import CONDITION_FAILED, refusal_is_transient

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

KEPT = timedelta(days=2)


class DynamoDbRefusals:
    """`Refusals` on one DynamoDB table with the key `id`."""

    def __init__(self, client: DynamoDBClient, table: str) -> None:
        self._client, self._table = client, table

    def first_today(self, bucket: str, refused: str, event_id: str, now: datetime) -> bool:
        """Put a marker for bucket, refusal and UTC day. The event that put it gets True again."""
        item = {
            "id": {"S": f"refusal#{bucket}#{refused}#{now:%Y-%m-%d}"},
            "event_id": {"S": event_id},
            "expires_at": {"N": str(int((now + KEPT).timestamp()))},
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
