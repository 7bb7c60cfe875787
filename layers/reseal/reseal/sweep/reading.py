"""The services of the lanes for one that only looks: it writes nothing, so keys may be read once a minute."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from reseal.core.snapshot import Rotation
from reseal.core.state.kms_key import KeyDescription
from reseal.ports import Keys, Services

MAX_AGE = 60.0
"""Seconds: how old an answer about a key may be. Thousands of buckets share a few keys."""


def for_looks(services: Services) -> Services:
    """The services of the bucket lane, with keys that are read once a minute and uses that are not noted."""
    return replace(services, keys=_SharedKeys(services.keys), key_uses=_NothingNoted())


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


class _NothingNoted:
    """`KeyUses` without a table: the snapshot has the keys that the buckets name."""

    def note(self, reference: str, bucket: str, now: datetime) -> None:
        """Nothing: a look has no right to write the ledger's table."""

    def buckets_of(self, _reference: str, _now: datetime) -> tuple[str, ...]:
        """None."""
        return ()
