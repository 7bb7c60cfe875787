"""The exact requests about alert windows, and what the table refuses."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from reseal.aws.dynamodb.alert_windows import DynamoDbWindows
from reseal.core.alerts.window import Window
from reseal.core.errors import TransientError
from reseal.ports import AlertWindows
from tests.support.fakes.services import NOON
from tests.support.fakes.stubs import stubbed
from tests.unit.aws.dynamodb.table import TABLE_REFUSES

WINDOW = Window.opened("payroll", NOON, 900)
READ = {"TableName": "ledger", "Key": {"id": {"S": "window#payroll"}}, "ConsistentRead": True}
CALLS: list[tuple[str, Callable[[AlertWindows], object]]] = [
    ("get_item", lambda windows: windows.read("payroll")),
    ("put_item", lambda windows: windows.replace(WINDOW)),
]


def an_item(version: int) -> dict[str, Any]:
    """The item, which outlives a reminder that waits as a dead-letter message."""
    expires = NOON + timedelta(seconds=900, days=14)
    return {
        "id": {"S": "window#payroll"},
        "version": {"N": str(version)},
        "window": {"S": json.dumps(WINDOW.to_document())},
        "expires_at": {"N": str(int(expires.timestamp()))},
    }


def test_window_is_read_consistently_with_its_version() -> None:
    with stubbed("dynamodb") as (client, stub):
        stub.add_response("get_item", {"Item": an_item(3)}, READ)

        assert DynamoDbWindows(client, "ledger").read("payroll") == replace(WINDOW, version=3)


def test_scope_without_an_item_has_no_window() -> None:
    with stubbed("dynamodb") as (client, stub):
        stub.add_response("get_item", {}, READ)

        assert DynamoDbWindows(client, "ledger").read("payroll") is None


@pytest.mark.parametrize(
    ("version", "condition"),
    [
        (0, {"ConditionExpression": "attribute_not_exists(id)"}),
        (
            2,
            {
                "ConditionExpression": "version = :version",
                "ExpressionAttributeValues": {":version": {"N": "2"}},
            },
        ),
    ],
    ids=["first", "later"],
)
def test_window_is_put_in_place_of_its_own_version(version: int, condition: dict[str, Any]) -> None:
    with stubbed("dynamodb") as (client, stub):
        expected = {"TableName": "ledger", "Item": an_item(version + 1), **condition}
        stub.add_response("put_item", {}, expected)

        assert DynamoDbWindows(client, "ledger").replace(replace(WINDOW, version=version))


def test_window_that_another_invocation_changed_is_not_replaced() -> None:
    with stubbed("dynamodb") as (client, stub):
        stub.add_client_error("put_item", "ConditionalCheckFailedException", http_status_code=400)

        assert not DynamoDbWindows(client, "ledger").replace(WINDOW)


@pytest.mark.parametrize("code", TABLE_REFUSES)
@pytest.mark.parametrize(("method", "call"), CALLS, ids=[method for method, _ in CALLS])
def test_whatever_the_table_refuses_is_tried_again(
    method: str, call: Callable[[AlertWindows], object], code: str
) -> None:
    right = {"get_item": "dynamodb:GetItem", "put_item": "dynamodb:PutItem"}[method]
    with stubbed("dynamodb") as (client, stub):
        stub.add_client_error(method, code, http_status_code=400)

        with pytest.raises(TransientError, match=f"{right}: {code}"):
            call(DynamoDbWindows(client, "ledger"))
