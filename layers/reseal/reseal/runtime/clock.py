"""Time, as the machine has it."""

from __future__ import annotations

import time
from datetime import UTC, datetime


class SystemClock:
    """`Clock` on the machine's own."""

    def now(self) -> datetime:
        """The current time, in UTC."""
        return datetime.now(UTC)

    def sleep(self, seconds: float) -> None:
        """Wait."""
        time.sleep(seconds)
