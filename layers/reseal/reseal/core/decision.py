"""Step 3, values: what should happen to a resource, as a check decides it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

from reseal.core.state.change import EncryptionChange
from reseal.core.state.setting import Change


class Severity(IntEnum):
    """Security Hub's labels, ordered."""

    INFORMATIONAL = 0
    LOW = 1
    MEDIUM = 2
    HIGH = 3
    CRITICAL = 4


@dataclass(frozen=True, slots=True)
class Compliant:
    """The bucket or object meets the check, or the check does not apply to it."""

    reason: str


@dataclass(frozen=True, slots=True)
class Exempt:
    """The check does not judge this resource: an exemption applies, or the check is off."""

    reason: str


CHECK_IS_OFF = Exempt("this check is off")


@dataclass(frozen=True, slots=True, kw_only=True)
class Remediate:
    """The check is violated, and `change` is a safe remediation.

    `by_hand` says what a person does where Reseal does not make the change.
    """

    change: Change
    severity: Severity
    reason: str
    by_hand: str | None = None

    def stopped(self, because: str, recommendation: str, severity: Severity | None = None) -> Manual:
        """The manual finding instead of this remediation, by default of the same severity."""
        return Manual(
            severity=self.severity if severity is None else severity,
            reason=f"{self.reason}; not remediated, because {because}",
            recommendation=recommendation,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Manual:
    """The check is violated and needs a person; `recommendation` says what that person can do."""

    severity: Severity
    reason: str
    recommendation: str


Decision = Compliant | Exempt | Remediate | Manual
Violation = Remediate | Manual


def encryption_change_of(decision: Decision) -> EncryptionChange | None:
    """The change of the encryption that the decision makes; None if it makes none."""
    if isinstance(decision, Remediate) and isinstance(decision.change, EncryptionChange):
        return decision.change
    return None
