"""What a sweep saw, as a whole: counts by check and status, what changed, and what was not looked at."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from reseal.core.decision import Severity
from reseal.core.policy.requirements import Requirements
from reseal.core.snapshot import BucketSeen, KeySeen, Seen, Verdict
from reseal.core.state.key_knowledge import UNREADABLE
from reseal.core.sweep.progress import Progress

Counts = Mapping[str, Mapping[str, int]]

KEY_STATE = "KMS key state"
"""The row of the counts that has the keys, by their state."""

NEVER_LOOKED_AT = (
    "buckets of other Regions: deploy Reseal there",
    "S3 directory buckets, table buckets and vector buckets: they have their own encryption model",
    "objects: only their writes are checked, as events",
    (
        "ACL, website and replication of buckets whose encryption is right and whose policy allows nothing: "
        "the calls that set them are checked, as events"
    ),
    "service and resource control policies of your organization",
)
"""What no sweep looks at."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """What is otherwise than at the last sweep: names of buckets, then ARNs of keys, in order."""

    new: tuple[str, ...] = ()
    violated: tuple[str, ...] = ()
    put_right: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Rows:
    """Everything that one sweep saw, in the order of the names."""

    buckets: tuple[BucketSeen, ...]
    keys: tuple[KeySeen, ...]

    @classmethod
    def of(cls, seen: Iterable[Seen]) -> Rows:
        """The rows of a sweep."""
        found = sorted(seen, key=lambda one: one.name)
        return cls(
            buckets=tuple(one for one in found if isinstance(one, BucketSeen)),
            keys=tuple(one for one in found if isinstance(one, KeySeen)),
        )

    @property
    def seen(self) -> tuple[Seen, ...]:
        """All of them."""
        return (*self.buckets, *self.keys)

    @property
    def counts(self) -> Counts:
        """How many buckets and keys have each status, by check; and how many keys each state."""
        by_check: dict[str, Counter[str]] = {}
        for one in self.seen:
            for check, verdict in _judged(one).items():
                by_check.setdefault(check, Counter())[verdict.status] += 1
        keys = Counter(key.key.state for key in self.keys)
        counted = {**by_check, KEY_STATE: keys}
        return {what: dict(found) for what, found in counted.items() if found}

    @property
    def not_read(self) -> tuple[BucketSeen, ...]:
        """The listed buckets that could not be read."""
        return tuple(one for one in self.buckets if one.not_read)

    def changed_since(self, last: datetime | None) -> Changes:
        """What changed since the last sweep began; nothing if there was none."""
        if last is None:
            return Changes()
        return Changes(
            new=_names(one for one in self.buckets if one.first_seen > last),
            violated=_names(
                one for one in self.seen if one.first_seen <= last and _since(one, last, right=False)
            ),
            put_right=_names(
                one
                for one in self.seen
                if one.first_seen <= last and one.right_since and _since(one, last, right=True)
            ),
        )

    def repairable(self, required: Requirements) -> Sequence[Seen]:
        """What a look can repair: an enforcing check detected something. Most severe first."""
        found = [(severity, one) for one in self.seen if (severity := _worst(one, required)) is not None]
        return [one for _, one in sorted(found, key=lambda item: (-item[0], item[1].name))]


def severities(rows: Rows) -> Counter[Severity]:
    """How many violations of each severity there are."""
    return Counter(
        verdict.severity
        for one in rows.seen
        for verdict in _judged(one).values()
        if verdict.severity is not None
    )


def unread_keys(rows: Rows, named: Iterable[str]) -> tuple[str, ...]:
    """The keys that KMS did not describe: of those that buckets name, and of these."""
    read = {one.name for one in rows.keys if one.key.state != UNREADABLE}
    return tuple(sorted({*named, *(one.name for one in rows.keys)} - read))


def previous(progress: Progress) -> datetime | None:
    """When the last sweep began; None if there was none."""
    return progress.last.started_at if progress.last else None


def _judged(seen: Seen) -> Mapping[str, Verdict]:
    """The verdicts of what was read: what was known before is not what this sweep saw."""
    return {} if isinstance(seen, BucketSeen) and seen.not_read else seen.verdicts


def _names(seen: Iterable[Seen]) -> tuple[str, ...]:
    return tuple(one.name for one in seen)


def _since(seen: Seen, last: datetime, *, right: bool) -> bool:
    return any(one.is_right is right and one.since > last for one in _judged(seen).values())


def _worst(seen: Seen, required: Requirements) -> Severity | None:
    """The severity of the worst violation that an enforcing check can repair."""
    found = [
        one.severity
        for check, one in _judged(seen).items()
        if one.status == "DETECTED" and one.severity is not None and required.enforces(check)
    ]
    return max(found, default=None)
