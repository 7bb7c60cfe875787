"""How many looks a sweep may send in SweepMode=enforce, and when each is delivered."""

from __future__ import annotations

from dataclasses import dataclass

LONGEST_DELAY = 900
"""Seconds: the longest delay of a message (SQS, DelaySeconds). The looks of a sweep are spread over it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Caps:
    """The most looks of one sweep, in number and as a percentage of the buckets and keys that it saw."""

    number: int
    percent: int

    def allow(self, violating: int, seen: int) -> tuple[int, str | None]:
        """How many looks may be sent, and what stopped the others; None if nothing did.

        The percentage is rounded up: it never forbids all repairs in a small account.
        """
        share = -(-seen * self.percent // 100)
        allowed = min(violating, self.number, share)
        if allowed == violating:
            return allowed, None
        if self.number <= share:
            return allowed, f"SweepMostRepairs={self.number} is reached"
        return allowed, f"SweepMostPercent={self.percent} ({share} of {seen} buckets and keys) is reached"


def delay_of(index: int, looks: int, settle: int) -> int:
    """The seconds until the look with this index is delivered: spread evenly, after the settle time."""
    return settle + (LONGEST_DELAY - settle) * index // max(looks, 1)
