"""The machine's clock."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta

from reseal.runtime.clock import SystemClock


def test_now_is_in_utc_and_now() -> None:
    now = SystemClock().now()

    assert now.tzinfo is UTC
    assert abs(datetime.now(UTC) - now) < timedelta(seconds=5)


def test_sleep_waits() -> None:
    started = time.monotonic()

    SystemClock().sleep(0.01)

    assert time.monotonic() - started >= 0.01
