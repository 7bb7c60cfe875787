"""What two sources know of a key, as one."""

from __future__ import annotations

from datetime import timedelta

from reseal.core.state.key_knowledge import KnownKey
from tests.support.fakes.services import NOON

EARLY = KnownKey(at=NOON, seen="Enabled", state="Enabled", period=180)
LATE = KnownKey(at=NOON + timedelta(hours=1), seen="PendingDeletion")


def test_later_counts_and_keeps_what_only_the_earlier_knew() -> None:
    expected = KnownKey(at=LATE.at, seen="PendingDeletion", state="Enabled", period=180)

    assert EARLY.joined(LATE) == LATE.joined(EARLY) == expected


def test_one_source_is_enough() -> None:
    assert EARLY.joined(None) == EARLY
