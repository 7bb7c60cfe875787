"""The exact transactions of the ledger of a batch, and what is made of every reason for cancelling one."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from io import BytesIO
from typing import Any

import boto3
import pytest
from botocore.awsrequest import AWSResponse, HeadersDict
from botocore.stub import ANY, Stubber

from reseal.aws.dynamodb.batch_ledger import DynamoDbObjectLedger, _pause_on_conflict
from reseal.core.errors import LeaseHeldError, TransientError
from reseal.core.outcome import Failed, SkipCause, Skipped
from reseal.ports import ObjectLedger
from reseal.runtime.wiring_objects import OBJECT_CALLS
from tests.contract.aws.test_object_ledger_contract import MINE, OTHER, THEIRS, an_entry, by_id, closed
from tests.support.fakes.services import NOON
from tests.support.stubs import stubbed
from tests.unit.aws.test_requests import HELD, KEPT, TABLE_REFUSES

CANCELLED = "TransactionCanceledException"
FINE = {"Code": "None"}
CONFLICT = {"Code": "TransactionConflict", "Message": "Transaction is ongoing for the item"}
CALLS: list[tuple[str, Callable[[ObjectLedger], object]]] = [
    ("transact_get_items", lambda ledger: ledger.read_all([MINE.entry_id])),
    ("transact_get_items", lambda ledger: ledger.read_copied(["payroll/2026/1.csv"])),
    ("transact_write_items", lambda ledger: ledger.open_all([MINE], NOON)),
    ("transact_write_items", lambda ledger: ledger.close_all([MINE], NOON)),
]


def ledger_on(client: Any) -> DynamoDbObjectLedger:
    return DynamoDbObjectLedger(client, "ledger", KEPT)


def item(entry: Any, *, is_closed: bool = False) -> dict[str, Any]:
    return {
        "id": {"S": entry.entry_id},
        "bucket": {"S": "payroll"},
        "closed": {"BOOL": is_closed},
        "held_by": {"S": entry.owner},
        "lease_until": {"N": str(entry.lease_until)},
        "written_at": {"S": "2026-11-23T12:00:00+00:00"},
        "expires_at": {"N": str(int((NOON + KEPT).timestamp()))},
        "entry": {"S": ANY},
    }


def put(entry: Any, condition: str, values: dict[str, Any], *, is_closed: bool = False) -> dict[str, Any]:
    return {
        "Put": {
            "TableName": "ledger",
            "Item": item(entry, is_closed=is_closed),
            "ConditionExpression": condition,
            "ExpressionAttributeValues": {":no": {"BOOL": False}, ":me": {"S": entry.owner}} | values,
            "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
        }
    }


def opening(entry: Any) -> dict[str, Any]:
    return put(entry, HELD, {":now": {"N": str(int(NOON.timestamp()))}})


def expect(stub: Stubber, *puts: dict[str, Any]) -> None:
    stub.add_response("transact_write_items", {}, {"TransactItems": list(puts)})


def cancel(stub: Stubber, method: str, *reasons: dict[str, Any]) -> None:
    fields = {"CancellationReasons": list(reasons)}
    stub.add_client_error(method, CANCELLED, modeled_fields=fields, http_status_code=400)


def in_the_way(entry: Any) -> dict[str, Any]:
    there = item(entry) | {"entry": {"S": json.dumps(entry.to_document())}}
    return {"Code": "ConditionalCheckFailed", "Item": there}


def test_entries_are_read_in_one_transaction() -> None:
    gets = [{"Get": {"TableName": "ledger", "Key": {"id": {"S": entry.entry_id}}}} for entry in (MINE, OTHER)]
    with stubbed("dynamodb") as (client, stub):
        stub.add_response("transact_get_items", {"Responses": [{}, {}]}, {"TransactItems": gets})

        assert ledger_on(client).read_all([MINE.entry_id, OTHER.entry_id]) == {}


def test_entries_are_opened_under_the_conditions_of_single_ones() -> None:
    with stubbed("dynamodb") as (client, stub):
        expect(stub, opening(MINE), opening(OTHER))

        assert ledger_on(client).open_all([MINE, OTHER], NOON) == by_id(MINE, OTHER)


def closing(entry: Any) -> dict[str, Any]:
    return put(entry, "closed = :no AND held_by = :me", {}, is_closed=True)


def note(number: int = 1) -> dict[str, Any]:
    noted = {
        "id": {"S": f"copied#payroll/2026/{number}.csv"},
        "expires_at": {"N": str(int((NOON + KEPT).timestamp()))},
    }
    return {"Put": {"TableName": "ledger", "Item": noted}}


def test_entries_are_closed_under_the_conditions_of_single_ones_and_copies_are_noted() -> None:
    with stubbed("dynamodb") as (client, stub):
        expect(stub, closing(closed(MINE)), note())

        assert ledger_on(client).close_all([closed(MINE)], NOON) == {}


@pytest.mark.parametrize(
    "entry",
    [
        replace(closed(MINE), action="UpdateObjectEncryption"),
        replace(MINE, outcome=Skipped(cause=SkipCause.NEWER, reason="newer")),
        replace(MINE, outcome=Failed(code="AccessDenied", reason="denied")),
    ],
    ids=["in place", "skipped", "failed"],
)
def test_what_is_no_copy_is_not_noted(entry: Any) -> None:
    with stubbed("dynamodb") as (client, stub):
        expect(stub, closing(entry))

        assert ledger_on(client).close_all([entry], NOON) == {}


def test_fifty_outcomes_with_their_notes_go_into_one_call() -> None:
    entries = [closed(an_entry(number)) for number in range(51)]
    items = [[closing(entry), note(number)] for number, entry in enumerate(entries)]
    with stubbed("dynamodb") as (client, stub):
        expect(stub, *[one for pair in items[:50] for one in pair])
        expect(stub, *items[50])

        assert ledger_on(client).close_all(entries, NOON) == {}


def test_notes_of_copies_are_read_in_one_transaction() -> None:
    names = ["payroll/2026/1.csv", "payroll/2026/2.csv"]
    gets = [{"Get": {"TableName": "ledger", "Key": {"id": {"S": f"copied#{name}"}}}} for name in names]
    found = {"Item": {"id": {"S": "copied#payroll/2026/2.csv"}, "expires_at": {"N": "0"}}}
    with stubbed("dynamodb") as (client, stub):
        stub.add_response("transact_get_items", {"Responses": [{}, found]}, {"TransactItems": gets})

        assert ledger_on(client).read_copied([*names, names[0]]) == {"payroll/2026/2.csv"}


@pytest.mark.parametrize(("count", "calls"), [(50, [50]), (51, [50, 1]), (120, [50, 50, 20])])
def test_fifty_entries_go_into_one_call(count: int, calls: Sequence[int]) -> None:
    entries = [an_entry(number) for number in range(count)]
    with stubbed("dynamodb") as (client, stub):
        for start, size in zip(range(0, count, 50), calls, strict=True):
            expect(stub, *[opening(entry) for entry in entries[start : start + size]])

        ledger_on(client).open_all(entries, NOON)


def test_what_stands_in_the_way_of_one_entry_is_reported_and_the_others_are_put_again() -> None:
    third = an_entry(3)
    with stubbed("dynamodb") as (client, stub):
        cancel(stub, "transact_write_items", FINE, in_the_way(MINE), FINE)
        expect(stub, opening(OTHER), opening(third))

        answers = ledger_on(client).open_all([OTHER, THEIRS, third], NOON)

    assert isinstance(answers[MINE.entry_id], LeaseHeldError)
    assert (answers[OTHER.entry_id], answers[third.entry_id]) == (OTHER, third)


def test_entries_that_turn_out_held_one_after_another_are_all_reported() -> None:
    with stubbed("dynamodb") as (client, stub):
        cancel(stub, "transact_write_items", in_the_way(MINE), FINE)
        cancel(stub, "transact_write_items", in_the_way(closed(OTHER)))

        answers = ledger_on(client).open_all([THEIRS, OTHER], NOON)

    assert isinstance(answers[MINE.entry_id], LeaseHeldError)
    assert answers[OTHER.entry_id] == closed(OTHER)


def test_condition_that_fails_without_an_item_is_a_held_lease() -> None:
    with stubbed("dynamodb") as (client, stub):
        cancel(stub, "transact_write_items", {"Code": "ConditionalCheckFailed"}, FINE)
        expect(stub, note())

        assert list(ledger_on(client).close_all([closed(MINE)], NOON)) == [MINE.entry_id]


@pytest.mark.parametrize(
    "reason", [CONFLICT, {"Code": "ThrottlingError"}, {"Code": "ValidationError"}], ids=lambda r: r["Code"]
)
@pytest.mark.parametrize(("method", "call"), CALLS, ids=["read", "read copied", "open", "close"])
def test_transaction_cancelled_for_another_reason_is_tried_again(
    method: str, call: Callable[[ObjectLedger], object], reason: dict[str, str]
) -> None:
    with stubbed("dynamodb") as (client, stub):
        cancel(stub, method, reason)

        with pytest.raises(TransientError, match=CANCELLED):
            call(ledger_on(client))


@pytest.mark.parametrize("code", TABLE_REFUSES)
@pytest.mark.parametrize(("method", "call"), CALLS, ids=["read", "read copied", "open", "close"])
def test_whatever_the_table_refuses_is_tried_again(
    method: str, call: Callable[[ObjectLedger], object], code: str
) -> None:
    with stubbed("dynamodb") as (client, stub):
        stub.add_client_error(method, code, http_status_code=400)

        with pytest.raises(TransientError, match=code):
            call(ledger_on(client))


@pytest.mark.parametrize(("method", "call"), CALLS, ids=["read", "read copied", "open", "close"])
def test_refusal_names_the_right_that_is_missing(method: str, call: Callable[[ObjectLedger], object]) -> None:
    right = {"transact_get_items": "dynamodb:GetItem", "transact_write_items": "dynamodb:PutItem"}[method]
    with stubbed("dynamodb") as (client, stub):
        stub.add_client_error(method, "AccessDeniedException", http_status_code=400)

        with pytest.raises(TransientError, match=f"{right}: "):
            call(ledger_on(client))


def answered(*codes: str) -> tuple[None, dict[str, Any]]:
    reasons = [{"Code": code} for code in codes]
    return None, {"Error": {"Code": CANCELLED}, "CancellationReasons": reasons}


@pytest.mark.parametrize("code", ["TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded"])
def test_pauses_on_what_passes_double_and_then_end(code: str) -> None:
    conflict = answered("None", code)

    assert [_pause_on_conflict(conflict, attempt) for attempt in (1, 2, 3, 4)] == [0.1, 0.2, 0.4, None]


class Body(BytesIO):
    """An answer's body as botocore reads it."""

    def stream(self, **_: object) -> Iterator[bytes]:
        yield self.read()


