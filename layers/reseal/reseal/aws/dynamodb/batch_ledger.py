"""Amazon DynamoDB: the ledger for a batch of objects, many entries per call."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, TypeVar

from botocore.exceptions import ClientError

from reseal.aws.dynamodb.items import (
    closing,
    copied_id,
    entry_of,
    held_by_another,
    noting_copy,
    opening,
    refusal_is_transient,
    taken_over,
)
from reseal.core.errors import LeaseHeldError
from reseal.core.repairs.ledger_entry import LedgerEntry
from reseal.core.state.object_encryption import ObjectEncryption

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

AT_ONCE = 50
"""Entries per call, each with a note of its copy; DynamoDB takes 100 items and 4 MB (TransactWriteItems)."""

READ_AT_ONCE = 25
"""Items per call that reads; DynamoDB returns at most 100, and emulators at most 25."""

_CANCELLED = "TransactionCanceledException"
_CONDITION_FAILED = "ConditionalCheckFailed"
_PASSING = frozenset({"TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded"})
_CONFLICT_PAUSES = (0.1, 0.2, 0.4)

ObjectEntry = LedgerEntry[ObjectEncryption]
_Puts = Mapping[str, Mapping[str, Any]]
V = TypeVar("V")
_Refused = dict[str, ObjectEntry | None]


class DynamoDbObjectLedger:
    """`ObjectLedger` on the table of `DynamoDbLedger`, under the same conditions.

    An entry whose condition fails cancels its whole transaction, so the other entries are put again.
    """

    def __init__(self, client: DynamoDBClient, table: str, kept: timedelta) -> None:
        self._client, self._table, self._kept = client, table, kept
        retry_cancelled(client)

    def read_all(self, entry_ids: Sequence[str]) -> Mapping[str, ObjectEntry]:
        """The existing entries, by id; each call reads a consistent state. Raises TransientError."""
        return {item["id"]["S"]: entry_of(item) for item in self._items(entry_ids)}

    def read_copied(self, names: Sequence[str]) -> frozenset[str]:
        """Those of the objects that were repaired by a copy before. Raises TransientError."""
        noted = {item["id"]["S"] for item in self._items([copied_id(name) for name in names])}
        return frozenset(name for name in names if copied_id(name) in noted)

    def open_all(
        self, entries: Sequence[ObjectEntry], now: datetime
    ) -> Mapping[str, ObjectEntry | LeaseHeldError]:
        """Put each entry if there is none, if this owner holds it, or if its lease has expired.

        Returns for each id the entry, the closed entry that exists, or LeaseHeldError. Raises TransientError.
        """
        puts = [{entry.entry_id: opening(entry, now, self._table, self._kept)} for entry in entries]
        answers: dict[str, ObjectEntry | LeaseHeldError] = {entry.entry_id: entry for entry in entries}
        for entry_id, existing in self._put_all(puts).items():
            closed = existing is not None and existing.outcome is not None
            answers[entry_id] = existing if existing and closed else held_by_another(entry_id)
        return answers

    def close_all(self, entries: Sequence[ObjectEntry], now: datetime) -> Mapping[str, LeaseHeldError]:
        """Put each outcome if its owner still holds the entry; idempotent. Raises TransientError."""
        puts = [
            {entry.entry_id: closing(entry, now, self._table, self._kept)}
            | noting_copy(entry, now, self._table, self._kept)
            for entry in entries
        ]
        closed = {entry.entry_id: entry for entry in entries}
        refused = self._put_all(puts)
        return {i: taken_over(i) for i, existing in refused.items() if existing != closed[i]}

    def _items(self, ids: Sequence[str]) -> Iterator[Mapping[str, Any]]:
        for chunk in _chunks(list(dict.fromkeys(ids)), READ_AT_ONCE):
            gets = [{"Get": {"TableName": self._table, "Key": {"id": {"S": item_id}}}} for item_id in chunk]
            with refusal_is_transient("dynamodb:GetItem"):
                answer = self._client.transact_get_items(TransactItems=gets)  # type: ignore[arg-type]  # plain JSON
            yield from (item["Item"] for item in answer["Responses"] if "Item" in item)

    def _put_all(self, puts: Sequence[_Puts]) -> _Refused:
        """Put all items whose condition holds; returns the ids of the others, with the existing entries.

        `puts` has the items of one entry in each place.
        """
        refused: _Refused = {}
        for chunk in _chunks(puts, AT_ONCE):
            left = {item_id: put for of_entry in chunk for item_id, put in of_entry.items()}
            while left and (in_the_way := self._transact(left)):
                refused |= in_the_way
                left = {item_id: put for item_id, put in left.items() if item_id not in in_the_way}
        return refused

    def _transact(self, puts: _Puts) -> _Refused:
        """One transaction: puts all entries, or none and returns those whose conditions failed."""
        with refusal_is_transient("dynamodb:PutItem"):
            try:
                self._client.transact_write_items(TransactItems=[{"Put": put} for put in puts.values()])  # type: ignore[typeddict-item]  # plain JSON
            except ClientError as error:
                refused = dict(_refused(puts, _reasons(error.response)))
                if not refused:  # a conflict, throttling, or something else
                    raise
                return refused
        return {}


def _refused(puts: _Puts, reasons: Sequence[Mapping[str, Any]]) -> Iterator[tuple[str, ObjectEntry | None]]:
    """The reasons are in the order of the items."""
    for entry_id, reason in zip(puts, reasons, strict=False):
        if reason.get("Code") == _CONDITION_FAILED:
            yield entry_id, entry_of(reason["Item"]) if reason.get("Item") else None


def _reasons(answer: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    cancelled = answer.get("Error", {}).get("Code") == _CANCELLED
    return answer.get("CancellationReasons", []) if cancelled else []


def _chunks(values: Sequence[V], size: int) -> Iterator[Sequence[V]]:
    for start in range(0, len(values), size):
        yield values[start : start + size]


def retry_cancelled(client: DynamoDBClient) -> None:
    """Let botocore's retry loop also retry a transaction that failed by a conflict or throttling."""
    client.meta.events.register_last("needs-retry.dynamodb", _pause_on_conflict)  # type: ignore[arg-type]  # it may answer


def _pause_on_conflict(response: Any, attempts: int, **_: object) -> float | None:
    codes = {reason.get("Code") for reason in _reasons(response[1])} if response else set()
    passes = codes & _PASSING and _CONDITION_FAILED not in codes
    return _CONFLICT_PAUSES[attempts - 1] if passes and attempts <= len(_CONFLICT_PAUSES) else None
