"""Holds the calls of clients to the sweep's pace, and slows down while AWS throttles."""

from __future__ import annotations

import time
from collections.abc import Callable
from threading import Lock
from typing import Any

from reseal.core.sweep.pace import Pace

_THROTTLED = frozenset({429, 503})
_CODES = frozenset({"SlowDown", "ThrottlingException", "Throttling", "RequestLimitExceeded"})
_REFUSED = 400


class Pacer:
    """The pace of all guarded clients together. Threads may share it.

    Each attempt is a call, also a repetition by botocore.
    """

    def __init__(
        self,
        calls_per_second: float,
        *,
        now: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._pace, self._now, self._sleep = Pace.of(calls_per_second), now, sleep
        self._lock = Lock()
        self.calls = 0

    @property
    def rate(self) -> float:
        """The present rate, in calls a second."""
        return self._pace.rate

    def guard(self, client: Any) -> None:
        """Hold the attempts of this client to the pace."""
        service = client.meta.service_model.service_id.hyphenize()
        client.meta.events.register(f"before-send.{service}", self._before)
        client.meta.events.register(f"response-received.{service}", self._after)

    def _before(self, **_event: Any) -> None:
        with self._lock:
            self._pace, wait = self._pace.taken(self._now())
            self.calls += 1
        if wait > 0:
            self._sleep(wait)

    def _after(self, response_dict: Any = None, parsed_response: Any = None, **_event: Any) -> None:
        status = (response_dict or {}).get("status_code", 0)
        code = ((parsed_response or {}).get("Error") or {}).get("Code", "")
        with self._lock:
            if status in _THROTTLED or code in _CODES:
                self._pace = self._pace.throttled(self._now())
            elif 0 < status < _REFUSED:
                self._pace = self._pace.answered()
