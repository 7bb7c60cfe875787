"""Step 6, value: equal violations that are reported as one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from reseal.core.findings.sign import Sign, is_attack
from reseal.core.text.quoted import LONGEST_KEY, cut, quoted

MOST_KEYS = 10
_LONGEST_IN_WORDS = 120


@dataclass(frozen=True, slots=True, kw_only=True)
class Incident:
    """Signs of ransomware that belong together, across buckets, keys, messages and lanes.

    `count` is the number of SSE-C writes of the actor so far; for another sign, of the signs so far. `signs`
    are the signs of a day, in the order of time.

    `unblocked` says who removed SSE-C from the bucket's blocked types within the last day, and when, or that
    the caller is not known yet: the call is noted after the settle time. None if SSE-C is blocked and no such
    call was noted, or if the bucket could not be read.
    """

    id: str
    count: int
    unblocked: str | None = None
    signs: tuple[Sign, ...] = ()

    @property
    def is_attack(self) -> bool:
        """Whether more than one kind of sign says so."""
        return self.unblocked is not None or is_attack(self.signs)

    @property
    def in_words(self) -> str:
        """The id and the timeline, for people."""
        timeline = "; ".join(sign.in_words for sign in self.signs)
        return f"{self.id}, {len(self.signs)} signs within a day: {timeline}"

    def to_document(self) -> dict[str, Any]:
        """The incident as JSON."""
        return {
            "id": self.id,
            "count": self.count,
            "unblocked": self.unblocked,
            "attack": self.is_attack,
            "signs": [sign.to_document() for sign in self.signs],
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Occurrences:
    """The equal violations that one finding represents: count, first and last call, and some object keys.

    `keys` is empty if the calls are not about objects. `ids` holds the ids of the single findings if several
    are reported as one.
    """

    count: int
    first: datetime
    last: datetime
    keys: tuple[str, ...]
    ids: tuple[str, ...] = ()
    incident: Incident | None = None

    @property
    def in_words(self) -> str:
        """The count, the times and some object keys, for people."""
        what = ("object" if self.keys else "call") + ("" if self.count == 1 else "s")
        first, last = self.first.isoformat(), self.last.isoformat()
        words = f"{self.count} {what} " + (f"at {first}" if self.count == 1 else f"from {first} to {last}")
        keys = [quoted(key, _LONGEST_IN_WORDS) for key in self.keys] + ["..."] * (
            self.count > len(self.keys) > 0
        )
        return f"{words}: {', '.join(keys)}" if keys else words

    def to_document(self) -> dict[str, Any]:
        """The occurrences as JSON."""
        return {
            "count": self.count,
            "first": self.first.isoformat(),
            "last": self.last.isoformat(),
            "keys": [cut(key, LONGEST_KEY) for key in self.keys],
            "incident": self.incident.to_document() if self.incident else None,
        }