def test_conflict_that_passes_is_waited_out_by_the_deployed_client() -> None:
    conflict = {"__type": f"com.amazonaws.dynamodb.v20120810#{CANCELLED}", "CancellationReasons": [CONFLICT]}
    answers = [(400, conflict), (200, {})]
    client = boto3.client(
        "dynamodb", "us-east-1", aws_access_key_id="stub", aws_secret_access_key="stub", config=OBJECT_CALLS
    )

    def answer(**_: object) -> AWSResponse:
        status, document = answers.pop(0)
        return AWSResponse("https://dynamodb", status, HeadersDict(), Body(json.dumps(document).encode()))

    client.meta.events.register("before-send.dynamodb.TransactWriteItems", answer)

    assert ledger_on(client).open_all([MINE], NOON) == by_id(MINE)
    assert answers == []


@pytest.mark.parametrize(
    "response",
    [
        None,
        answered("ConditionalCheckFailed", "TransactionConflict"),
        answered("ValidationError"),
        (None, {"Error": {"Code": "ValidationException"}}),
        (None, {"Responses": []}),
    ],
    ids=["no answer", "a condition failed", "not valid", "another error", "no error"],
)
def test_nothing_else_is_repeated(response: Any) -> None:
    assert _pause_on_conflict(response, 1) is None
