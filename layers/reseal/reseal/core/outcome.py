"""Step 5, values: what came of a write."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from reseal.core.state.bucket_encryption import BucketEncryption
from reseal.core.state.object_encryption import ObjectEncryption

Encryption = BucketEncryption | ObjectEncryption
"""What a decision is about: a bucket's default, or one object's own."""


class SkipCause(StrEnum):
    """Why nothing was written, where nothing failed."""

    GONE = "gone"
    ELSEWHERE = "elsewhere"
    NEWER = "newer"


@dataclass(frozen=True, slots=True, kw_only=True)
class Applied:
    """The write was made and read back as intended, at `at`.

    `changed` names what should be as it was before and is not.
    """

    after: Encryption
    at: datetime
    changed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Skipped:
    """Nothing was written, or what was written has been replaced by somebody's newer write."""

    cause: SkipCause
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Failed:
    """AWS refused; `code` is its error code and `denied_action` the IAM action if one was denied."""

    code: str
    reason: str
    denied_action: str | None = None


Outcome = Applied | Skipped | Failed
