"""Step 2, values: a setting is what one AWS call replaces on a resource; checks ask for changes of it."""

from __future__ import annotations

from enum import StrEnum
from typing import Any, Protocol


class Setting(StrEnum):
    """The settings that Reseal writes, mostly by the name of the call that replaces them."""

    BUCKET_ENCRYPTION = "PutBucketEncryption"
    BUCKET_POLICY = "PutBucketPolicy"
    OBJECT_ENCRYPTION = "ObjectEncryption"  # CopyObject, UploadPartCopy and UpdateObjectEncryption replace it
    KEY_ROTATION = "EnableKeyRotation"
    KEY_STATE = "CancelKeyDeletion"  # and EnableKey after it: a cancelled deletion leaves it disabled (F8)


class State(Protocol):
    """One setting of one resource, as AWS shows it."""

    @property
    def in_words(self) -> str:
        """The state, for people."""

    def equals(self, other: Any, /) -> bool:
        """Whether both states of this setting have the same effect."""

    def meets(self, intended: Any, /) -> bool:
        """Whether the state does what `intended`, a state of this setting, requires."""

    def to_document(self) -> dict[str, Any]:
        """The state as JSON, for the ledger and the finding."""


class Change(Protocol):
    """What one check requires of one setting."""

    @property
    def setting(self) -> str:
        """The setting that changes."""

    @property
    def key_arn(self) -> str | None:
        """The KMS key that the change brings, if it brings one."""

    def applied_to(self, found: Any, /) -> State:
        """The state to write: `found`, a state of this setting, with only this change."""

    def to_document(self) -> dict[str, Any]:
        """The change as JSON, for the ledger."""
