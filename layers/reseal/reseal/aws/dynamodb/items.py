"""Amazon DynamoDB: the items of the ledger's table, and the conditions of their puts."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

from reseal.aws.errors import translated
from reseal.core.errors import LeaseHeldError, RefusalError, TransientError
from reseal.core.repairs.ledger_entry import LAST_REPAIRS, LedgerEntry, S
from reseal.core.resource import BucketResource, KeyResource, ObjectResource, Resource
from reseal.core.text.quoted import LONGEST_KEY, quoted

CONDITION_FAILED = "ConditionalCheckFailedException"

_UNHELD = "attribute_not_exists(id) OR (closed = :no AND (lease_until < :now OR held_by = :me))"
_MINE = "closed = :no AND held_by = :me"


def opening(entry: LedgerEntry[S], now: datetime, table: str, kept: timedelta) -> dict[str, Any]:
    """The put of an entry: allowed if there is none, this invocation holds it, or its lease has expired."""
    put = _put(entry, now, table, kept, closed=False)
    put["ConditionExpression"] = _UNHELD
    put["ExpressionAttributeValues"][":now"] = {"N": str(int(now.timestamp()))}
    return put


def closing(entry: LedgerEntry[S], now: datetime, table: str, kept: timedelta) -> dict[str, Any]:
    """The put of an entry's outcome: allowed if this invocation still holds the entry."""
    return _put(entry, now, table, kept, closed=True) | {"ConditionExpression": _MINE}


def noting_repairs(
    repairs: Sequence[LedgerEntry[Any]], now: datetime, table: str, kept: timedelta
) -> dict[str, dict[str, Any]]:
    """The update that notes these repairs of one setting of one resource, by the item's id; none if none.

    They take the first places, and each earlier one moves on; the last places are lost. Every expression of
    an update reads the item as it was; the places are set from the last, so that the order does not matter.
    """
    if not repairs:
        return {}
    item_id, new = repaired_id(repairs[0].resource.name, repairs[0].setting), repairs[:LAST_REPAIRS]
    moved = [
        f"{_place(place)} = if_not_exists({_place(place - len(new))}, :none)"
        for place in range(LAST_REPAIRS - 1, len(new) - 1, -1)
    ]
    noted = [f"{_place(place)} = :{place}" for place in range(len(new))]
    values = {f":{place}": {"S": entry.entry_id} for place, entry in enumerate(reversed(new))}
    expires: dict[str, Any] = {"N": str(int((now + kept).timestamp()))}
    update = {
        "TableName": table,
        "Key": {"id": {"S": item_id}},
        "UpdateExpression": f"SET {', '.join([*moved, *noted, 'expires_at = :expires'])}",
        "ExpressionAttributeValues": values | {":none": {"NULL": True}, ":expires": expires},
    }
    return {item_id: update}


def noted_repairs(note: Mapping[str, Any]) -> tuple[str, ...]:
    """The ids of the entries in a note, the latest first."""
    places = (note.get(_place(place), {}) for place in range(LAST_REPAIRS))
    return tuple(place["S"] for place in places if "S" in place)


def _place(number: int) -> str:
    return f"repair_{number}"


def repaired_id(name: str, setting: str) -> str:
    """The id of the item that notes the last repairs of a setting of the resource of this name."""
    return f"repaired#{setting}#{name}"


def entry_of(item: Mapping[str, Any]) -> LedgerEntry[Any]:
    """The entry in an item."""
    return LedgerEntry.from_document(json.loads(item["entry"]["S"]))


def held_by_another(entry_id: str) -> LeaseHeldError:
    """The error if an entry could not be opened."""
    return LeaseHeldError(f"another invocation is processing event {quoted(entry_id, LONGEST_KEY)}")


def taken_over(entry_id: str) -> LeaseHeldError:
    """The error if an entry could not be closed."""
    return LeaseHeldError(f"another invocation took over event {quoted(entry_id, LONGEST_KEY)}")


@contextmanager
def refusal_is_transient(action: str) -> Iterator[None]:
    """Raise a refusal as TransientError: Reseal writes nothing without its ledger, so it must retry."""
    try:
        with translated(action):
            yield
    except RefusalError as refusal:
        raise TransientError(f"the ledger refused: {refusal}") from refusal


def _put(
    entry: LedgerEntry[S], now: datetime, table: str, kept: timedelta, *, closed: bool
) -> dict[str, Any]:
    """Entries expire by TTL after `kept`."""
    return {
        "TableName": table,
        "Item": {
            "id": {"S": entry.entry_id},
            **_bucket(entry.resource),
            "closed": {"BOOL": closed},
            "held_by": {"S": entry.owner},
            "lease_until": {"N": str(entry.lease_until)},
            "written_at": {"S": now.isoformat()},
            "expires_at": {"N": str(int((now + kept).timestamp()))},
            "entry": {"S": json.dumps(entry.to_document())},
        },
        "ExpressionAttributeValues": {":no": {"BOOL": False}, ":me": {"S": entry.owner}},
        "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
    }


def _bucket(resource: Resource) -> dict[str, dict[str, str]]:
    match resource:
        case BucketResource() | ObjectResource():
            return {"bucket": {"S": resource.bucket}}
        case KeyResource():
            return {}
