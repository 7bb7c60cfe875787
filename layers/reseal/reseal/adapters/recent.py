"""Answers of AWS that are kept for a short while, so that a burst of events does not ask again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cachetools import TTLCache

if TYPE_CHECKING:
    from reseal.ports import Clock

_MOST = 1000  # answers kept at once, so that memory stays flat in an account of many buckets


def recent(clock: Clock, seconds: float) -> TTLCache[str, Any]:
    """A cache whose entries live for `seconds` of `clock`."""
    return TTLCache(maxsize=_MOST, ttl=seconds, timer=lambda: clock.now().timestamp())
