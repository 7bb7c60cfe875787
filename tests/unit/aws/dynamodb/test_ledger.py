"""The exact calls of the ledger, and what is made of every answer that refuses one."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from io import BytesIO
from typing import Any

import boto3
import pytest
from botocore.awsrequest import AWSResponse, HeadersDict
from botocore.stub import Stubber

from reseal.aws.dynamodb.ledger import DynamoDbLedger, _pause_on_conflict, retry_conflicts
from reseal.core.errors import LeaseHeldError, TransientError
from reseal.core.outcome import Failed, SkipCause, Skipped
from reseal.core.repairs.ledger_entry import LAST_REPAIRS
from reseal.ports import Ledger
from reseal.runtime.wiring.clients import CALLS as AS_DEPLOYED
from tests.support.entries import OF_BUCKET, applied, by_id, of_another_owner, of_object
from tests.support.fakes.services import NOON
from tests.support.fakes.stubs import stubbed
from tests.unit.aws.dynamodb.table import TABLE_REFUSES

SETTING = "ObjectEncryption"

HELD = "attribute_not_exists(id) OR (closed = :no AND (lease_until < :now OR held_by = :me))"
HOLDS_IT = "closed = :no AND held_by = :me"
KEPT = timedelta(days=400)
EXPIRES = {"N": str(int((NOON + KEPT).timestamp()))}
MINE, OTHER = of_object(1), of_object(2)
THEIRS = of_another_owner(MINE)
SKIPPED = replace(MINE, outcome=Skipped(cause=SkipCause.NEWER, reason="newer"))

ONE_READ, MANY_READ, ONE_PUT, MANY_PUT = "get_item", "transact_get_items", "put_item", "transact_write_items"
ONE_UPDATE = "update_item"
CANCELLED = "TransactionCanceledException"
CONFLICT_OF_ONE_PUT = "TransactionConflictException"
CONDITION_OF_ONE_PUT = "ConditionalCheckFailedException"
FINE = {"Code": "None"}
CONFLICT = {"Code": "TransactionConflict", "Message": "Transaction is ongoing for the item"}

Call = tuple[str, Callable[[Ledger], object]]
OF_ONE_ITEM: Mapping[str, Call] = {
    "read one": (ONE_READ, lambda ledger: ledger.read_all([MINE.entry_id])),
    "read one last repair": (
        ONE_READ,
        lambda ledger: ledger.read_last_repairs([MINE.resource.name], SETTING),
    ),
    "open one": (ONE_PUT, lambda ledger: ledger.open_all([MINE], NOON)),
    "close one": (ONE_PUT, lambda ledger: ledger.close_all([SKIPPED], NOON)),
}
TRANSACTIONS: Mapping[str, Call] = {
    "read": (MANY_READ, lambda ledger: ledger.read_all([MINE.entry_id, OTHER.entry_id])),
    "read last repairs": (
        MANY_READ,
        lambda ledger: ledger.read_last_repairs(["payroll/1", "payroll/2"], SETTING),
    ),
    "open": (MANY_PUT, lambda ledger: ledger.open_all([MINE, OTHER], NOON)),
    "close": (MANY_PUT, lambda ledger: ledger.close_all([SKIPPED, OTHER], NOON)),
    "close one repair": (MANY_PUT, lambda ledger: ledger.close_all([applied(MINE)], NOON)),
}
ALL_CALLS = {**OF_ONE_ITEM, **TRANSACTIONS}


def ledger_on(client: Any) -> DynamoDbLedger:
    retry_conflicts(client)
    return DynamoDbLedger(client, "ledger", KEPT)


def item(entry: Any, *, is_closed: bool = False) -> dict[str, Any]:
    return {
        "id": {"S": entry.entry_id},
        "bucket": {"S": "payroll"},
        "closed": {"BOOL": is_closed},
        "held_by": {"S": entry.owner},
        "lease_until": {"N": str(entry.lease_until)},
        "written_at": {"S": "2026-11-23T12:00:00+00:00"},
        "expires_at": EXPIRES,
        "entry": {"S": json.dumps(entry.to_document())},
    }


def put(entry: Any, condition: str, values: dict[str, Any], *, is_closed: bool = False) -> dict[str, Any]:
    return {
        "TableName": "ledger",
        "Item": item(entry, is_closed=is_closed),
        "ConditionExpression": condition,
        "ExpressionAttributeValues": {":no": {"BOOL": False}, ":me": {"S": entry.owner}} | values,
        "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
    }


def opening(entry: Any) -> dict[str, Any]:
    return put(entry, HELD, {":now": {"N": str(int(NOON.timestamp()))}})


def closing(entry: Any) -> dict[str, Any]:
    return put(entry, HOLDS_IT, {}, is_closed=True)


def note(*entries: Any) -> dict[str, Any]:
    """The update that notes these repairs, the latest last, before those that are noted already."""
    new = len(entries)
    places = range(LAST_REPAIRS - 1, new - 1, -1)
    moved = [f"repair_{place} = if_not_exists(repair_{place - new}, :none)" for place in places]
    noted = [f"repair_{place} = :{place}" for place in range(new)]
    values = {f":{place}": {"S": entry.entry_id} for place, entry in enumerate(reversed(entries))}
    return {
        "TableName": "ledger",
        "Key": {"id": {"S": f"repaired#{entries[0].setting}#{entries[0].resource.name}"}},
        "UpdateExpression": f"SET {', '.join([*moved, *noted, 'expires_at = :expires'])}",
        "ExpressionAttributeValues": values | {":none": {"NULL": True}, ":expires": EXPIRES},
    }


def noted(entry: Any) -> dict[str, Any]:
    """The note of one repair as it is read."""
    places = {"repair_0": {"S": entry.entry_id}, "repair_1": {"NULL": True}}
    return {
        "Item": {
            "id": {"S": f"repaired#{entry.setting}#{entry.resource.name}"},
            **places,
            "expires_at": EXPIRES,
        }
    }


def get(item_id: str) -> dict[str, Any]:
    return {"TableName": "ledger", "Key": {"id": {"S": item_id}}}


def expect(stub: Stubber, *puts: dict[str, Any]) -> None:
    """One item by PutItem or UpdateItem, several in one transaction."""
    if len(puts) == 1:
        stub.add_response(ONE_PUT if "Item" in puts[0] else ONE_UPDATE, {}, puts[0])
    else:
        items = [{"Put" if "Item" in one else "Update": one} for one in puts]
        stub.add_response(MANY_PUT, {}, {"TransactItems": items})


def cancel(stub: Stubber, method: str, *reasons: dict[str, Any]) -> None:
    fields = {"CancellationReasons": list(reasons)}
    stub.add_client_error(method, CANCELLED, modeled_fields=fields, http_status_code=400)


def fail_condition(stub: Stubber, existing: Any) -> None:
    """PutItem answers that its condition failed, with the existing entry if there is one."""
    fields = {"Item": item(existing)} if existing else {}
    stub.add_client_error(ONE_PUT, CONDITION_OF_ONE_PUT, modeled_fields=fields, http_status_code=400)


def in_the_way(entry: Any) -> dict[str, Any]:
    return {"Code": "ConditionalCheckFailed", "Item": item(entry)}


# --- What is sent ------------------------------------------------------------------------------------


def test_one_entry_is_read_consistently() -> None:
    with stubbed("dynamodb") as (client, stub):
        stub.add_response(ONE_READ, {"Item": item(MINE)}, get(MINE.entry_id) | {"ConsistentRead": True})

        assert ledger_on(client).read_all([MINE.entry_id, MINE.entry_id]) == by_id(MINE)


def test_entries_are_read_in_one_transaction() -> None:
    gets = [{"Get": get(entry.entry_id)} for entry in (MINE, OTHER)]
    with stubbed("dynamodb") as (client, stub):
        stub.add_response(MANY_READ, {"Responses": [{}, {}]}, {"TransactItems": gets})

        assert ledger_on(client).read_all([MINE.entry_id, OTHER.entry_id]) == {}


def test_last_repair_of_one_resource_is_read_consistently_by_its_note() -> None:
    with stubbed("dynamodb") as (client, stub):
        stub.add_response(
            ONE_READ, noted(MINE), get(f"repaired#{SETTING}#payroll/2026/1.csv") | {"ConsistentRead": True}
        )
        stub.add_response(
            ONE_READ, {"Item": item(applied(MINE))}, get(MINE.entry_id) | {"ConsistentRead": True}
        )

        repairs = ledger_on(client).read_last_repairs(["payroll/2026/1.csv", "payroll/2026/1.csv"], SETTING)

    assert repairs == {"payroll/2026/1.csv": (applied(MINE),)}


def test_last_repairs_of_several_resources_are_read_in_two_transactions() -> None:
    names = [MINE.resource.name, OTHER.resource.name]
    notes = [{"Get": get(f"repaired#{SETTING}#{name}")} for name in names]
    entries = [{"Get": get(entry.entry_id)} for entry in (MINE, OTHER)]
    with stubbed("dynamodb") as (client, stub):
        found = [noted(entry) for entry in (MINE, OTHER)]
        stub.add_response(MANY_READ, {"Responses": found}, {"TransactItems": notes})
        found = [{"Item": item(applied(entry))} for entry in (MINE, OTHER)]
        stub.add_response(MANY_READ, {"Responses": found}, {"TransactItems": entries})

        repairs = ledger_on(client).read_last_repairs(names, SETTING)

    assert repairs == {names[0]: (applied(MINE),), names[1]: (applied(OTHER),)}


def test_resource_without_a_note_has_no_last_repair_and_no_entry_is_read() -> None:
    with stubbed("dynamodb") as (client, stub):
        stub.add_response(ONE_READ, {}, get(f"repaired#{SETTING}#payroll") | {"ConsistentRead": True})

        assert ledger_on(client).read_last_repairs(["payroll"], SETTING) == {}


def test_note_whose_entry_has_expired_is_no_last_repair() -> None:
    with stubbed("dynamodb") as (client, stub):
        stub.add_response(ONE_READ, noted(MINE))
        stub.add_response(ONE_READ, {}, get(MINE.entry_id) | {"ConsistentRead": True})

        assert ledger_on(client).read_last_repairs([MINE.resource.name], SETTING) == {}


@pytest.mark.parametrize("entries", [[OF_BUCKET], [MINE], [MINE, OTHER]], ids=["bucket", "object", "several"])
def test_entries_are_opened_only_where_no_running_invocation_holds_them(entries: Any) -> None:
    with stubbed("dynamodb") as (client, stub):
        expect(stub, *[opening(entry) for entry in entries])

        assert ledger_on(client).open_all(entries, NOON) == by_id(*entries)


@pytest.mark.parametrize("entries", [[SKIPPED], [SKIPPED, OTHER]], ids=["one", "several"])
def test_entries_are_closed_only_by_their_holder(entries: Any) -> None:
    with stubbed("dynamodb") as (client, stub):
        expect(stub, *[closing(entry) for entry in entries])

        assert ledger_on(client).close_all(entries, NOON) == {}


@pytest.mark.parametrize(
    "entry",
    [
        replace(applied(MINE), action="CopyObject"),
        replace(applied(MINE), action="UploadPartCopy"),
        replace(applied(MINE), action="UpdateObjectEncryption"),
        applied(OF_BUCKET),
    ],
    ids=["copy", "copy in parts", "in place", "a bucket"],
)
def test_repair_is_noted_in_the_transaction_that_closes_its_entry(entry: Any) -> None:
    with stubbed("dynamodb") as (client, stub):
        expect(stub, closing(entry), note(entry))

        assert ledger_on(client).close_all([entry], NOON) == {}


def test_two_repairs_of_one_resource_are_noted_in_one_update() -> None:
    """DynamoDB refuses a transaction with two operations on one item."""
    again = replace(applied(OTHER), resource=MINE.resource)
    with stubbed("dynamodb") as (client, stub):
        expect(stub, closing(applied(MINE)), note(MINE, again), closing(again))

        assert ledger_on(client).close_all([applied(MINE), again], NOON) == {}


@pytest.mark.parametrize(
    "entry",
    [SKIPPED, replace(MINE, outcome=Failed(code="AccessDenied", reason="denied"))],
    ids=["skipped", "failed"],
)
def test_what_is_no_repair_is_not_noted(entry: Any) -> None:
    with stubbed("dynamodb") as (client, stub):
        expect(stub, closing(entry))

        assert ledger_on(client).close_all([entry], NOON) == {}


def test_fifty_outcomes_with_their_notes_go_into_one_call() -> None:
    entries = [applied(of_object(number)) for number in range(51)]
    items = [[closing(entry), note(entry)] for entry in entries]
    with stubbed("dynamodb") as (client, stub):
        expect(stub, *[one for pair in items[:50] for one in pair])
        expect(stub, *items[50])

        assert ledger_on(client).close_all(entries, NOON) == {}


@pytest.mark.parametrize(("count", "calls"), [(50, [50]), (51, [50, 1]), (120, [50, 50, 20])])
def test_fifty_entries_go_into_one_call(count: int, calls: Sequence[int]) -> None:
    entries = [of_object(number) for number in range(count)]
    with stubbed("dynamodb") as (client, stub):
        for start, size in zip(range(0, count, 50), calls, strict=True):
            expect(stub, *[opening(entry) for entry in entries[start : start + size]])

        ledger_on(client).open_all(entries, NOON)


# --- What is answered --------------------------------------------------------------------------------


def test_what_stands_in_the_way_of_one_entry_is_reported_and_the_others_are_put_again() -> None:
    third = of_object(3)
    with stubbed("dynamodb") as (client, stub):
        cancel(stub, MANY_PUT, FINE, in_the_way(MINE), FINE)
        expect(stub, opening(OTHER), opening(third))

        answers = ledger_on(client).open_all([OTHER, THEIRS, third], NOON)

    assert isinstance(answers[MINE.entry_id], LeaseHeldError)
    assert (answers[OTHER.entry_id], answers[third.entry_id]) == (OTHER, third)


def test_entries_that_turn_out_held_one_after_another_are_all_reported() -> None:
    with stubbed("dynamodb") as (client, stub):
        cancel(stub, MANY_PUT, in_the_way(MINE), FINE)
        fail_condition(stub, applied(OTHER))

        answers = ledger_on(client).open_all([THEIRS, OTHER], NOON)

    assert isinstance(answers[MINE.entry_id], LeaseHeldError)
    assert answers[OTHER.entry_id] == applied(OTHER)


def test_closed_entry_is_returned_to_who_opens_it_alone() -> None:
    with stubbed("dynamodb") as (client, stub):
        fail_condition(stub, applied(MINE))

        assert ledger_on(client).open_all([THEIRS], NOON) == by_id(applied(MINE))


@pytest.mark.parametrize("existing", [MINE, None], ids=["held", "not shown"])
def test_entry_that_cannot_be_opened_alone_is_a_held_lease(existing: Any) -> None:
    with stubbed("dynamodb") as (client, stub):
        fail_condition(stub, existing)

        (answer,) = ledger_on(client).open_all([THEIRS], NOON).values()

    assert isinstance(answer, LeaseHeldError)
    assert str(answer) == f"another invocation is processing event {MINE.entry_id!r}"


def test_outcome_that_is_there_already_is_no_error() -> None:
    with stubbed("dynamodb") as (client, stub):
        fail_condition(stub, SKIPPED)

        assert ledger_on(client).close_all([SKIPPED], NOON) == {}


@pytest.mark.parametrize("existing", [THEIRS, None], ids=["held", "not shown"])
def test_entry_that_cannot_be_closed_alone_was_taken_over(existing: Any) -> None:
    with stubbed("dynamodb") as (client, stub):
        fail_condition(stub, existing)

        (answer,) = ledger_on(client).close_all([SKIPPED], NOON).values()

    assert isinstance(answer, LeaseHeldError)
    assert str(answer) == f"another invocation took over event {MINE.entry_id!r}"


def test_condition_that_fails_without_an_item_is_a_held_lease_and_the_repair_is_noted() -> None:
    with stubbed("dynamodb") as (client, stub):
        cancel(stub, MANY_PUT, {"Code": "ConditionalCheckFailed"}, FINE)
        expect(stub, note(MINE))

        assert list(ledger_on(client).close_all([applied(MINE)], NOON)) == [MINE.entry_id]


# --- Refusals of the table ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    "reason", [CONFLICT, {"Code": "ThrottlingError"}, {"Code": "ValidationError"}], ids=lambda r: r["Code"]
)
@pytest.mark.parametrize(("method", "call"), TRANSACTIONS.values(), ids=TRANSACTIONS)
def test_transaction_cancelled_for_another_reason_is_tried_again(
    method: str, call: Callable[[Ledger], object], reason: dict[str, str]
) -> None:
    with stubbed("dynamodb") as (client, stub):
        cancel(stub, method, reason)

        with pytest.raises(TransientError, match=CANCELLED):
            call(ledger_on(client))


@pytest.mark.parametrize("code", [*TABLE_REFUSES, CONFLICT_OF_ONE_PUT])
@pytest.mark.parametrize(("method", "call"), ALL_CALLS.values(), ids=ALL_CALLS)
def test_whatever_the_table_refuses_is_tried_again(
    method: str, call: Callable[[Ledger], object], code: str
) -> None:
    with stubbed("dynamodb") as (client, stub):
        stub.add_client_error(method, code, http_status_code=400)

        with pytest.raises(TransientError, match=code):
            call(ledger_on(client))


@pytest.mark.parametrize(("method", "call"), ALL_CALLS.values(), ids=ALL_CALLS)
def test_refusal_names_the_right_that_is_missing(method: str, call: Callable[[Ledger], object]) -> None:
    right = "dynamodb:GetItem" if method in {ONE_READ, MANY_READ} else "dynamodb:PutItem"
    with stubbed("dynamodb") as (client, stub):
        stub.add_client_error(method, "AccessDeniedException", http_status_code=400)

        with pytest.raises(TransientError, match=f"{right}: AccessDeniedException"):
            call(ledger_on(client))


# --- What the client repeats -------------------------------------------------------------------------


def answered(*codes: str) -> tuple[None, dict[str, Any]]:
    reasons = [{"Code": code} for code in codes]
    return None, {"Error": {"Code": CANCELLED}, "CancellationReasons": reasons}


def failed(code: str) -> tuple[None, dict[str, Any]]:
    return None, {"Error": {"Code": code}}


@pytest.mark.parametrize(
    "conflict",
    [
        answered("None", "TransactionConflict"),
        answered("None", "ThrottlingError"),
        answered("None", "ProvisionedThroughputExceeded"),
        failed(CONFLICT_OF_ONE_PUT),
    ],
    ids=["conflict", "throttling", "throughput", "conflict of one put"],
)
def test_pauses_on_what_passes_double_and_then_end(conflict: Any) -> None:
    assert [_pause_on_conflict(conflict, attempt) for attempt in (1, 2, 3, 4)] == [0.1, 0.2, 0.4, None]


class Body(BytesIO):
    """An answer's body as botocore reads it."""

    def stream(self, **_: object) -> Iterator[bytes]:
        yield self.read()


