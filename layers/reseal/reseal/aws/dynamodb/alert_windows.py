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

    The attributes of a window: `total` counts all violations, `held` the suppressed ones that wait for
    the summary. `first` and `last` are the times of those, `keys` their latest object keys. `message` is
    the first message of the window. `closes_at` is its end, in seconds since the epoch.
    """

    def __init__(self, client: DynamoDBClient, table: str) -> None:
        self._client, self._table = client, table

    def tally(self, group: str, tallied: Tallied, now: datetime) -> Tally:
        """Open a window if none is open and nothing is suppressed; else count in the existing window.

        Another invocation may close the window between the two attempts; then both are tried again. A count
        whose answer was lost is made twice: too high is better than too low. Raises TransientError.
        """
        own_id = str(uuid.uuid4())
        open_it, count = opening(own_id, tallied, now), counting(tallied, now)
        for _ in range(_ATTEMPTS):
            item = self._change(group, open_it, own_id) or self._change(group, count)
            if item is not None:
                return tally_of(item, own_id)
        raise TransientError(f"the alert window {group} changes too fast to count in it")

    def read_suppressed(self, group: str) -> Suppressed | None:
        """The suppressed violations of the window. If there are none: close the window, return None.

        If it stayed open, a slow invocation could still count in it, and no reminder would follow. Raises
        TransientError.
        """
        for _ in range(_ATTEMPTS):
            item = self._read(_window(group))
            suppressed = suppressed_of(item) if item else None
            if suppressed or item is None or self._change(group, CLOSING_EMPTY) is not None:
                return suppressed
        raise TransientError(f"the alert window {group} changes too fast to be closed")

    def clear_suppressed(self, group: str, suppressed: Suppressed, until: datetime) -> bool:
        """Remove what the summary reported, and close the window if nothing is left.

        True if something is left: the window then stays open until `until`. If another invocation has
        published the same summary meanwhile, nothing changes. Raises TransientError.
        """
        if self._change(group, closing_published(suppressed)) is not None:
            return False
        return self._change(group, removing_published(suppressed, until)) is not None

    def _change(self, group: str, change: Change, own_id: str | None = None) -> Any:
        """The window after the change; None if its condition does not hold.

        If the window has `own_id` already, an earlier attempt made the change and its answer was lost.
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
