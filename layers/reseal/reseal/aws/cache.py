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
        self._clock = clock
        self._kept: TTLCache[str, tuple[T, float]] = TTLCache(_MOST, seconds, timer=self._now)
        self._guard = Lock()  # cachetools' caches are not thread-safe
        self._asking = [Lock() for _ in range(_LANES)]

    def get(
        self,
        name: str,
        ask: Callable[[], T],
        *,
        max_age: float | None = None,
        lasts: Callable[[T], bool] = lambda _: True,
    ) -> T:
        """The cached answer, or the answer of `ask`, which is cached if `lasts` accepts it.

        `max_age` is how many seconds old a cached answer may be here. Errors raised by `ask` are not cached.
        """
        known = self._kept_as(name, max_age)
        if known is not None:
            return known
        with self._asking[hash(name) % _LANES]:
            known = self._kept_as(name, max_age)  # another thread may have stored it meanwhile
            if known is None:
                known = ask()
                if lasts(known):
                    self._keep(name, known)
        return known

    def _kept_as(self, name: str, max_age: float | None) -> T | None:
        with self._guard:
            kept = self._kept.get(name)
        is_known = kept is not None and (max_age is None or self._now() - kept[1] < max_age)
        return kept[0] if kept is not None and is_known else None

    def _keep(self, name: str, answer: T) -> None:
        with self._guard:
            self._kept[name] = answer, self._now()

    def _now(self) -> float:
        return self._clock.now().timestamp()
