"""The exact notes of who unblocked SSE-C."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from reseal.aws.dynamodb.watchlist import DynamoDbWatchlist
from reseal.core.errors import TransientError
from reseal.core.findings.alerts import Unblocked
from reseal.core.findings.sign import Noted
from tests.support.fakes.services import NOON
from tests.support.fakes.stubs import stubbed
from tests.unit.aws.dynamodb.table import TABLE_REFUSES

UNBLOCKED = Unblocked(who="user/mallory", at=NOON)
NOTE = {
    "id": {"S": "unblocked#payroll"},
    "who": {"S": "user/mallory"},
    "at": {"S": "2026-11-23T12:00:00+00:00"},
    "expires_at": {"N": str(int((NOON + timedelta(days=1)).timestamp()))},
}
NOTE_READ = {"TableName": "ledger", "Key": {"id": {"S": "unblocked#payroll"}}, "ConsistentRead": True}

Call = Callable[[Any], object]
CALLS: dict[str, tuple[str, Call]] = {
    "note unblocked": (
        "put_item",
        lambda client: DynamoDbWatchlist(client, "ledger").note_unblocked("payroll", UNBLOCKED, NOON),
    ),
    "read unblocked": (
        "get_item",
        lambda client: DynamoDbWatchlist(client, "ledger").read_unblocked("payroll", NOON),
    ),
    "read signs": (
        "get_item",
        lambda client: DynamoDbWatchlist(client, "ledger").read_signs("actor#1", NOON),
    ),
    "note signs": (
        "put_item",
        lambda client: DynamoDbWatchlist(client, "ledger").replace_signs("actor#1", Noted(), NOON),
    ),
}


def test_note_of_who_unblocked_sse_c_expires_after_a_day() -> None:
    with stubbed("dynamodb") as (client, stub):
        stub.add_response("put_item", {}, {"TableName": "ledger", "Item": NOTE})

        DynamoDbWatchlist(client, "ledger").note_unblocked("payroll", UNBLOCKED, NOON)


@pytest.mark.parametrize(
    ("seconds_left", "found"), [(1, UNBLOCKED), (0, None)], ids=["in its last second", "expired"]
)
def test_note_is_read_consistently_and_ignored_once_it_has_expired(
    seconds_left: int, found: Unblocked | None
) -> None:
    now = NOON + timedelta(days=1, seconds=-seconds_left)
    with stubbed("dynamodb") as (client, stub):
        stub.add_response("get_item", {"Item": NOTE}, NOTE_READ)

        assert DynamoDbWatchlist(client, "ledger").read_unblocked("payroll", now) == found


@pytest.mark.parametrize("code", TABLE_REFUSES)
@pytest.mark.parametrize(("method", "call"), CALLS.values(), ids=CALLS)
def test_whatever_the_table_refuses_is_tried_again(method: str, call: Call, code: str) -> None:
    right = {"get_item": "dynamodb:GetItem", "put_item": "dynamodb:PutItem"}[method]
    with stubbed("dynamodb") as (client, stub):
        stub.add_client_error(method, code, http_status_code=400)

        with pytest.raises(TransientError, match=f"{right}: {code}"):
            call(client)
