"""Items that several writers add to: each reads, and puts if nobody has put meanwhile."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from reseal.aws.dynamodb.shared_items import SharedItems
from reseal.core.errors import TransientError
from tests.support.fakes.stubs import stubbed
from tests.unit.aws.dynamodb.table import TABLE_REFUSES

READ = {"TableName": "ledger", "Key": {"id": {"S": "a"}}, "ConsistentRead": True}
CONFLICT = "ConditionalCheckFailedException"


def item(count: int, version: int) -> dict[str, Any]:
    return {"id": {"S": "a"}, "version": {"N": str(version)}, "count": {"N": str(count)}}


def one_more(found: Mapping[str, Any]) -> Mapping[str, Any]:
    return {"count": {"N": str(int(found["count"]["N"]) + 1 if found else 1)}}


def test_first_put_demands_that_there_is_no_item() -> None:
    with stubbed("dynamodb") as (client, stub):
        stub.add_response("get_item", {}, READ)
        put = {
            "TableName": "ledger",
            "Item": item(1, 1),
            "ConditionExpression": "attribute_not_exists(id)",
        }
        stub.add_response("put_item", {}, put)

        assert SharedItems(client, "ledger").change("a", one_more) == {"count": {"N": "1"}}


def test_what_another_writer_put_meanwhile_is_read_and_kept() -> None:
    with stubbed("dynamodb") as (client, stub):
        stub.add_response("get_item", {"Item": item(1, 1)}, READ)
        stub.add_client_error("put_item", CONFLICT)
        stub.add_response("get_item", {"Item": item(5, 2)}, READ)
        put = {
            "TableName": "ledger",
            "Item": item(6, 3),
            "ConditionExpression": "version = :version",
            "ExpressionAttributeValues": {":version": {"N": "2"}},
        }
        stub.add_response("put_item", {}, put)

        assert SharedItems(client, "ledger").change("a", one_more) == {"count": {"N": "6"}}


def test_nothing_is_put_that_changes_nothing() -> None:
    with stubbed("dynamodb") as (client, stub):
        stub.add_response("get_item", {"Item": item(1, 1)}, READ)

        assert SharedItems(client, "ledger").change("a", lambda found: found) == {"count": {"N": "1"}}


def test_endless_conflicts_end_in_a_retry() -> None:
    with stubbed("dynamodb") as (client, stub):
        for _ in range(5):
            stub.add_response("get_item", {"Item": item(1, 1)}, READ)
            stub.add_client_error("put_item", CONFLICT)

        with pytest.raises(TransientError, match="'a'"):
            SharedItems(client, "ledger").change("a", one_more)


@pytest.mark.parametrize("refused", ["get_item", "put_item"])
@pytest.mark.parametrize("code", TABLE_REFUSES)
def test_refusal_of_the_table_is_transient(refused: str, code: str) -> None:
    with stubbed("dynamodb") as (client, stub):
        if refused == "put_item":
            stub.add_response("get_item", {})
        stub.add_client_error(refused, code)

        with pytest.raises(TransientError):
            SharedItems(client, "ledger").change("a", one_more)
