"""Amazon DynamoDB: how far the sweep is, in the snapshot's table. One invocation at a time holds it."""

from __future__ import annotations

import json
from datetime import datetime
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from reseal.aws.dynamodb.items import CONDITION_FAILED, refusal_is_transient
from reseal.core.errors import LeaseHeldError
from reseal.core.sweep.progress import Progress

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_KEY = {"id": {"S": "sweep#progress"}}
_FREE = "attribute_not_exists(id) OR held_until < :now OR held_by = :me"


class DynamoDbSweepState:
    """`SweepState` on the snapshot's table."""

    def __init__(self, client: DynamoDBClient, table: str) -> None:
        self._client, self._table = client, table

    def claim(self, holder: str, now: datetime, until: datetime) -> Progress | None:
        """Hold the sweep until then, and read its progress. Raises LeaseHeldError and TransientError."""
        item = self._update(
            "SET held_by = :me, held_until = :until",
            _FREE,
            {":me": {"S": holder}, ":now": _seconds(now), ":until": _seconds(until)},
        )
        return Progress.from_document(json.loads(item["document"]["S"])) if "document" in item else None

    def save(self, holder: str, progress: Progress) -> None:
        """Save the progress of the sweep that is held. Raises LeaseHeldError and TransientError."""
        document = json.dumps(progress.to_document())
        self._update("SET document = :d", "held_by = :me", {":me": {"S": holder}, ":d": {"S": document}})

    def release(self, holder: str) -> None:
        """Hold the sweep no longer. Raises LeaseHeldError and TransientError."""
        self._update("SET held_until = :never", "held_by = :me", {":me": {"S": holder}, ":never": {"N": "0"}})

    def _update(self, change: str, condition: str, values: dict[str, Any]) -> dict[str, Any]:
        with refusal_is_transient("dynamodb:UpdateItem"):
            try:
                answer = self._client.update_item(
                    TableName=self._table,
                    Key=_KEY,
                    UpdateExpression=change,
                    ConditionExpression=condition,
                    ExpressionAttributeValues=values,
                    ReturnValues="ALL_NEW",
                )
            except ClientError as error:
                if error.response["Error"]["Code"] != CONDITION_FAILED:
                    raise
                raise LeaseHeldError("another invocation is working on the sweep") from error
        return answer["Attributes"]


def _seconds(time: datetime) -> dict[str, str]:
    return {"N": str(int(time.timestamp()))}
