"""Starts no call to AWS that could outlast the invocation: its message then returns to the queue in time."""

from __future__ import annotations

from collections.abc import Callable
from math import inf
from typing import TYPE_CHECKING, Any, Literal

from reseal.core.errors import TransientError

if TYPE_CHECKING:
    from botocore.config import Config

_LONGEST_BACKOFF = 20.0
_LONGEST_RETRY_AFTER = 5.0
"""Seconds: botocore's standard mode waits at most 2^i after attempt i, and 5 more if AWS asks for it."""


def longest_attempt(calls: Config) -> float:
    """The seconds that one attempt of a call can take; `calls` sets both time-outs."""
    return float(calls.connect_timeout + calls.read_timeout)  # type: ignore[attr-defined]


def _longest_pause(attempts: int) -> float:
    """The seconds that botocore can wait after so many attempts."""
    return min(2.0 ** (attempts - 1), _LONGEST_BACKOFF) + _LONGEST_RETRY_AFTER


class Deadline:
    """The end of the present invocation."""

    def __init__(self) -> None:
        self._seconds_left: Callable[[], float] = lambda: inf
        self._kept = 0.0

    def begin(self, seconds_left: Callable[[], float]) -> None:
        """A new invocation; `seconds_left` gives the time left in it."""
        self._seconds_left, self._kept = seconds_left, 0.0

    def seconds_left(self) -> float:
        """The time left in the invocation, in seconds."""
        return self._seconds_left()

    def keep(self, seconds: float) -> None:
        """From now on each call must leave so many seconds for what comes after it."""
        self._kept = seconds

    def check(self, needed: float) -> None:
        """Raise TransientError if too little time is left."""
        if not self._has(needed):
            raise TransientError("too little time is left in this invocation")

    def guard(self, client: Any, calls: Config) -> None:
        """Start no attempt of this client's calls that could end too late; `calls` is its configuration.

        A call raises TransientError before its first attempt. A later attempt is not made, and the call then
        fails as its last attempt did: that shows whether AWS may have executed it.
        """
        attempt = longest_attempt(calls)

        def stop(attempts: int, **_event: Any) -> Literal[False] | None:
            return None if self._has(_longest_pause(attempts) + attempt) else False  # False: no retry

        service = client.meta.service_model.service_id.hyphenize()
        client.meta.events.register("before-call", lambda **_event: self.check(attempt))
        client.meta.events.register_first(f"needs-retry.{service}", stop)  # before botocore's own handler

    def _has(self, needed: float) -> bool:
        return self._seconds_left() - self._kept >= needed
