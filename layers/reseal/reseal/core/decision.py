"""Step 3, values: what should happen (`Decision`), and step 5: what did (`Outcome`)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum, StrEnum

from reseal.core.state.bucket_encryption import BucketEncryption, EncryptionChange
from reseal.core.state.object_encryption import ObjectEncryption

Encryption = BucketEncryption | ObjectEncryption
"""What a decision is about: a bucket's default, or one object's own."""


class Severity(IntEnum):
    """Security Hub's labels, ordered."""

    INFORMATIONAL = 0
    LOW = 1
    MEDIUM = 2
    HIGH = 3
    CRITICAL = 4


@dataclass(frozen=True, slots=True)
class Compliant:
    """The bucket or object is as required, or the check does not apply to it."""

    reason: str


@dataclass(frozen=True, slots=True)
class Exempt:
    """The operator, or S3's own design, took it or the whole check out of the policy."""

    reason: str


CHECK_IS_OFF = Exempt("this check is off")


@dataclass(frozen=True, slots=True, kw_only=True)
class Remediate:
    """Not as required, and safe to put right by `change`."""

    change: EncryptionChange
    severity: Severity
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """Not as required, and not ours to change; `way_out` says what a person can do."""

    severity: Severity
    reason: str
    way_out: str


Decision = Compliant | Exempt | Remediate | Report
Violation = Remediate | Report


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