@pytest.mark.parametrize(
    ("entries", "operation", "conflict"),
    [
        ([MINE, OTHER], "TransactWriteItems", {"__type": CANCELLED, "CancellationReasons": [CONFLICT, FINE]}),
        ([MINE], "PutItem", {"__type": CONFLICT_OF_ONE_PUT}),
    ],
    ids=["several", "one"],
)
def test_conflict_that_passes_is_waited_out_by_the_deployed_client(
    entries: Any, operation: str, conflict: dict[str, Any]
) -> None:
    named = conflict | {"__type": f"com.amazonaws.dynamodb.v20120810#{conflict['__type']}"}
    answers = [(400, named), (200, {})]
    client = boto3.client(
        "dynamodb", "us-east-1", aws_access_key_id="stub", aws_secret_access_key="stub", config=AS_DEPLOYED
    )

    def answer(**_: object) -> AWSResponse:
        status, document = answers.pop(0)
        return AWSResponse("https://dynamodb", status, HeadersDict(), Body(json.dumps(document).encode()))

    client.meta.events.register(f"before-send.dynamodb.{operation}", answer)

    assert ledger_on(client).open_all(entries, NOON) == by_id(*entries)
    assert answers == []


@pytest.mark.parametrize(
    "response",
    [
        None,
        answered("ConditionalCheckFailed", "TransactionConflict"),
        answered("ValidationError"),
        failed(CONDITION_OF_ONE_PUT),
        failed("ValidationException"),
        (None, {"Responses": []}),
    ],
    ids=["no answer", "a condition failed", "not valid", "that of one put", "another error", "no error"],
)
def test_nothing_else_is_repeated(response: Any) -> None:
    assert _pause_on_conflict(response, 1) is None
