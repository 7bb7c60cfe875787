"""Starts no call to AWS that could outlast the invocation: its message then returns to the queue in time."""

from __future__ import annotations

from collections.abc import Callable
from math import inf
from typing import TYPE_CHECKING, Any

from reseal.core.errors import TransientError

if TYPE_CHECKING:
    from botocore.config import Config

_LONGEST_BACKOFF = 20.0
_LONGEST_RETRY_AFTER = 5.0
"""Seconds: botocore's standard mode waits at most 2^i after attempt i, and 5 more if AWS asks for it."""


def longest_call(calls: Config) -> float:
    """The seconds that one call can take with all its retries; `calls` sets these and both time-outs."""
    attempts = int(calls.retries["total_max_attempts"])  # type: ignore[attr-defined]
    attempt = calls.connect_timeout + calls.read_timeout  # type: ignore[attr-defined]
    backoffs = (min(2.0**retry, _LONGEST_BACKOFF) + _LONGEST_RETRY_AFTER for retry in range(attempts - 1))
    return float(attempts * attempt + sum(backoffs))


class Deadline:
    """The end of the present invocation. `needed`: the seconds that one call can take."""

    def __init__(self, needed: float) -> None:
        self._needed = needed
        self._seconds_left: Callable[[], float] = lambda: inf

    def begin(self, seconds_left: Callable[[], float]) -> None:
        """A new invocation; `seconds_left` gives the time left in it."""
        self._seconds_left = seconds_left

    def check(self, **_event: Any) -> None:
        """Raise TransientError if one more call could outlast the invocation."""
        if self._seconds_left() < self._needed:
            raise TransientError("too little time is left in this invocation")

    def guard(self, client: Any) -> None:
        """Check before every call of this client."""
        client.meta.events.register("before-call", self.check)
