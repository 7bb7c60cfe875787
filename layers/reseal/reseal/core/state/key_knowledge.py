"""Step 2, values: what is known of a KMS key besides what KMS shows of it now."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

TRACKED_SINCE = "2026-04-23"
"""Since when KMS notes the last use of a key (F19)."""


NOT_FOUND, UNREADABLE = "not found", "not readable"
"""What is seen of a key that KMS does not describe, beside the states of those that it does."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LastUse:
    """The last cryptographic use of a key that KMS noted (F19).

    `at` is None if it noted none. `event_id` is that of the use's record in CloudTrail. `tracked` says
    whether KMS noted every use since the key was created.
    """

    at: datetime | None = None
    operation: str | None = None
    event_id: str | None = None
    tracked: bool = False

    @property
    def in_words(self) -> str:
        """The last use, for people."""
        if self.at is None and self.tracked:
            return "KMS has noted no use of it since it was created"
        if self.at is None:
            return f"KMS has noted no use of it, but notes uses only since {TRACKED_SINCE}: it may be in use"
        return (
            f"it was last used at {self.at.isoformat()} ({self.operation}, CloudTrail event {self.event_id})"
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownKey:
    """What Reseal knew of a key at `at`.

    `state` is the last of the states that last, `Enabled` or `Disabled`; None if none was seen. `seen` is the
    last that was seen of it, in words. `period` is that of its last rotation, in days.
    """

    at: datetime
    seen: str
    state: str | None = None
    period: int | None = None

    def joined(self, other: KnownKey | None) -> KnownKey:
        """Both as one: what was seen later, with what only the earlier knew."""
        if other is None:
            return self
        earlier, later = sorted((other, self), key=lambda known: known.at)
        return replace(later, state=later.state or earlier.state, period=later.period or earlier.period)
