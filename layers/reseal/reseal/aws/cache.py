"""A short cache for AWS answers, so that a burst of events does not repeat the same calls."""

from __future__ import annotations

from collections.abc import Callable
from threading import Lock
from typing import TYPE_CHECKING, Generic, TypeVar

from cachetools import TTLCache

if TYPE_CHECKING:
    from reseal.ports import Clock

_MOST = 1000  # answers kept at once; limits memory in an account with many buckets
_LANES = 64  # how many names can be looked up at once

T = TypeVar("T")


class TtlCache(Generic[T]):
    """Answers by name, each kept for `seconds` of `clock`. Thread-safe.

    If several threads need the same answer, one calls AWS and the others wait for it.
    """

    def __init__(self, clock: Clock, seconds: float) -> None:
        self._kept: TTLCache[str, T] = TTLCache(_MOST, seconds, timer=lambda: clock.now().timestamp())
        self._guard = Lock()  # cachetools' caches are not thread-safe
        self._asking = [Lock() for _ in range(_LANES)]

    def get(
        self,
        name: str,
        ask: Callable[[], T],
        *,
        fresh: bool = False,
        lasts: Callable[[T], bool] = lambda _: True,
    ) -> T:
        """The cached answer, or the answer of `ask`, which is cached if `lasts` accepts it.

        `fresh` ignores the cached answer. Errors raised by `ask` are not cached.
        """
        known = None if fresh else self._kept_as(name)
        if known is not None:
            return known
        with self._asking[hash(name) % _LANES]:
            known = None if fresh else self._kept_as(name)  # another thread may have stored it meanwhile
            if known is None:
                known = ask()
                if lasts(known):
                    self._keep(name, known)
        return known

    def _kept_as(self, name: str) -> T | None:
        with self._guard:
            return self._kept.get(name)

    def _keep(self, name: str, answer: T) -> None:
        with self._guard:
            self._kept[name] = answer
