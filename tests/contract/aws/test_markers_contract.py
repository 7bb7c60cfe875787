"""The contract of `Watchlist`: what is known for a day."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from reseal.core.findings.alerts import Unblocked
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
