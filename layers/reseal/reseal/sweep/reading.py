"""The services of the lanes for one that only looks: it writes nothing, so keys may be read once a minute."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from reseal.core.snapshot import Rotation
from reseal.core.state.kms_key import KeyDescription
from reseal.core.transit.noted import NotedBucket, PlainHttpCall
from reseal.ports import BucketNotes, Keys, Services

MAX_AGE = 60.0
"""Seconds: how old an answer about a key may be. Thousands of buckets share a few keys."""


def for_looks(services: Services, notes: BucketNotes | None) -> Services:
    """The services of the bucket lane, with keys that are read once a minute, and with notes only to read.

    `notes` are those of the lanes; None where there is no stack.
    """
    shared = _SharedKeys(services.keys)
    return replace(services, keys=shared, key_uses=_NoUses(), bucket_notes=_OnlyRead(notes))


@dataclass(frozen=True, slots=True)
class _SharedKeys:
    """`Keys`, each read at most once a minute."""

    keys: Keys

    def describe(self, key_id: str, *, max_age: float = MAX_AGE) -> KeyDescription:
        """The key. Raises RefusalError or TransientError."""
        return self.keys.describe(key_id, max_age=max(max_age, MAX_AGE))

    def read_policy(self, key_arn: str, *, max_age: float) -> Mapping[str, Any] | None:
        """The key policy. Raises TransientError."""
        return self.keys.read_policy(key_arn, max_age=max(max_age, MAX_AGE))

    def read_rotation(self, key_arn: str) -> Rotation | None:
        """The rotation. Raises TransientError."""
        return self.keys.read_rotation(key_arn)


class _NoUses:
    """`KeyUses` without a table: the snapshot has the keys that the buckets name."""

    def note(self, reference: str, bucket: str, now: datetime) -> None:
        """Nothing: a look has no right to write the ledger's table."""

    def buckets_of(self, _reference: str, _now: datetime) -> tuple[str, ...]:
        """None."""
        return ()


@dataclass(frozen=True, slots=True)
class _OnlyRead:
    """`BucketNotes` that a look reads. Without a stack nobody noted who created a bucket."""

    notes: BucketNotes | None

    def note_plain_http(self, bucket: str, call: PlainHttpCall, now: datetime) -> None:
        """Nothing: a look is no call."""

    def note_tool(self, _bucket: str, *, creator: str | None, manager: str | None) -> NotedBucket:
        """Nothing is noted: a look is no call."""
        return NotedBucket(creator=creator, manager=manager)

    def read(self, bucket: str) -> NotedBucket:
        """What the lanes noted. Raises TransientError."""
        return self.notes.read(bucket) if self.notes else NotedBucket()
