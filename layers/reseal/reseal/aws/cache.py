"""Answers of AWS that are kept for a short while, so that a burst of events does not ask again."""

from __future__ import annotations

from collections.abc import Callable
from threading import Lock
from typing import TYPE_CHECKING, Generic, TypeVar

from cachetools import TTLCache

if TYPE_CHECKING:
    from reseal.ports import Clock

_MOST = 1000  # answers kept at once, so that memory stays flat in an account of many buckets
_LANES = 64  # how many names can be asked for at once

T = TypeVar("T")


class TtlCache(Generic[T]):
    """Answers by name, each kept for `seconds` of `clock`, for many threads.

    When several threads want the same answer, one asks and the others wait for it.
    """

    def __init__(self, clock: Clock, seconds: float) -> None:
        self._kept: TTLCache[str, T] = TTLCache(_MOST, seconds, timer=lambda: clock.now().timestamp())
        self._guard = Lock()  # cachetools' caches are not for several threads
        self._asking = [Lock() for _ in range(_LANES)]

    def get(
        self,
        name: str,
        ask: Callable[[], T],
        *,
        fresh: bool = False,
        lasts: Callable[[T], bool] = lambda _: True,
    ) -> T:
        """The answer kept under `name`, or what `ask` gives now, which is kept where it `lasts`.

        What `ask` raises is not kept.
        """
        known = None if fresh else self._kept_as(name)
        if known is not None:
            return known
        with self._asking[hash(name) % _LANES]:
            known = None if fresh else self._kept_as(name)  # another thread may have asked meanwhile
            if known is None:
                known = ask()
                if lasts(known):
                    self._keep(name, known)
        return known

    def has(self, name: str) -> bool:
        """Whether an answer is kept under `name`."""
        return self._kept_as(name) is not None

    def _kept_as(self, name: str) -> T | None:
        with self._guard:
            return self._kept.get(name)

    def _keep(self, name: str, answer: T) -> None:
        with self._guard:
            self._kept[name] = answer
