"""The exact changes of an alert window, answers that get lost, and windows that change in between."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable
from dataclasses import asdict
from datetime import timedelta
from typing import Any

import pytest
from botocore.stub import ANY, Stubber

from reseal.aws.dynamodb.alert_windows import DynamoDbWindows
from reseal.core.errors import TransientError
from reseal.core.findings.alerts import Suppressed
from reseal.ports import AlertWindows
from tests.contract.aws.test_windows_contract import A_COUNT, GROUP, ONE, TWO_MORE
from tests.contract.worlds.evidence import A_MESSAGE
from tests.support.fakes.services import NOON
from tests.support.fakes.stubs import stubbed
from tests.unit.aws.dynamodb.table import TABLE_REFUSES

CONDITION_FAILED = "ConditionalCheckFailedException"
HELD = Suppressed(window_id="w1", count=2, first=NOON, last=NOON, keys=("a",), message=A_MESSAGE)
WINDOW = {"window_id": {"S": "w1"}, "total": {"N": "3"}, "closes_at": {"N": "1795435500.000000"}}
OWN_ID = "7f1c"
COUNTING = "SET #total = #total + :count, expires_at = :expires"
HOLDING = "held = held + :count, #first = if_not_exists(#first, :first), #last = :last, #keys = :keys"
EMPTY = WINDOW | {"held": {"N": "0"}}
COUNT = {
    ":count": {"N": "1"},
    ":now": {"N": f"{NOON.timestamp():.6f}"},
    ":expires": {"N": str(int((NOON + timedelta(days=14, seconds=300)).timestamp()))},
    ":zero": {"N": "0"},
}
CALLS: list[tuple[str, Callable[[AlertWindows], object]]] = [
    ("update_item", lambda windows: windows.tally(GROUP, ONE, NOON)),
    ("get_item", lambda windows: windows.read_suppressed(GROUP)),
    ("update_item", lambda windows: windows.clear_suppressed(GROUP, HELD, NOON)),
]


@pytest.fixture
def own_id(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uuid, "uuid4", lambda: OWN_ID)


def change(update: str, condition: str, values: dict[str, Any], *names: str) -> dict[str, Any]:
    expected = {
        "TableName": "ledger",
        "Key": {"id": {"S": f"window#{GROUP}"}},
        "UpdateExpression": update,
        "ConditionExpression": condition,
        "ExpressionAttributeValues": values,
        "ReturnValues": "ALL_NEW",
        "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
    }
    return expected | ({"ExpressionAttributeNames": {f"#{name}": name for name in names}} if names else {})


def refuse(stub: Stubber, **fields: Any) -> None:
    stub.add_client_error("update_item", CONDITION_FAILED, http_status_code=400, modeled_fields=fields)


@pytest.mark.usefixtures("own_id")
def test_window_is_opened_where_none_is_open_and_nothing_is_held() -> None:
    expected = change(
        "SET window_id = :id, closes_at = :closes, expires_at = :expires, #total = :count, held = :zero, "
        "message = :message REMOVE #first, #last, #keys",
        "attribute_not_exists(id) OR (closes_at <= :now AND held = :zero)",
        {
            **COUNT,
            ":closes": {"N": f"{(NOON + timedelta(seconds=300)).timestamp():.6f}"},
            ":id": {"S": OWN_ID},
            ":message": {"S": json.dumps(asdict(A_MESSAGE))},
        },
        "total",
        "first",
        "last",
        "keys",
    )
    with stubbed("dynamodb") as (client, stub):
        stub.add_response("update_item", {"Attributes": WINDOW}, expected)

        DynamoDbWindows(client, "ledger").tally(GROUP, ONE, NOON)


@pytest.mark.parametrize(
    ("tallied", "update", "values", "names"),
    [
        (A_COUNT, COUNTING, {}, ["total"]),
        (
            TWO_MORE,
            f"{COUNTING}, {HOLDING}",
            {
                ":first": {"S": TWO_MORE.first.isoformat()},
                ":last": {"S": TWO_MORE.last.isoformat()},
                ":keys": {"S": '["b.csv", "c.csv"]'},
            },
            ["total", "first", "last", "keys"],
        ),
    ],
    ids=["only counted", "suppressed"],
)
def test_more_is_counted_into_a_window_that_is_open_or_holds_something(
    tallied: Any, update: str, values: dict[str, Any], names: list[str]
) -> None:
    counted = COUNT | {":count": {"N": "2"}} | values
    with stubbed("dynamodb") as (client, stub):
        refuse(stub)
        expected = change(update, "closes_at > :now OR held > :zero", counted, *names)
        stub.add_response("update_item", {"Attributes": WINDOW}, expected)

        assert not DynamoDbWindows(client, "ledger").tally(GROUP, tallied, NOON).opened


def test_window_that_closes_between_two_attempts_is_opened_again() -> None:
    with stubbed("dynamodb") as (client, stub):
        refuse(stub)
        refuse(stub)
        stub.add_response("update_item", {"Attributes": WINDOW})

        assert DynamoDbWindows(client, "ledger").tally(GROUP, ONE, NOON).total == 3


@pytest.mark.usefixtures("own_id")
def test_window_of_reseal_whose_answer_was_lost_is_opened() -> None:
    """botocore repeats the call, and its condition does not hold any more."""
    with stubbed("dynamodb") as (client, stub):
        refuse(stub, Item=WINDOW | {"window_id": {"S": OWN_ID}})

        assert DynamoDbWindows(client, "ledger").tally(GROUP, ONE, NOON).opened


def test_window_that_never_stands_still_is_tried_again_later() -> None:
    with stubbed("dynamodb") as (client, stub):
        for _ in range(8):
            refuse(stub)

        with pytest.raises(TransientError, match="changes too fast"):
            DynamoDbWindows(client, "ledger").tally(GROUP, ONE, NOON)


def test_window_that_holds_nothing_is_closed_when_it_is_asked() -> None:
    with stubbed("dynamodb") as (client, stub):
        expected = {"TableName": "ledger", "Key": {"id": {"S": f"window#{GROUP}"}}, "ConsistentRead": True}
        stub.add_response("get_item", {"Item": EMPTY}, expected)
        closing = change("SET closes_at = :zero", "held = :zero", {":zero": {"N": "0"}})
        stub.add_response("update_item", {"Attributes": EMPTY}, closing)

        assert DynamoDbWindows(client, "ledger").read_suppressed(GROUP) is None


def test_what_comes_before_the_window_could_be_closed_is_found() -> None:
    times = {name: {"S": NOON.isoformat()} for name in ("first", "last")}
    more = {"held": {"N": "2"}, "keys": {"S": '["a"]'}, "message": {"S": json.dumps(asdict(A_MESSAGE))}}
    with stubbed("dynamodb") as (client, stub):
        stub.add_response("get_item", {"Item": EMPTY})
        refuse(stub)
        stub.add_response("get_item", {"Item": WINDOW | times | more})

        assert DynamoDbWindows(client, "ledger").read_suppressed(GROUP) == HELD


def test_window_that_cannot_be_closed_is_tried_again_later() -> None:
    with stubbed("dynamodb") as (client, stub):
        for _ in range(4):
            stub.add_response("get_item", {"Item": EMPTY})
            refuse(stub)

        with pytest.raises(TransientError, match="changes too fast"):
            DynamoDbWindows(client, "ledger").read_suppressed(GROUP)


def test_what_was_reported_is_taken_out_of_the_window_that_was_reported() -> None:
    published = {":published": {"N": "2"}, ":id": {"S": "w1"}}
    closing = change(
        "SET held = :zero, closes_at = :zero REMOVE #first, #last, #keys",
        "window_id = :id AND held = :published",
        published | {":zero": {"N": "0"}},
        "first",
        "last",
        "keys",
    )
    taking = change(
        "SET held = held - :published, window_id = :next, #first = :last, closes_at = :closes",
        "window_id = :id AND held > :published",
        ANY,
        "first",
        "last",
    )
    taking["ExpressionAttributeNames"] = {"#first": "first"}
    with stubbed("dynamodb") as (client, stub):
        stub.add_client_error("update_item", CONDITION_FAILED, expected_params=closing)
        stub.add_response("update_item", {"Attributes": WINDOW}, taking)

        DynamoDbWindows(client, "ledger").clear_suppressed(GROUP, HELD, NOON)


@pytest.mark.parametrize("code", TABLE_REFUSES)
@pytest.mark.parametrize(("method", "call"), CALLS, ids=["tally", "read", "publish"])
def test_whatever_the_table_refuses_is_tried_again(
    method: str, call: Callable[[AlertWindows], object], code: str
) -> None:
    with stubbed("dynamodb") as (client, stub):
        stub.add_client_error(method, code, http_status_code=400)

        with pytest.raises(TransientError, match=code):
            call(DynamoDbWindows(client, "ledger"))


@pytest.mark.parametrize(("method", "call"), CALLS, ids=["tally", "read", "publish"])
def test_refusal_names_the_right_that_is_missing(method: str, call: Callable[[AlertWindows], object]) -> None:
    right = {"get_item": "dynamodb:GetItem", "update_item": "dynamodb:UpdateItem"}[method]
    with stubbed("dynamodb") as (client, stub):
        stub.add_client_error(method, "AccessDeniedException", http_status_code=400)

        with pytest.raises(TransientError, match=f"{right}: "):
            call(DynamoDbWindows(client, "ledger"))
