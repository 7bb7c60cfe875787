"""The exact items of what is known of keys and of who uses them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from reseal.aws.dynamodb.key_uses import DynamoDbKeyUses
from reseal.aws.dynamodb.known_keys import DynamoDbKnownKeys
from reseal.core.errors import TransientError
from reseal.core.state.key_knowledge import KnownKey
from tests.support.builders import TEAM_KEY
from tests.support.fakes.services import NOON
from tests.support.fakes.stubs import stubbed
from tests.unit.aws.dynamodb.table import TABLE_REFUSES

KNOWN = KnownKey(at=NOON, seen="PendingDeletion", state="Enabled", period=180)
SECONDS = int(NOON.timestamp())
ITEM = {
    "id": {"S": f"key#{TEAM_KEY}"},
    "noted_at": {"N": str(NOON.timestamp())},
    "seen": {"S": "PendingDeletion"},
    "expires_at": {"N": str(int((NOON + timedelta(days=400)).timestamp()))},
    "state": {"S": "Enabled"},
    "period": {"N": "180"},
}
USE = {
    "id": {"S": f"use#{TEAM_KEY}#payroll"},
    "bucket": {"S": TEAM_KEY},
    "lease_until": {"N": str(SECONDS)},
    "expires_at": {"N": str(int((NOON + timedelta(days=90)).timestamp()))},
}
LISTED = {
    "TableName": "ledger",
    "IndexName": "by-bucket",
    "KeyConditionExpression": "#key = :reference AND lease_until >= :since",
    "ExpressionAttributeNames": {"#key": "bucket"},
    "ExpressionAttributeValues": {
        ":reference": {"S": TEAM_KEY},
        ":since": {"N": str(int((NOON - timedelta(days=90)).timestamp()))},
    },
}
CALLS: dict[str, tuple[str, Callable[[Any], object]]] = {
    "note a use": ("put_item", lambda c: DynamoDbKeyUses(c, "ledger").note(TEAM_KEY, "payroll", NOON)),
    "list uses": ("query", lambda c: DynamoDbKeyUses(c, "ledger").buckets_of(TEAM_KEY, NOON)),
    "read": ("get_item", lambda c: DynamoDbKnownKeys(c, "ledger").read(TEAM_KEY)),
    "note": ("put_item", lambda c: DynamoDbKnownKeys(c, "ledger").note(TEAM_KEY, KNOWN)),
    "first today": (
        "put_item",
        lambda c: DynamoDbKnownKeys(c, "ledger").first_cancellation_today(TEAM_KEY, "e", NOON),
    ),
}


def test_use_is_an_item_that_the_index_lists_by_key() -> None:
    with stubbed("dynamodb") as (client, stub):
        stub.add_response("put_item", {}, {"TableName": "ledger", "Item": USE})

        DynamoDbKeyUses(client, "ledger").note(TEAM_KEY, "payroll", NOON)

        stub.assert_no_pending_responses()


def test_use_is_noted_once_a_day_and_again_the_next_day() -> None:
    with stubbed("dynamodb") as (client, stub):
        stub.add_response("put_item", {})
        stub.add_response("put_item", {})
        uses = DynamoDbKeyUses(client, "ledger")

        for hours in (0, 23, 24):
            uses.note(TEAM_KEY, "payroll", NOON + timedelta(hours=hours))

        stub.assert_no_pending_responses()


def test_use_that_could_not_be_noted_is_noted_the_next_time() -> None:
    with stubbed("dynamodb") as (client, stub):
        stub.add_client_error("put_item", "ProvisionedThroughputExceededException")
        stub.add_response("put_item", {})
        uses = DynamoDbKeyUses(client, "ledger")
        with pytest.raises(TransientError):
            uses.note(TEAM_KEY, "payroll", NOON)

        uses.note(TEAM_KEY, "payroll", NOON)

        stub.assert_no_pending_responses()


def test_buckets_are_listed_by_name_over_all_pages_and_other_items_left_out() -> None:
    more = {"id": {"S": "x"}, "bucket": {"S": TEAM_KEY}, "lease_until": {"N": "1"}}
    pages = [
        {"Items": [{"id": {"S": f"use#{TEAM_KEY}#tax"}}, {"id": {"S": "another"}}], "LastEvaluatedKey": more},
        {"Items": [{"id": {"S": f"use#{TEAM_KEY}#payroll"}}]},
    ]
    with stubbed("dynamodb") as (client, stub):
        stub.add_response("query", pages[0], LISTED)
        stub.add_response("query", pages[1], LISTED | {"ExclusiveStartKey": more})

        assert DynamoDbKeyUses(client, "ledger").buckets_of(TEAM_KEY, NOON) == ("payroll", "tax")


def test_memory_of_noted_uses_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("reseal.aws.dynamodb.key_uses._MOST_REMEMBERED", 1)
    with stubbed("dynamodb") as (client, stub):
        for _ in range(3):
            stub.add_response("put_item", {})
        uses = DynamoDbKeyUses(client, "ledger")

        for bucket in ("a", "b", "a"):
            uses.note(TEAM_KEY, bucket, NOON)

        stub.assert_no_pending_responses()


def test_known_key_is_put_unless_something_later_is_there() -> None:
    expected = {
        "TableName": "ledger",
        "Item": ITEM,
        "ConditionExpression": "attribute_not_exists(id) OR noted_at <= :given",
        "ExpressionAttributeValues": {":given": ITEM["noted_at"]},
    }
    with stubbed("dynamodb") as (client, stub):
        stub.add_response("put_item", {}, expected)
        stub.add_client_error("put_item", "ConditionalCheckFailedException")
        known = DynamoDbKnownKeys(client, "ledger")

        known.note(TEAM_KEY, KNOWN)
        known.note(TEAM_KEY, KNOWN)

        stub.assert_no_pending_responses()


@pytest.mark.parametrize(
    ("item", "known"),
    [
        (ITEM, KNOWN),
        (
            {name: ITEM[name] for name in ("id", "noted_at", "seen", "expires_at")},
            KnownKey(at=NOON, seen="PendingDeletion"),
        ),
        (None, None),
    ],
    ids=["whole", "without state and period", "nothing"],
)
def test_known_key_is_read_as_it_was_put(item: Any, known: KnownKey | None) -> None:
    read = {"TableName": "ledger", "Key": {"id": {"S": f"key#{TEAM_KEY}"}}, "ConsistentRead": True}
    with stubbed("dynamodb") as (client, stub):
        stub.add_response("get_item", {"Item": item} if item else {}, read)

        assert DynamoDbKnownKeys(client, "ledger").read(TEAM_KEY) == known


def test_marker_of_a_cancellation_outlives_its_day_and_belongs_to_one_event() -> None:
    expected = {
        "TableName": "ledger",
        "Item": {
            "id": {"S": f"cancelled#{TEAM_KEY}#2026-11-23"},
            "event_id": {"S": "e"},
            "expires_at": {"N": str(int((NOON + timedelta(days=2)).timestamp()))},
        },
        "ConditionExpression": "attribute_not_exists(id) OR event_id = :given",
        "ExpressionAttributeValues": {":given": {"S": "e"}},
    }
    with stubbed("dynamodb") as (client, stub):
        stub.add_response("put_item", {}, expected)
        stub.add_client_error("put_item", "ConditionalCheckFailedException")
        known = DynamoDbKnownKeys(client, "ledger")

        assert known.first_cancellation_today(TEAM_KEY, "e", NOON)
        assert not known.first_cancellation_today(TEAM_KEY, "e", NOON)


@pytest.mark.parametrize("code", TABLE_REFUSES)
@pytest.mark.parametrize(("operation", "call"), CALLS.values(), ids=CALLS)
def test_whatever_the_table_refuses_is_tried_again(operation: str, call: Any, code: str) -> None:
    with stubbed("dynamodb") as (client, stub):
        stub.add_client_error(operation, code)

        with pytest.raises(TransientError, match=code):
            call(client)
