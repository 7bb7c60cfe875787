"""The contract of `Watchlist`: what is known for a day."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from reseal.core.findings.alerts import Unblocked
from reseal.core.findings.sign import Noted, Sign, SignKind
from reseal.ports import Watchlist
from tests.support.fakes.services import NOON

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


SIGN = Sign(kind=SignKind.UNBLOCKED, at=NOON, who="user/mallory", bucket="payroll", key=None)
LATER = Sign(kind=SignKind.FOREIGN_KEY, at=NOON + timedelta(hours=2), who=None, key="arn:aws:kms:::key/1")


def test_sign_that_was_noted_is_known_for_a_day(watchlist: Watchlist) -> None:
    assert watchlist.read_signs("actor#1", NOON) == Noted()

    assert watchlist.replace_signs("actor#1", Noted(signs=(SIGN, LATER)), NOON)

    assert watchlist.read_signs("actor#1", NOON) == Noted(signs=(SIGN, LATER), version=1)
    assert watchlist.read_signs("actor#1", NOON + timedelta(hours=25)).signs == (LATER,)
    assert watchlist.read_signs("bucket#1", NOON) == Noted()


@pytest.mark.parametrize("version", [0, 2])
def test_signs_that_changed_meanwhile_are_not_replaced(watchlist: Watchlist, version: int) -> None:
    watchlist.replace_signs("actor#1", Noted(signs=(SIGN,)), NOON)

    assert not watchlist.replace_signs("actor#1", Noted(signs=(LATER,), version=version), NOON)
    assert watchlist.replace_signs("actor#1", Noted(signs=(SIGN, LATER), version=1), NOON)
    assert watchlist.read_signs("actor#1", NOON).version == 2
