"""How fast the sweep calls AWS: at most so many calls a second, fewer while AWS throttles."""

from __future__ import annotations

from dataclasses import dataclass, replace

SLOWEST = 1.0
"""Calls a second below which throttling does not slow the sweep."""

_GROWTH = 0.01
"""By what part of the ceiling the rate grows with each answer: back from half the rate in 50 answers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """The present rate, in calls a second. No span of time has more calls than the rate allows.

    `next_at` and `slowed_at` are seconds of a clock that only goes forward.
    """

    ceiling: float
    rate: float
    next_at: float = 0.0
    slowed_at: float = float("-inf")

    @classmethod
    def of(cls, ceiling: float) -> Pace:
        """The full rate."""
        return cls(ceiling=ceiling, rate=ceiling)

    def taken(self, now: float) -> tuple[Pace, float]:
        """The pace after one more call, and how many seconds that call must wait."""
        at = max(now, self.next_at)
        return replace(self, next_at=at + 1 / self.rate), at - now

    def throttled(self, now: float) -> Pace:
        """Half the rate, once a second: the calls that were on their way are throttled together."""
        if now - self.slowed_at < 1:
            return self
        return replace(self, rate=max(self.rate / 2, min(SLOWEST, self.ceiling)), slowed_at=now)

    def answered(self) -> Pace:
        """A little faster, up to the ceiling."""
        return replace(self, rate=min(self.rate + self.ceiling * _GROWTH, self.ceiling))
