"""Amazon DynamoDB: alert windows, in the ledger's table."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from reseal.aws.dynamodb.items import CONDITION_FAILED, refusal_is_transient
from reseal.core.alerts.window import Window

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

KEPT = timedelta(days=14)
"""As long as a reminder can wait in the dead-letter queue: a redrive can still publish the summary."""


class DynamoDbWindows:
    """`AlertWindows` on one DynamoDB table with the key `id`."""

    def __init__(self, client: DynamoDBClient, table: str) -> None:
        self._client, self._table = client, table

    def read(self, scope: str) -> Window | None:
        """The stored window of a scope; None if there is none. Raises TransientError."""
        with refusal_is_transient("dynamodb:GetItem"):
            answer = self._client.get_item(
                TableName=self._table, Key={"id": {"S": _id(scope)}}, ConsistentRead=True
            )
        item = answer.get("Item")
        return (
            Window.from_document(json.loads(item["window"]["S"]), int(item["version"]["N"])) if item else None
        )

    def replace(self, window: Window) -> bool:
        """Put the window if the stored version is the one that it came from. Raises TransientError."""
        item = {
            "id": {"S": _id(window.scope)},
            "version": {"N": str(window.version + 1)},
            "window": {"S": json.dumps(window.to_document())},
            "expires_at": {"N": str(int((window.closes_at + KEPT).timestamp()))},
        }
        condition: dict[str, Any] = {"ConditionExpression": "attribute_not_exists(id)"}
        if window.version:
            condition = {
                "ConditionExpression": "version = :version",
                "ExpressionAttributeValues": {":version": {"N": str(window.version)}},
            }
        with refusal_is_transient("dynamodb:PutItem"):
            try:
                self._client.put_item(TableName=self._table, Item=item, **condition)
            except ClientError as error:
                if error.response["Error"]["Code"] != CONDITION_FAILED:
                    raise
                return False
        return True


def _id(scope: str) -> str:
    return f"window#{scope}"
