"""The contracts of `Refusals` and `Watchlist`: what is known for a day."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from reseal.core.findings.alerts import Unblocked
from reseal.ports import Refusals, Watchlist
from tests.support.fakes.services import NOON

REFUSED = ("payroll", "s3:PutEncryptionConfiguration", "event-1")


def test_first_refusal_of_a_day_is_reported_as_first(refusals: Refusals) -> None:
    assert refusals.first_today(*REFUSED, NOON)


def test_second_refusal_of_a_day_is_not_the_first(refusals: Refusals) -> None:
    refusals.first_today(*REFUSED, NOON)

    assert not refusals.first_today("payroll", REFUSED[1], "event-2", NOON + timedelta(hours=11))


def test_redelivered_first_refusal_is_still_the_first(refusals: Refusals) -> None:
    refusals.first_today(*REFUSED, NOON)

    assert refusals.first_today(*REFUSED, NOON + timedelta(minutes=6))


@pytest.mark.parametrize(
    ("bucket", "action", "later"),
    [
        ("ledger", REFUSED[1], timedelta(0)),
        ("payroll", "s3:GetEncryptionConfiguration", timedelta(0)),
        ("payroll", REFUSED[1], timedelta(hours=12)),
    ],
    ids=["another bucket", "another action", "another day"],
)
def test_other_refusal_is_a_first_one(refusals: Refusals, bucket: str, action: str, later: timedelta) -> None:
    refusals.first_today(*REFUSED, NOON)

    assert refusals.first_today(bucket, action, "event-2", NOON + later)


UNBLOCKED = Unblocked(who="user/mallory", at=NOON - timedelta(minutes=5))


@pytest.mark.parametrize(
    ("bucket", "later", "found"),
    [
        ("payroll", timedelta(hours=23), UNBLOCKED),
        ("payroll", timedelta(hours=25), None),
        ("ledger", timedelta(0), None),
    ],
    ids=["within a day", "after a day", "another bucket"],
)
def test_actor_who_unblocked_sse_c_is_known_for_a_day(
    watchlist: Watchlist, bucket: str, later: timedelta, found: Unblocked | None
) -> None:
    watchlist.note_unblocked("payroll", UNBLOCKED, NOON)

    assert watchlist.read_unblocked(bucket, NOON + later) == found


def test_last_actor_who_unblocked_sse_c_is_known(watchlist: Watchlist) -> None:
    last = replace(UNBLOCKED, who="user/eve")

    watchlist.note_unblocked("payroll", UNBLOCKED, NOON)
    watchlist.note_unblocked("payroll", last, NOON)

    assert watchlist.read_unblocked("payroll", NOON) == last
