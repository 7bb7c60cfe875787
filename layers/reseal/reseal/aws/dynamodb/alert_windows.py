"""Amazon DynamoDB: counts of equal alerts, in the ledger's table."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from reseal.aws.dynamodb.items import CONDITION_FAILED, refusal_is_transient
from reseal.aws.dynamodb.window_items import (
    CLOSING_EMPTY,
    Change,
    closing_published,
    counting,
    opening,
    removing_published,
    suppressed_of,
    tally_of,
)
from reseal.core.errors import TransientError
from reseal.core.findings.alerts import Suppressed, Tallied, Tally

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_ATTEMPTS = 4


class DynamoDbWindows:
    """`AlertWindows` on one DynamoDB table with the key `id`.

    The attributes of a window: `total` counts everything, `held` what waits to be told, of which `first`
    and `last` are the times and `keys` the latest ones; `message` is the window's first. At `closes_at`,
    in seconds, it is over.
    """

    def __init__(self, client: DynamoDBClient, table: str) -> None:
        self._client, self._table = client, table

    def tally(self, group: str, tallied: Tallied, now: datetime) -> Tally:
        """Open a window where none is open and nothing is held back, or else count into the one there is.

        In between somebody may have told and closed it; then both are tried again. A count whose answer was
        lost is made twice: rather too many than one too few.
        """
        own_id = str(uuid.uuid4())
        open_it, count = opening(own_id, tallied, now), counting(tallied, now)
        for _ in range(_ATTEMPTS):
            item = self._change(group, open_it, own_id) or self._change(group, count)
            if item is not None:
                return tally_of(item, own_id)
        raise TransientError(f"the alert window {group} changes too fast to be counted into")

    def read_suppressed(self, group: str) -> Suppressed | None:
        """What the window holds back. One that holds nothing is closed: who comes later opens a new one.

        Otherwise what a slow invocation still counted into it would wait for a reminder that has been.
        """
        for _ in range(_ATTEMPTS):
            item = self._read(_window(group))
            suppressed = suppressed_of(item) if item else None
            if suppressed or item is None or self._change(group, CLOSING_EMPTY) is not None:
                return suppressed
        raise TransientError(f"the alert window {group} changes too fast to be closed")

    def clear_suppressed(self, group: str, suppressed: Suppressed, until: datetime) -> bool:
        """Take what was told out of the window, and close it where nothing is left.

        Whether something is: then the window goes on until `until`. Neither change is made where another
        told the same meanwhile.
        """
        if self._change(group, closing_published(suppressed)) is not None:
            return False
        return self._change(group, removing_published(suppressed, until)) is not None

    def _change(self, group: str, change: Change, own_id: str | None = None) -> Any:
        """The window after the change; None where its condition does not hold.

        Where it is `own_id`'s already, the change was made, and only its answer was lost.
        """
        # DynamoDB refuses an empty map of names.
        named: Any = {"ExpressionAttributeNames": change.names} if change.names else {}
        with refusal_is_transient("dynamodb:UpdateItem"):
            try:
                answer = self._client.update_item(
                    TableName=self._table,
                    Key={"id": {"S": _window(group)}},
                    UpdateExpression=change.expression,
                    ConditionExpression=change.condition,
                    ExpressionAttributeValues=change.values,
                    ReturnValues="ALL_NEW",
                    ReturnValuesOnConditionCheckFailure="ALL_OLD",
                    **named,
                )
            except ClientError as error:
                if error.response["Error"]["Code"] != CONDITION_FAILED:
                    raise
                there: Any = error.response.get("Item") or {}
                return there if own_id and there.get("window_id") == {"S": own_id} else None
        return answer["Attributes"]

    def _read(self, item_id: str) -> Any:
        with refusal_is_transient("dynamodb:GetItem"):
            answer = self._client.get_item(
                TableName=self._table, Key={"id": {"S": item_id}}, ConsistentRead=True
            )
        return answer.get("Item")


def _window(group: str) -> str:
    return f"window#{group}"
