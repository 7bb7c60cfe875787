"""Amazon DynamoDB: items that several writers add to, in the ledger's table.

A writer reads the item, and puts it back if nobody has put it meanwhile. So the roles need no right that the
ledger does not need.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from reseal.aws.dynamodb.items import CONDITION_FAILED, refusal_is_transient
from reseal.core.errors import TransientError
from reseal.core.text.quoted import quoted

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

Attributes = Mapping[str, Any]
"""The attributes of an item as DynamoDB writes them, without its id and its version."""

_TRIES = 5
_OWN = ("id", "version")


class SharedItems:
    """Items with the key `id`. All methods raise TransientError."""

    def __init__(self, client: DynamoDBClient, table: str) -> None:
        self._client, self._table = client, table

    def read(self, item_id: str) -> Attributes:
        """The item in a consistent read; empty if there is none."""
        return self._read(item_id)[0]

    def change(self, item_id: str, changed: Callable[[Attributes], Attributes]) -> Attributes:
        """Put what `changed` makes of the item; return it. It is called again if another writer came first.

        Nothing is put if it changes nothing.
        """
        for _ in range(_TRIES):
            found, version = self._read(item_id)
            wanted = changed(found)
            if wanted == found or self._put(item_id, wanted, version):
                return wanted
        raise TransientError(f"others write the item {quoted(item_id)} of the ledger's table all the time")

    def _read(self, item_id: str) -> tuple[Attributes, int]:
        with refusal_is_transient("dynamodb:GetItem"):
            answer = self._client.get_item(
                TableName=self._table, Key={"id": {"S": item_id}}, ConsistentRead=True
            )
        item = answer.get("Item", {})
        version = int(item["version"]["N"]) if "version" in item else 0
        return {name: value for name, value in item.items() if name not in _OWN}, version

    def _put(self, item_id: str, attributes: Attributes, version: int) -> bool:
        """Whether the stored version was still this one."""
        item = {**attributes, "id": {"S": item_id}, "version": {"N": str(version + 1)}}
        condition: dict[str, Any] = {"ConditionExpression": "attribute_not_exists(id)"}
        if version:
            condition = {
                "ConditionExpression": "version = :version",
                "ExpressionAttributeValues": {":version": {"N": str(version)}},
            }
        with refusal_is_transient("dynamodb:PutItem"):
            try:
                self._client.put_item(TableName=self._table, Item=item, **condition)
            except ClientError as error:
                if error.response["Error"]["Code"] != CONDITION_FAILED:
                    raise
                return False
        return True
