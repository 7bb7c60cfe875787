"""The contract of `Refusals`: one event a day is the first for which an action was denied on a bucket."""

from __future__ import annotations

from datetime import timedelta

import pytest

from reseal.ports import Refusals
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
