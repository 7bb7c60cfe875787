"""The services of the lanes for one that only looks: it writes nothing, so keys may be read once a minute."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from reseal.core.calls.look import Look
from reseal.core.resource import Resource
from reseal.core.snapshot import KeySeen
from reseal.core.state.key_knowledge import KnownKey
from reseal.core.state.kms_key import KeyDescription
from reseal.core.transit.noted import NotedBucket, PlainHttpCall
from reseal.ports import BucketNotes, KeyManagement, Keys, KeyServices, Services

MAX_AGE = 60.0
"""Seconds: how old an answer about a key may be. Thousands of buckets share a few keys."""


def for_looks(services: Services, notes: BucketNotes | None) -> Services:
    """The services of the bucket lane, with keys that are read once a minute, and with notes only to read.

    `notes` are those of the lanes; None where there is no stack.
    """
    shared = _SharedKeys(services.keys)
    return replace(services, keys=shared, key_uses=_NoUses(), bucket_notes=_OnlyRead(notes))


def for_key_looks(
    services: Services, management: KeyManagement, buckets: Sequence[str], before: KeySeen | None
) -> tuple[Services, KeyServices]:
    """The services of the key lane for a look at a key: its use and its past are those of the snapshot."""
    ledger: Any = _NoEntries()
    snapshot: Any = _Past(tuple(buckets), before)
    read = replace(for_looks(services, None), ledger=ledger)
    keys = KeyServices(management=management, known=_NotKnown(), snapshot=snapshot, looks=_NoLooks())
    return read, keys


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


class _NoUses:
    """`KeyUses` without a table: the snapshot has the keys that the buckets name."""

    def note(self, reference: str, bucket: str, now: datetime) -> None:
        """Nothing: a look has no right to write the ledger's table."""

    def buckets_of(self, _reference: str, _now: datetime) -> tuple[str, ...]:
        """None."""
        return ()


class _NoEntries:
    """A `Ledger` of what a look has written: nothing."""

    def read_all(self, _entry_ids: Sequence[str]) -> Mapping[str, Any]:
        """None."""
        return {}


class _NoLooks:
    """`Looks` of one that looks itself."""

    def ask(self, look: Look[Resource]) -> None:
        """Nothing: the sweep asks at its end, for what can be repaired."""


@dataclass(frozen=True, slots=True)
class _Past:
    """What is read of a `Snapshot` about one key: the buckets of this sweep, and what was last seen."""

    buckets: tuple[str, ...]
    seen: KeySeen | None

    def read_key(self, _arn: str) -> KeySeen | None:
        """What was last seen of the key."""
        return self.seen

    def buckets_of_key(self, _arn: str, _now: datetime) -> Sequence[str]:
        """The buckets that name it."""
        return self.buckets


class _NotKnown:
    """`KnownKeys` without a table: the snapshot keeps what is seen."""

    def read(self, _key_arn: str) -> KnownKey | None:
        """Nothing."""
        return None

    def note(self, key_arn: str, known: KnownKey, /) -> None:
        """Nothing."""

    def first_cancellation_today(self, _key_arn: str, _event_id: str, _now: datetime) -> bool:
        """Never: a look cancels nothing."""
        return False


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
