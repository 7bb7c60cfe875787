"""Step 6, value: equal violations that are told as one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

MOST_KEYS = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Occurrences:
    """How many equal violations a finding stands for, when the first and the last call was, and some keys.

    `incident` names what belongs together across buckets and messages; None where nothing does.
    """

    count: int
    first: datetime
    last: datetime
    keys: tuple[str, ...]
    incident: str | None = None

    @property
    def in_words(self) -> str:
        """The count, the time and some keys, for people."""
        keys = ", ".join(repr(key) for key in self.keys)
        more = "" if self.count <= len(self.keys) else ", ..."
        return f"{self.count} objects from {self.first.isoformat()} to {self.last.isoformat()}: {keys}{more}"

    def to_document(self) -> dict[str, Any]:
        """The occurrences as JSON."""
        return {
            "count": self.count,
            "first": self.first.isoformat(),
            "last": self.last.isoformat(),
            "keys": list(self.keys),
            "incident": self.incident,
        }
