"""Step 2, values: the settings of a KMS key that Reseal writes, and the changes that checks require."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from reseal.core.state.kms_key import KmsKey
from reseal.core.state.setting import Setting

ENABLED, DISABLED = "Enabled", "Disabled"


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyRotation:
    """Whether KMS rotates a key by itself, and every how many days (F1, F2).

    `period` is None if rotation is off: whether KMS then still shows a period is UNCONFIRMED.
    """

    enabled: bool
    period: int | None = None

    @property
    def in_words(self) -> str:
        """The rotation, for people."""
        return f"rotation every {self.period} days" if self.enabled else "no rotation"

    def equals(self, other: KeyRotation) -> bool:
        """Whether both rotate alike."""
        return self.enabled == other.enabled and (not self.enabled or self.period == other.period)

    def meets(self, intended: KeyRotation) -> bool:
        """Whether the key rotates, if `intended` requires it. Another period is somebody's own choice."""
        return self.enabled or not intended.enabled

    def to_document(self) -> dict[str, Any]:
        """The rotation as JSON, for the ledger and the finding."""
        return asdict(self)

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> KeyRotation:
        """The rotation that `to_document` wrote."""
        return cls(enabled=document["enabled"], period=document["period"])


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyState:
    """A key's state, in KMS's spelling, and when a pending deletion ends."""

    state: str
    deletion_date: datetime | None = None

    @classmethod
    def of(cls, key: KmsKey) -> KeyState:
        """The state of a key."""
        return cls(state=key.state, deletion_date=key.deletion_date)

    @property
    def in_words(self) -> str:
        """The state, for people."""
        return f"{self.state} until {self.deletion_date.isoformat()}" if self.deletion_date else self.state

    def equals(self, other: KeyState) -> bool:
        """Whether both are the same state; the date of a deletion may move by a day until it is final."""
        return self.state == other.state

    def meets(self, intended: KeyState) -> bool:
        """Whether the key is in the intended state. An enabled key is more than a disabled one."""
        return self.state in (intended.state, ENABLED)

    def to_document(self) -> dict[str, Any]:
        """The state as JSON, for the ledger and the finding."""
        date = self.deletion_date
        return {"state": self.state, "deletion_date": date.isoformat() if date else None}

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> KeyState:
        """The state that `to_document` wrote."""
        date = document["deletion_date"]
        return cls(state=document["state"], deletion_date=datetime.fromisoformat(date) if date else None)


@dataclass(frozen=True, slots=True, kw_only=True)
class RotationChange:
    """Rotation on, every `period` days."""

    period: int
    setting: str = Setting.KEY_ROTATION
    key_arn: None = None

    def applied_to(self, _found: KeyRotation) -> KeyRotation:
        """The rotation to set."""
        return KeyRotation(enabled=True, period=self.period)

    def to_document(self) -> dict[str, Any]:
        """The change as JSON, for the ledger."""
        return asdict(self)

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> RotationChange:
        """The change that `to_document` wrote."""
        return cls(**document)


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyStateChange:
    """The deletion cancelled, and the key enabled again if `enables`."""

    enables: bool
    setting: str = Setting.KEY_STATE
    key_arn: None = None

    def applied_to(self, _found: KeyState) -> KeyState:
        """The state to reach; a cancelled deletion alone leaves the key disabled (F8)."""
        return KeyState(state=ENABLED if self.enables else DISABLED)

    def to_document(self) -> dict[str, Any]:
        """The change as JSON, for the ledger."""
        return asdict(self)

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> KeyStateChange:
        """The change that `to_document` wrote."""
        return cls(**document)
