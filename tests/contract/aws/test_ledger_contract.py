"""The contract of `Ledger`: for one entry and for several in a call, and no entry affects another."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest

from reseal.core.errors import LeaseHeldError, TransientError
from reseal.core.outcome import Failed, Outcome, SkipCause, Skipped
from reseal.core.repairs.ledger_entry import LAST_REPAIRS, LedgerEntry
from reseal.ports import Ledger
from tests.support.entries import (
    AFTER_LEASE,
    LEASE_END,
    OF_BUCKET,
    applied,
    by_id,
    of_another_owner,
    of_object,
)
from tests.support.fakes.services import NOON

Entries = list[LedgerEntry[Any]]
MINE, OTHER, NEW = of_object(1), of_object(2), of_object(3)
THEIRS = of_another_owner(MINE)
NEWER = Skipped(cause=SkipCause.NEWER, reason="it has changed since")
DENIED = Failed(code="AccessDenied", reason="denied", denied_action="s3:PutEncryptionConfiguration")
MANY = 120
"""More than one call can contain."""


@pytest.fixture(
    params=[[OF_BUCKET], [MINE], [OF_BUCKET, MINE, OTHER]], ids=["a bucket", "an object", "several"]
)
def mine(request: pytest.FixtureRequest) -> Entries:
    """Entries of one invocation."""
    entries: Entries = request.param
    return entries


def ids(entries: Entries) -> list[str]:
    return [entry.entry_id for entry in entries]


def theirs(entries: Entries) -> Entries:
    return [of_another_owner(entry) for entry in entries]


def closed(entries: Entries) -> Entries:
    return [applied(entry) for entry in entries]


def all_held(answers: dict[str, Any], entries: Entries) -> bool:
    held = all(isinstance(answer, LeaseHeldError) for answer in answers.values())
    return held and list(answers) == ids(entries)


# --- Every entry of a call ---------------------------------------------------------------------------


def test_entries_never_opened_are_not_found(ledger: Ledger, mine: Entries) -> None:
    assert ledger.read_all(ids(mine)) == {}


def test_open_returns_the_new_entries(ledger: Ledger, mine: Entries) -> None:
    assert ledger.open_all(mine, NOON) == by_id(*mine)


def test_opened_entries_are_read_back_completely(ledger: Ledger, mine: Entries) -> None:
    ledger.open_all(mine, NOON)

    assert ledger.read_all(ids(mine)) == by_id(*mine)


@pytest.mark.parametrize("now", [NOON, LEASE_END], ids=["within the lease", "in its last second"])
def test_held_leases_are_returned_as_errors(ledger: Ledger, mine: Entries, now: datetime) -> None:
    ledger.open_all(mine, NOON)

    answers = dict(ledger.open_all(theirs(mine), now))

    assert all_held(answers, mine)
    assert ledger.read_all(ids(mine)) == by_id(*mine)


def test_expired_leases_are_taken_over(ledger: Ledger, mine: Entries) -> None:
    ledger.open_all(mine, NOON)

    assert ledger.open_all(theirs(mine), AFTER_LEASE) == by_id(*theirs(mine))
    assert ledger.read_all(ids(mine)) == by_id(*theirs(mine))


def test_holder_may_open_its_own_entries_again(ledger: Ledger, mine: Entries) -> None:
    ledger.open_all(mine, NOON)

    assert ledger.open_all(mine, NOON) == by_id(*mine)


def test_entries_taken_over_cannot_be_closed_by_their_first_holder(ledger: Ledger, mine: Entries) -> None:
    ledger.open_all(mine, NOON)
    ledger.open_all(theirs(mine), AFTER_LEASE)

    held = dict(ledger.close_all(closed(mine), AFTER_LEASE))

    assert all_held(held, mine)
    assert ledger.read_all(ids(mine)) == by_id(*theirs(mine))


@pytest.mark.parametrize("outcome", ["applied", NEWER, DENIED], ids=["applied", "skipped", "failed"])
def test_closed_entries_are_read_back_with_their_outcomes(
    ledger: Ledger, mine: Entries, outcome: Outcome | str
) -> None:
    ended = [applied(e) if isinstance(outcome, str) else replace(e, outcome=outcome) for e in mine]
    ledger.open_all(mine, NOON)

    assert ledger.close_all(ended, NOON) == {}
    assert ledger.read_all(ids(mine)) == by_id(*ended)


@pytest.mark.parametrize("opener", [list, theirs], ids=["its holder", "another"])
@pytest.mark.parametrize("now", [NOON, AFTER_LEASE], ids=["within the lease", "after it"])
def test_open_returns_the_closed_entries(ledger: Ledger, mine: Entries, opener: Any, now: datetime) -> None:
    ledger.open_all(mine, NOON)
    ledger.close_all(closed(mine), NOON)

    assert ledger.open_all(opener(mine), now) == by_id(*closed(mine))


def test_closed_entries_cannot_be_closed_with_another_outcome(ledger: Ledger, mine: Entries) -> None:
    ledger.open_all(mine, NOON)
    ledger.close_all(closed(mine), NOON)

    held = dict(ledger.close_all([replace(entry, outcome=NEWER) for entry in mine], NOON))

    assert all_held(held, mine)
    assert ledger.read_all(ids(mine)) == by_id(*closed(mine))


def test_closing_again_with_the_same_outcome_is_harmless(ledger: Ledger, mine: Entries) -> None:
    ledger.open_all(mine, NOON)
    ledger.close_all(closed(mine), NOON)

    assert ledger.close_all(closed(mine), NOON) == {}
    assert ledger.read_all(ids(mine)) == by_id(*closed(mine))


def test_entries_never_opened_cannot_be_closed(ledger: Ledger, mine: Entries) -> None:
    held = dict(ledger.close_all(closed(mine), NOON))

    assert all_held(held, mine)
    assert ledger.read_all(ids(mine)) == {}


def test_held_lease_is_a_transient_error() -> None:
    assert issubclass(LeaseHeldError, TransientError)


# --- No entry affects another ------------------------------------------------------------------------


def test_open_entry_does_not_block_other_entries(ledger: Ledger) -> None:
    ledger.open_all([OF_BUCKET], NOON)
    other = replace(of_another_owner(OF_BUCKET), entry_id="payroll#other")

    assert ledger.open_all([other], NOON) == by_id(other)


@pytest.mark.parametrize("now", [NOON, LEASE_END], ids=["within the lease", "in its last second"])
def test_held_lease_does_not_affect_other_entries(ledger: Ledger, now: datetime) -> None:
    ledger.open_all([MINE], NOON)

    answers = ledger.open_all([THEIRS, OTHER, NEW], now)

    assert isinstance(answers[MINE.entry_id], LeaseHeldError)
    assert (answers[OTHER.entry_id], answers[NEW.entry_id]) == (OTHER, NEW)
    assert ledger.read_all(ids([MINE, OTHER, NEW])) == by_id(MINE, OTHER, NEW)


def test_take_over_does_not_affect_other_entries(ledger: Ledger) -> None:
    ledger.open_all([MINE, OTHER], NOON)

    assert ledger.open_all([THEIRS], AFTER_LEASE) == by_id(THEIRS)
    assert ledger.read_all(ids([MINE, OTHER])) == by_id(THEIRS, OTHER)


@pytest.mark.parametrize("opener", [MINE, THEIRS], ids=["its holder", "another"])
def test_closed_entry_does_not_affect_other_entries(ledger: Ledger, opener: LedgerEntry[Any]) -> None:
    ledger.open_all([MINE], NOON)
    ledger.close_all([applied(MINE)], NOON)

    assert ledger.open_all([opener, OTHER, NEW], NOON) == by_id(applied(MINE), OTHER, NEW)


def test_entry_taken_over_does_not_keep_others_open(ledger: Ledger) -> None:
    ledger.open_all([MINE, OTHER], NOON)
    ledger.open_all([THEIRS], AFTER_LEASE)

    held = ledger.close_all([applied(MINE), applied(OTHER)], AFTER_LEASE)

    assert ids([MINE]) == list(held)
    assert ledger.read_all(ids([MINE, OTHER])) == by_id(THEIRS, applied(OTHER))


def test_entry_closed_before_does_not_keep_others_open(ledger: Ledger) -> None:
    ledger.open_all([MINE, OTHER], NOON)
    ledger.close_all([applied(MINE)], NOON)

    assert ledger.close_all([applied(MINE), applied(OTHER)], NOON) == {}
    assert ledger.read_all(ids([OTHER])) == by_id(applied(OTHER))


# --- Numbers of entries ------------------------------------------------------------------------------


def test_no_entries_give_empty_results(ledger: Ledger) -> None:
    assert (ledger.read_all([]), ledger.open_all([], NOON), ledger.close_all([], NOON)) == ({}, {}, {})


def test_many_entries_are_opened_read_and_closed(ledger: Ledger) -> None:
    entries = [of_object(number) for number in range(MANY)]

    opened = ledger.open_all(entries, NOON)
    found = ledger.read_all(ids(entries))
    held = ledger.close_all(closed(entries), NOON)

    assert opened == found == by_id(*entries)
    assert (held, ledger.read_all(ids(entries))) == ({}, by_id(*closed(entries)))


def test_entry_can_be_read_twice_in_one_call(ledger: Ledger) -> None:
    ledger.open_all([MINE], NOON)

    assert ledger.read_all([MINE.entry_id, MINE.entry_id]) == by_id(MINE)


def test_entry_opened_alone_is_read_and_closed_with_others(ledger: Ledger) -> None:
    ledger.open_all([MINE], NOON)
    ledger.open_all([OF_BUCKET, OTHER], NOON)

    assert ledger.read_all(ids([OF_BUCKET, MINE, OTHER])) == by_id(OF_BUCKET, MINE, OTHER)
    assert ledger.close_all(closed([MINE, OTHER]), NOON) == {}
    assert ledger.close_all(closed([OF_BUCKET]), NOON) == {}
    assert ledger.read_all(ids([MINE])) == by_id(applied(MINE))


# --- Last repairs ------------------------------------------------------------------------------------

IN_PARTS = replace(of_object(4), action="UploadPartCopy")
IN_PLACE = replace(of_object(5), action="UpdateObjectEncryption")
REPAIRED = [OF_BUCKET, MINE, IN_PARTS, IN_PLACE]


def test_last_repair_of_every_resource_that_was_repaired_is_known(ledger: Ledger) -> None:
    ledger.open_all([*REPAIRED, OTHER], NOON)
    ledger.close_all(closed(REPAIRED), NOON)

    names = [entry.resource.name for entry in (*REPAIRED, OTHER, MINE)]

    for setting in (OF_BUCKET.setting, MINE.setting):
        assert ledger.read_last_repairs(names, setting) == {
            one.resource.name: (applied(one),) for one in REPAIRED if one.setting == setting
        }
    assert ledger.read_last_repairs([], MINE.setting) == {}


def test_repairs_of_each_setting_are_noted_apart(ledger: Ledger) -> None:
    other = replace(OTHER, resource=OF_BUCKET.resource)
    ledger.open_all([OF_BUCKET, other], NOON)
    ledger.close_all(closed([OF_BUCKET, other]), NOON)

    name = OF_BUCKET.resource.name
    assert ledger.read_last_repairs([name], OF_BUCKET.setting) == {name: (applied(OF_BUCKET),)}
    assert ledger.read_last_repairs([name], other.setting) == {name: (applied(other),)}


@pytest.mark.parametrize("entry", REPAIRED, ids=["bucket", "copied", "copied in parts", "changed in place"])
def test_one_entry_notes_its_repair(ledger: Ledger, entry: LedgerEntry[Any]) -> None:
    ledger.open_all([entry], NOON)
    ledger.close_all([applied(entry)], NOON)

    assert ledger.read_last_repairs([entry.resource.name], entry.setting) == {
        entry.resource.name: (applied(entry),)
    }


@pytest.mark.parametrize("outcome", [NEWER, DENIED], ids=["skipped", "failed"])
def test_write_that_was_not_made_is_no_repair(ledger: Ledger, outcome: Outcome) -> None:
    ledger.open_all([MINE], NOON)
    ledger.close_all([replace(MINE, outcome=outcome)], NOON)

    assert ledger.read_last_repairs([MINE.resource.name], MINE.setting) == {}


def test_write_that_nobody_saw_end_is_noted_as_a_repair(ledger: Ledger) -> None:
    unknown = Skipped(cause=SkipCause.UNKNOWN, reason="the bucket now has another state")
    ledger.open_all([MINE], NOON)
    ledger.close_all([replace(MINE, outcome=unknown)], NOON)

    assert ledger.read_last_repairs([MINE.resource.name], MINE.setting) == {
        MINE.resource.name: (replace(MINE, outcome=unknown),)
    }


@pytest.mark.parametrize("number", [2, LAST_REPAIRS, LAST_REPAIRS + 2])
def test_last_repairs_of_a_resource_are_known_the_latest_first(ledger: Ledger, number: int) -> None:
    repairs = [replace(of_object(n), resource=MINE.resource) for n in range(10, 10 + number)]
    for entry in repairs:
        ledger.open_all([entry], NOON)
        ledger.close_all([applied(entry)], NOON)

    last = tuple(applied(entry) for entry in reversed(repairs))[:LAST_REPAIRS]
    assert ledger.read_last_repairs([MINE.resource.name], MINE.setting) == {MINE.resource.name: last}


def test_two_repairs_of_one_resource_in_one_call_are_both_known(ledger: Ledger) -> None:
    again = replace(OTHER, resource=MINE.resource)
    ledger.open_all([MINE, again], NOON)

    assert ledger.close_all(closed([MINE, again]), NOON) == {}
    assert ledger.read_last_repairs([MINE.resource.name], MINE.setting) == {
        MINE.resource.name: (applied(again), applied(MINE))
    }
