"""Step 3, values: what should happen to a resource, as a check decides it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

from reseal.core.state.change import EncryptionChange


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
class Manual:
    """Not as required, and not ours to change; `recommendation` says what a person can do."""

    severity: Severity
    reason: str
    recommendation: str


Decision = Compliant | Exempt | Remediate | Manual
Violation = Remediate | Manual
