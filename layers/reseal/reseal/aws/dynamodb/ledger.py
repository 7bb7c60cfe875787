"""Amazon DynamoDB: the ledger, many entries per call."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, TypeVar

from botocore.exceptions import ClientError

from reseal.aws.dynamodb.items import (
    CONDITION_FAILED,
    closing,
    entry_of,
    held_by_another,
    noted_repairs,
    noting_repairs,
    opening,
    refusal_is_transient,
    repaired_id,
    taken_over,
)
from reseal.core.errors import LeaseHeldError
from reseal.core.outcome import may_have_been_made
from reseal.core.repairs.ledger_entry import LedgerEntry

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

AT_ONCE = 50
"""Entries per call, each with a note of its copy; DynamoDB takes 100 items and 4 MB (TransactWriteItems)."""

READ_AT_ONCE = 25
"""Items per call that reads; DynamoDB returns at most 100, and emulators at most 25."""

_CANCELLED = "TransactionCanceledException"
_CONDITION_FAILED, _CONFLICT = "ConditionalCheckFailed", "TransactionConflict"
_OF_ONE_PUT = {CONDITION_FAILED: _CONDITION_FAILED, "TransactionConflictException": _CONFLICT}
"""The errors of PutItem that a transaction states as a reason for one of its items."""

_PASSING = frozenset({_CONFLICT, "ThrottlingError", "ProvisionedThroughputExceeded"})
_CONFLICT_PAUSES = (0.1, 0.2, 0.4)

_Puts = Mapping[str, Mapping[str, Any]]
_Refused = dict[str, LedgerEntry[Any] | None]
V = TypeVar("V")


class DynamoDbLedger:
    """`Ledger` on one DynamoDB table with the key `id`. Entries expire by TTL after `kept`.

    An entry whose condition fails cancels its whole transaction, so the other entries are put again. A call
    with one item is no transaction: that would cost twice the units.
    """

    def __init__(self, client: DynamoDBClient, table: str, kept: timedelta) -> None:
        self._client, self._table, self._kept = client, table, kept

    def read_all(self, entry_ids: Sequence[str]) -> Mapping[str, LedgerEntry[Any]]:
        """The existing entries, by id; each call reads a consistent state. Raises TransientError."""
        return {item["id"]["S"]: entry_of(item) for item in self._items(entry_ids)}

    def read_last_repairs(
        self, names: Sequence[str], setting: str
    ) -> Mapping[str, tuple[LedgerEntry[Any], ...]]:
        """The entries of the last repairs of a setting, the latest first, by the resource's name.

        Raises TransientError.
        """
        ids = {name: repaired_id(name, setting) for name in names}
        notes = {item["id"]["S"]: noted_repairs(item) for item in self._items(list(ids.values()))}
        entries = self.read_all([entry_id for noted in notes.values() for entry_id in noted])
        found = {n: tuple(entries[i] for i in notes.get(ids[n], ()) if i in entries) for n in ids}
        return {name: repairs for name, repairs in found.items() if repairs}

    def open_all(
        self, entries: Sequence[LedgerEntry[Any]], now: datetime
    ) -> Mapping[str, LedgerEntry[Any] | LeaseHeldError]:
        """Put each entry if there is none, if this owner holds it, or if its lease has expired.

        Returns for each id the entry, the closed entry that exists, or LeaseHeldError. Raises TransientError.
        """
        puts = [{entry.entry_id: opening(entry, now, self._table, self._kept)} for entry in entries]
        answers: dict[str, LedgerEntry[Any] | LeaseHeldError] = {entry.entry_id: entry for entry in entries}
        for entry_id, existing in self._put_all(puts).items():
            closed = existing is not None and existing.outcome is not None
            answers[entry_id] = existing if existing and closed else held_by_another(entry_id)
        return answers

    def close_all(self, entries: Sequence[LedgerEntry[Any]], now: datetime) -> Mapping[str, LeaseHeldError]:
        """Put each outcome if its owner still holds the entry; idempotent. Raises TransientError.

        botocore may repeat a put whose answer was lost: the outcome is then there already.
        """
        made: dict[str, list[LedgerEntry[Any]]] = {}
        for entry in entries:
            if may_have_been_made(entry.outcome):
                made.setdefault(_noted_in(entry), []).append(entry)
        notes = {note: noting_repairs(of_one, now, self._table, self._kept) for note, of_one in made.items()}
        puts = [
            {entry.entry_id: closing(entry, now, self._table, self._kept)}
            | (notes[_noted_in(entry)] if may_have_been_made(entry.outcome) else {})
            for entry in entries
        ]
        closed = {entry.entry_id: entry for entry in entries}
        refused = self._put_all(puts)
        return {i: taken_over(i) for i, existing in refused.items() if existing != closed[i]}

    def _items(self, ids: Sequence[str]) -> Iterator[Mapping[str, Any]]:
        for chunk in _chunks(list(dict.fromkeys(ids)), READ_AT_ONCE):
            gets = [{"TableName": self._table, "Key": {"id": {"S": item_id}}} for item_id in chunk]
            with refusal_is_transient("dynamodb:GetItem"):
                answers = self._get(gets)
            yield from (answer["Item"] for answer in answers if "Item" in answer)

    def _get(self, gets: Sequence[Any]) -> Sequence[Mapping[str, Any]]:
        if len(gets) == 1:
            return [self._client.get_item(**gets[0], ConsistentRead=True)]
        return self._client.transact_get_items(TransactItems=[{"Get": get} for get in gets])["Responses"]

    def _put_all(self, puts: Sequence[_Puts]) -> _Refused:
        """Put all items whose condition holds; returns the ids of the others, with the existing entries.

        `puts` has the items of one entry in each place.
        """
        refused: _Refused = {}
        for chunk in _chunks(puts, AT_ONCE):
            left = {item_id: put for of_entry in chunk for item_id, put in of_entry.items()}
            while left and (in_the_way := self._put(left)):
                refused |= in_the_way
                left = {item_id: put for item_id, put in left.items() if item_id not in in_the_way}
        return refused

    def _put(self, puts: _Puts) -> _Refused:
        """One call: puts all items, or none and returns those whose conditions failed."""
        one, *more = puts.values()
        with refusal_is_transient("dynamodb:PutItem"):
            try:
                if more:
                    items: list[Any] = [{_kind(put): put} for put in puts.values()]
                    self._client.transact_write_items(TransactItems=items)
                elif _kind(one) == "Put":
                    self._client.put_item(**one)
                else:
                    self._client.update_item(**one)
            except ClientError as error:
                refused = dict(_refused(puts, _reasons(error.response)))
                if not refused:  # a conflict, throttling, or something else
                    raise
                return refused
        return {}


def _noted_in(entry: LedgerEntry[Any]) -> str:
    return repaired_id(entry.resource.name, entry.setting)


def _kind(write: Mapping[str, Any]) -> str:
    return "Put" if "Item" in write else "Update"


def _refused(puts: _Puts, reasons: Sequence[Mapping[str, Any]]) -> Iterator[tuple[str, Any]]:
    """The reasons are in the order of the items."""
    for entry_id, reason in zip(puts, reasons, strict=False):
        if reason.get("Code") == _CONDITION_FAILED:
            yield entry_id, entry_of(reason["Item"]) if reason.get("Item") else None


def _reasons(answer: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    """Why the items of a call were refused, in their order; a single put has one reason."""
    code = answer.get("Error", {}).get("Code")
    if code in _OF_ONE_PUT:
        return [{"Code": _OF_ONE_PUT[code], "Item": answer.get("Item")}]
    return answer.get("CancellationReasons", []) if code == _CANCELLED else []


def _chunks(values: Sequence[V], size: int) -> Iterator[Sequence[V]]:
    for start in range(0, len(values), size):
        yield values[start : start + size]


def retry_conflicts(client: DynamoDBClient) -> None:
    """Repeat transactions after a conflict: botocore's retry loop does not know these errors."""
    client.meta.events.register_last("needs-retry.dynamodb", _pause_on_conflict)  # type: ignore[arg-type]  # it may answer


def _pause_on_conflict(response: Any, attempts: int, **_: object) -> float | None:
    """Seconds until the call is repeated, after a conflict or a throttled transaction."""
    codes = {reason.get("Code") for reason in _reasons(response[1])} if response else set()
    passes = codes & _PASSING and _CONDITION_FAILED not in codes
    return _CONFLICT_PAUSES[attempts - 1] if passes and attempts <= len(_CONFLICT_PAUSES) else None
