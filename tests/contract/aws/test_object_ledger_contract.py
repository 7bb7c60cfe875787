"""The contract of `ObjectLedger`: that of `Ledger` for each entry, and no entry affects another."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

import pytest

from reseal.core.decision import Remediate, Severity
from reseal.core.errors import LeaseHeldError, TransientError
from reseal.core.outcome import Applied
from reseal.core.repairs.ledger_entry import LedgerEntry
from reseal.core.resource import ObjectResource
from reseal.core.state.bucket_encryption import SseAlgorithm
from reseal.core.state.change import EncryptionChange
from reseal.core.state.object_encryption import ObjectEncryption
from reseal.core.state.setting import Setting
from tests.contract.aws.test_ledger_contract import AFTER_LEASE, KEY, LEASE_END
from tests.contract.worlds.objects import ObjectLedgerWorld
from tests.support.fakes.services import NOON

ObjectEntry = LedgerEntry[ObjectEncryption]
INTENDED = ObjectEncryption(algorithm="aws:kms", key_id=KEY, bucket_key=True)
MANY = 120
"""More than one call can contain."""


def an_entry(number: int = 1, owner: str = "invocation-1") -> ObjectEntry:
    change = EncryptionChange(algorithm=SseAlgorithm.SSE_KMS, key_arn=KEY, bucket_key=True)
    return LedgerEntry(
        entry_id=f"object#{number}",
        resource=ObjectResource(bucket="payroll", object_key=f"2026/{number}.csv"),
        setting=Setting.OBJECT_ENCRYPTION,
        before=ObjectEncryption(algorithm="AES256"),
        intended=INTENDED,
        violations={
            "S3.ObjectEncryption": Remediate(change=change, severity=Severity.MEDIUM, reason="SSE-S3")
        },
        owner=owner,
        lease_until=int(LEASE_END.timestamp()),
        action="CopyObject",
        details={"etag": '"1"'},
    )


def closed(entry: ObjectEntry) -> ObjectEntry:
    return replace(entry, outcome=Applied(after=INTENDED, at=NOON))


MINE, OTHER = an_entry(), an_entry(2)
THEIRS = replace(MINE, owner="invocation-2", lease_until=int(LEASE_END.timestamp()) + 600)


def by_id(*entries: ObjectEntry) -> Mapping[str, ObjectEntry]:
    return {entry.entry_id: entry for entry in entries}


def test_entries_never_opened_are_not_found(object_ledger_world: ObjectLedgerWorld) -> None:
    assert object_ledger_world.batch.read_all([MINE.entry_id]) == {}


def test_empty_batches_give_empty_results(object_ledger_world: ObjectLedgerWorld) -> None:
    ledger = object_ledger_world.batch

    assert (ledger.read_all([]), ledger.open_all([], NOON), ledger.close_all([], NOON)) == ({}, {}, {})


def test_many_entries_are_opened_read_and_closed(object_ledger_world: ObjectLedgerWorld) -> None:
    ledger = object_ledger_world.batch
    entries = [an_entry(number) for number in range(MANY)]
    ids = [entry.entry_id for entry in entries]

    opened = ledger.open_all(entries, NOON)
    found = ledger.read_all(ids)
    held = ledger.close_all([closed(entry) for entry in entries], NOON)

    assert opened == found == by_id(*entries)
    assert (held, ledger.read_all(ids)) == ({}, by_id(*[closed(entry) for entry in entries]))


def test_entry_can_be_read_twice_in_one_call(object_ledger_world: ObjectLedgerWorld) -> None:
    ledger = object_ledger_world.batch
    ledger.open_all([MINE], NOON)

    assert ledger.read_all([MINE.entry_id, MINE.entry_id]) == by_id(MINE)


@pytest.mark.parametrize("now", [NOON, LEASE_END], ids=["within the lease", "in its last second"])
def test_held_lease_does_not_affect_other_entries(
    object_ledger_world: ObjectLedgerWorld, now: datetime
) -> None:
    ledger = object_ledger_world.batch
    ledger.open_all([MINE], NOON)

    answers = ledger.open_all([THEIRS, OTHER], now)

    assert isinstance(answers[MINE.entry_id], LeaseHeldError)
    assert answers[OTHER.entry_id] == OTHER
    assert ledger.read_all([MINE.entry_id, OTHER.entry_id]) == by_id(MINE, OTHER)


def test_expired_lease_is_taken_over(object_ledger_world: ObjectLedgerWorld) -> None:
    ledger = object_ledger_world.batch
    ledger.open_all([MINE, OTHER], NOON)

    assert ledger.open_all([THEIRS], AFTER_LEASE) == by_id(THEIRS)
    assert ledger.read_all([MINE.entry_id, OTHER.entry_id]) == by_id(THEIRS, OTHER)


def test_holder_may_open_its_own_entry_again(object_ledger_world: ObjectLedgerWorld) -> None:
    ledger = object_ledger_world.batch
    ledger.open_all([MINE], NOON)

    assert ledger.open_all([MINE], NOON) == by_id(MINE)


@pytest.mark.parametrize("opener", [MINE, THEIRS], ids=["its holder", "another"])
def test_open_returns_the_closed_entry(object_ledger_world: ObjectLedgerWorld, opener: ObjectEntry) -> None:
    ledger = object_ledger_world.batch
    ledger.open_all([MINE], NOON)
    ledger.close_all([closed(MINE)], NOON)

    assert ledger.open_all([opener, OTHER], NOON) == by_id(closed(MINE), OTHER)


def test_entry_taken_over_cannot_be_closed_by_its_first_holder(
    object_ledger_world: ObjectLedgerWorld,
) -> None:
    ledger = object_ledger_world.batch
    ledger.open_all([MINE, OTHER], NOON)
    ledger.open_all([THEIRS], AFTER_LEASE)

    held = ledger.close_all([closed(MINE), closed(OTHER)], AFTER_LEASE)

    assert list(held) == [MINE.entry_id]
    assert ledger.read_all([MINE.entry_id, OTHER.entry_id]) == by_id(THEIRS, closed(OTHER))


def test_closing_again_with_the_same_outcome_is_harmless(
    object_ledger_world: ObjectLedgerWorld,
) -> None:
    ledger = object_ledger_world.batch
    ledger.open_all([MINE, OTHER], NOON)
    ledger.close_all([closed(MINE)], NOON)

    assert ledger.close_all([closed(MINE), closed(OTHER)], NOON) == {}
    assert ledger.read_all([OTHER.entry_id]) == by_id(closed(OTHER))


def test_entry_never_opened_cannot_be_closed(object_ledger_world: ObjectLedgerWorld) -> None:
    held = object_ledger_world.batch.close_all([closed(MINE)], NOON)

    assert [type(error) for error in held.values()] == [LeaseHeldError]


def test_both_ledgers_use_one_table(object_ledger_world: ObjectLedgerWorld) -> None:
    single, ledger = object_ledger_world.single, object_ledger_world.batch
    single.open(MINE, NOON)

    assert ledger.read_all([MINE.entry_id]) == by_id(MINE)
    assert ledger.close_all([closed(MINE)], NOON) == {}
    assert single.read(MINE.entry_id) == closed(MINE)


def test_objects_that_were_copied_are_known(object_ledger_world: ObjectLedgerWorld) -> None:
    ledger = object_ledger_world.batch
    in_place = replace(an_entry(3), action="UpdateObjectEncryption")
    ledger.open_all([MINE, OTHER, in_place], NOON)
    ledger.close_all([closed(MINE), closed(in_place)], NOON)

    names = ["payroll/2026/1.csv", "payroll/2026/2.csv", "payroll/2026/3.csv", "payroll/2026/1.csv"]

    assert ledger.read_copied(names) == {"payroll/2026/1.csv"}
    assert ledger.read_copied([]) == frozenset()


def test_copies_of_one_object_are_noted_once(object_ledger_world: ObjectLedgerWorld) -> None:
    ledger = object_ledger_world.batch
    again = replace(OTHER, resource=MINE.resource)
    ledger.open_all([MINE, again], NOON)

    assert ledger.close_all([closed(MINE), closed(again)], NOON) == {}
    assert ledger.read_copied([MINE.resource.name]) == {MINE.resource.name}


def test_held_lease_is_a_transient_error() -> None:
    assert issubclass(LeaseHeldError, TransientError)
