"""Step 6, value: equal violations that are reported as one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

MOST_KEYS = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Incident:
    """SSE-C writes of one actor, across buckets and messages; `count` is their number so far.

    `unblocked` says who removed SSE-C from the bucket's blocked types within the last day, and when; None
    if no such call was noted by then: it is noted after the settle time.
    """

    id: str
    count: int
    unblocked: str | None = None

    def to_document(self) -> dict[str, Any]:
        """The incident as JSON."""
        return {"id": self.id, "count": self.count, "unblocked": self.unblocked}


@dataclass(frozen=True, slots=True, kw_only=True)
class Occurrences:
    """The equal violations that one finding represents: count, first and last call, and some object keys.

    `ids` holds the ids of the single findings if several are reported as one.
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
        keys = ", ".join(repr(key) for key in self.keys)
        if self.count == 1:
            return f"1 object at {self.first.isoformat()}: {keys}"
        more = "" if self.count <= len(self.keys) else ", ..."
        return f"{self.count} objects from {self.first.isoformat()} to {self.last.isoformat()}: {keys}{more}"

    def to_document(self) -> dict[str, Any]:
        """The occurrences as JSON."""
        return {
            "count": self.count,
            "first": self.first.isoformat(),
            "last": self.last.isoformat(),
            "keys": list(self.keys),
            "incident": self.incident.to_document() if self.incident else None,
        }
