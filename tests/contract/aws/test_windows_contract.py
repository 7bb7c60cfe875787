"""The contract of `AlertWindows`, for the fake and for the adapter on the local cloud and LocalEmu."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from reseal.core.findings.alerts import Suppressed, Tallied
from reseal.ports import AlertWindows
from tests.contract.worlds.evidence import A_MESSAGE
from tests.support.fakes.services import NOON

GROUP = "0123456789abcdef"
CLOSES = NOON + timedelta(seconds=300)
LATER = NOON + timedelta(seconds=10)
ONE = Tallied(
    count=1, first=NOON, last=NOON, keys=("a.csv",), message=A_MESSAGE, seconds=300, suppresses=True
)
TWO_MORE = replace(
    ONE,
    count=2,
    first=NOON + timedelta(seconds=1),
    last=LATER,
    keys=("b.csv", "c.csv"),
    message=replace(A_MESSAGE, subject="another"),
)
A_COUNT = replace(TWO_MORE, suppresses=False)


def suppressed_of(windows: AlertWindows) -> Suppressed:
    suppressed = windows.read_suppressed(GROUP)
    assert suppressed is not None
    return suppressed


def test_first_violation_opens_the_window(windows: AlertWindows) -> None:
    tally = windows.tally(GROUP, ONE, NOON)

    assert (tally.opened, tally.total, tally.closes_at) == (True, 1, CLOSES)


def test_first_violation_is_not_suppressed(windows: AlertWindows) -> None:
    windows.tally(GROUP, ONE, NOON)

    assert windows.read_suppressed(GROUP) is None


@pytest.mark.parametrize("more", [TWO_MORE, A_COUNT], ids=["suppressed", "only counted"])
def test_later_violations_are_counted_in_the_window(windows: AlertWindows, more: Tallied) -> None:
    first = windows.tally(GROUP, ONE, NOON)

    tally = windows.tally(GROUP, more, LATER)

    assert (tally.opened, tally.total) == (False, 3)
    assert (tally.window_id, tally.closes_at) == (first.window_id, CLOSES)


def test_later_violations_are_suppressed_with_the_first_message(windows: AlertWindows) -> None:
    first = windows.tally(GROUP, ONE, NOON)
    windows.tally(GROUP, TWO_MORE, LATER)

    assert suppressed_of(windows) == Suppressed(
        window_id=first.window_id,
        count=2,
        first=TWO_MORE.first,
        last=LATER,
        keys=("b.csv", "c.csv"),
        message=A_MESSAGE,
    )


def test_suppressed_times_span_all_violations_and_keys_are_the_latest(windows: AlertWindows) -> None:
    windows.tally(GROUP, ONE, NOON)
    windows.tally(GROUP, TWO_MORE, LATER)
    windows.tally(GROUP, replace(ONE, first=LATER, last=CLOSES, keys=("d.csv",)), LATER)

    suppressed = suppressed_of(windows)

    assert (suppressed.count, suppressed.first, suppressed.last, suppressed.keys) == (
        3,
        TWO_MORE.first,
        CLOSES,
        ("d.csv",),
    )


def test_violation_that_is_only_counted_is_not_suppressed(windows: AlertWindows) -> None:
    windows.tally(GROUP, ONE, NOON)
    windows.tally(GROUP, A_COUNT, LATER)

    assert windows.read_suppressed(GROUP) is None


def test_each_group_has_its_own_window(windows: AlertWindows) -> None:
    windows.tally(GROUP, ONE, NOON)

    assert windows.tally("another", ONE, NOON).opened


def test_expired_window_is_followed_by_a_new_one(windows: AlertWindows) -> None:
    first = windows.tally(GROUP, ONE, NOON)

    second = windows.tally(GROUP, replace(TWO_MORE, message=A_MESSAGE), CLOSES)

    assert (second.opened, second.total, second.closes_at) == (True, 2, CLOSES + timedelta(seconds=300))
    assert second.window_id != first.window_id


def test_expired_window_with_suppressed_violations_stays_open_until_its_summary(
    windows: AlertWindows,
) -> None:
    windows.tally(GROUP, ONE, NOON)
    windows.tally(GROUP, TWO_MORE, LATER)

    tally = windows.tally(GROUP, ONE, CLOSES)

    assert (tally.opened, tally.closes_at, suppressed_of(windows).count) == (False, CLOSES, 3)


def test_reading_a_window_without_suppressed_violations_closes_it(windows: AlertWindows) -> None:
    windows.tally(GROUP, ONE, NOON)
    windows.read_suppressed(GROUP)

    assert windows.tally(GROUP, ONE, LATER).opened


def test_window_is_closed_after_its_summary(windows: AlertWindows) -> None:
    windows.tally(GROUP, ONE, NOON)
    windows.tally(GROUP, TWO_MORE, LATER)

    windows.clear_suppressed(GROUP, suppressed_of(windows), LATER)

    assert windows.read_suppressed(GROUP) is None
    assert windows.tally(GROUP, ONE, LATER).opened


def test_violations_during_the_summary_wait_for_the_next_summary(windows: AlertWindows) -> None:
    windows.tally(GROUP, ONE, NOON)
    windows.tally(GROUP, TWO_MORE, LATER)
    suppressed = suppressed_of(windows)
    windows.tally(GROUP, replace(ONE, last=CLOSES, keys=("d.csv",)), LATER)

    windows.clear_suppressed(GROUP, suppressed, LATER)

    rest = suppressed_of(windows)
    assert (rest.count, rest.first, rest.last, rest.keys) == (1, LATER, CLOSES, ("d.csv",))
    assert rest.window_id != suppressed.window_id


def test_clearing_twice_removes_the_violations_once(windows: AlertWindows) -> None:
    windows.tally(GROUP, ONE, NOON)
    windows.tally(GROUP, ONE, LATER)
    suppressed = suppressed_of(windows)
    windows.tally(GROUP, TWO_MORE, LATER)

    windows.clear_suppressed(GROUP, suppressed, LATER)
    windows.clear_suppressed(GROUP, suppressed, LATER)

    assert suppressed_of(windows).count == 2


def test_clearing_does_not_affect_the_next_window(windows: AlertWindows) -> None:
    windows.tally(GROUP, ONE, NOON)
    windows.tally(GROUP, TWO_MORE, LATER)
    suppressed = suppressed_of(windows)
    windows.clear_suppressed(GROUP, suppressed, LATER)
    windows.tally(GROUP, ONE, LATER)
    windows.tally(GROUP, TWO_MORE, LATER)

    windows.clear_suppressed(GROUP, suppressed, LATER)

    assert suppressed_of(windows).count == 2


def test_group_without_a_window_has_no_suppressed_violations(windows: AlertWindows) -> None:
    assert windows.read_suppressed(GROUP) is None
