"""Amazon DynamoDB: the ledger for a batch of objects, many entries per call."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from reseal.aws.dynamodb.items import (
    closing,
    entry_of,
    held_by_another,
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
"""Entries per call; DynamoDB accepts at most 100, and 4 MB (TransactWriteItems)."""

_CANCELLED = "TransactionCanceledException"
_CONDITION_FAILED = "ConditionalCheckFailed"
_PASSING = frozenset({"TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded"})
_CONFLICT_PAUSES = (0.1, 0.2, 0.4)

ObjectEntry = LedgerEntry[ObjectEncryption]
_Put = dict[str, Any]
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
        found: dict[str, ObjectEntry] = {}
        for ids in _chunks(list(dict.fromkeys(entry_ids))):
            gets = [{"Get": {"TableName": self._table, "Key": {"id": {"S": entry_id}}}} for entry_id in ids]
            with refusal_is_transient("dynamodb:GetItem"):
                answer = self._client.transact_get_items(TransactItems=gets)  # type: ignore[arg-type]  # plain JSON
            entries = (entry_of(item["Item"]) for item in answer["Responses"] if "Item" in item)
            found |= {entry.entry_id: entry for entry in entries}
        return found

    def open_all(
        self, entries: Sequence[ObjectEntry], now: datetime
    ) -> Mapping[str, ObjectEntry | LeaseHeldError]:
        """Put each entry if there is none, if this owner holds it, or if its lease has expired.

        Returns for each id the entry, the closed entry that exists, or LeaseHeldError. Raises TransientError.
        """
        puts = {entry.entry_id: opening(entry, now, self._table, self._kept) for entry in entries}
        answers: dict[str, ObjectEntry | LeaseHeldError] = {entry.entry_id: entry for entry in entries}
        for entry_id, existing in self._put_all(puts).items():
            closed = existing is not None and existing.outcome is not None
            answers[entry_id] = existing if existing and closed else held_by_another(entry_id)
        return answers

    def close_all(self, entries: Sequence[ObjectEntry], now: datetime) -> Mapping[str, LeaseHeldError]:
        """Put each outcome if its owner still holds the entry; idempotent. Raises TransientError."""
        puts = {entry.entry_id: closing(entry, now, self._table, self._kept) for entry in entries}
        closed = {entry.entry_id: entry for entry in entries}
        refused = self._put_all(puts)
        return {i: taken_over(i) for i, existing in refused.items() if existing != closed[i]}

    def _put_all(self, puts: Mapping[str, _Put]) -> _Refused:
        """Put all entries whose condition holds; returns the ids of the others, with the existing entries."""
        refused: _Refused = {}
        for ids in _chunks(list(puts)):
            left = list(ids)
            while left and (in_the_way := self._transact({i: puts[i] for i in left})):
                refused |= in_the_way
                left = [i for i in left if i not in in_the_way]
        return refused

    def _transact(self, puts: Mapping[str, _Put]) -> _Refused:
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


def _refused(
    puts: Mapping[str, _Put], reasons: Sequence[Mapping[str, Any]]
) -> Iterator[tuple[str, ObjectEntry | None]]:
    """The reasons are in the order of the items."""
    for entry_id, reason in zip(puts, reasons, strict=False):
        if reason.get("Code") == _CONDITION_FAILED:
            yield entry_id, entry_of(reason["Item"]) if reason.get("Item") else None


def _reasons(answer: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    cancelled = answer.get("Error", {}).get("Code") == _CANCELLED
    return answer.get("CancellationReasons", []) if cancelled else []


def _chunks(ids: Sequence[str]) -> Iterator[Sequence[str]]:
    for start in range(0, len(ids), AT_ONCE):
        yield ids[start : start + AT_ONCE]


def retry_cancelled(client: DynamoDBClient) -> None:
    """Let botocore's retry loop also retry a transaction that failed by a conflict or throttling."""
    client.meta.events.register_last("needs-retry.dynamodb", _pause_on_conflict)  # type: ignore[arg-type]  # it may answer


def _pause_on_conflict(response: Any, attempts: int, **_: object) -> float | None:
    codes = {reason.get("Code") for reason in _reasons(response[1])} if response else set()
    passes = codes & _PASSING and _CONDITION_FAILED not in codes
    return _CONFLICT_PAUSES[attempts - 1] if passes and attempts <= len(_CONFLICT_PAUSES) else None
