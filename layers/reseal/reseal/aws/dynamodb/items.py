"""Amazon DynamoDB: the items of the ledger's table, and the conditions of their puts."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

from reseal.aws.errors import translated
from reseal.core.errors import LeaseHeldError, RefusalError, TransientError
from reseal.core.outcome import Applied
from reseal.core.repairs.ledger_entry import LedgerEntry, S
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


def noting_repair(
    entry: LedgerEntry[S], now: datetime, table: str, kept: timedelta
) -> dict[str, dict[str, Any]]:
    """The put that notes the entry as its setting's last repair, by the item's id; none if none was made."""
    if not isinstance(entry.outcome, Applied):
        return {}
    item_id = repaired_id(entry.resource.name, entry.setting)
    item = {
        "id": {"S": item_id},
        "entry_id": {"S": entry.entry_id},
        "expires_at": {"N": str(int((now + kept).timestamp()))},
    }
    return {item_id: {"TableName": table, "Item": item}}


def repaired_id(name: str, setting: str) -> str:
    """The id of the item that notes the last repair of a setting of the resource of this name."""
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
