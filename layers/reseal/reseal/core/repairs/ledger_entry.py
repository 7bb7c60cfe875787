"""Step 4, value: the record of one write, opened before the write and closed after it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Generic, TypeVar

from reseal.core.decision import Manual, Remediate, Severity, Violation
from reseal.core.outcome import Applied, Failed, Outcome, SkipCause, Skipped
from reseal.core.resource import Resource, resource_from_document, resource_to_document
from reseal.core.state.bucket_encryption import BucketEncryption
from reseal.core.state.bucket_policy import BucketPolicy
from reseal.core.state.change import EncryptionChange
from reseal.core.state.deny_insecure_transport import DenyInsecureTransport
from reseal.core.state.key_settings import KeyRotation, KeyState, KeyStateChange, RotationChange
from reseal.core.state.object_encryption import ObjectEncryption
from reseal.core.state.setting import Change, Setting, State

S = TypeVar("S", bound=State)

LAST_REPAIRS = 8
"""How many of a resource's last repairs the ledger finds by the resource."""

STATES: dict[str, Callable[[Any], State]] = {
    Setting.BUCKET_ENCRYPTION: BucketEncryption.from_document,
    Setting.BUCKET_POLICY: BucketPolicy.from_document,
    Setting.OBJECT_ENCRYPTION: ObjectEncryption.from_document,
    Setting.KEY_ROTATION: KeyRotation.from_document,
    Setting.KEY_STATE: KeyState.from_document,
}
"""For each setting, how to read its states from the ledger."""

CHANGES: dict[str, Callable[[Any], Change]] = {
    Setting.BUCKET_ENCRYPTION: EncryptionChange.from_document,
    Setting.BUCKET_POLICY: DenyInsecureTransport.from_document,
    Setting.OBJECT_ENCRYPTION: EncryptionChange.from_document,
    Setting.KEY_ROTATION: RotationChange.from_document,
    Setting.KEY_STATE: KeyStateChange.from_document,
}
"""For each setting, how to read the changes of its checks from the ledger."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerEntry(Generic[S]):
    """The write of one setting: the state before, the intended state, the violations and the outcome.

    `checks` are those of the violations that the write remediates.
    `owner` is the invocation that holds the entry until `lease_until` (seconds since the epoch).
    If the lease has expired and there is no outcome, that invocation ended without closing the entry.
    `action` is the S3 call that writes. `details` is further evidence of the state before the write.
    `kept` are the ids of entries that earlier deliveries left open, which show another state before.
    """

    entry_id: str
    resource: Resource
    setting: str
    before: S
    intended: S
    violations: Mapping[str, Violation]
    checks: tuple[str, ...]
    owner: str
    lease_until: int
    action: str = "PutBucketEncryption"
    details: Mapping[str, str] = field(default_factory=dict)
    outcome: Outcome | None = None
    kept: tuple[str, ...] = ()

    def to_document(self) -> dict[str, Any]:
        """The entry as JSON; the adapter adds the attributes of the table."""
        return {
            "entry_id": self.entry_id,
            "resource": resource_to_document(self.resource),
            "setting": self.setting,
            "before": self.before.to_document(),
            "intended": self.intended.to_document(),
            "violations": {check: _violation_to_document(v) for check, v in self.violations.items()},
            "checks": list(self.checks),
            "owner": self.owner,
            "lease_until": self.lease_until,
            "action": self.action,
            "details": dict(self.details),
            "outcome": outcome_to_document(self.outcome) if self.outcome else None,
            **({"kept": list(self.kept)} if self.kept else {}),
        }

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> LedgerEntry[Any]:
        """The entry that `to_document` wrote."""
        read_state: Callable[[Any], Any] = STATES[document["setting"]]
        outcome = document["outcome"]
        return cls(
            entry_id=document["entry_id"],
            resource=resource_from_document(document["resource"]),
            setting=document["setting"],
            before=read_state(document["before"]),
            intended=read_state(document["intended"]),
            violations={c: _violation_from_document(v) for c, v in document["violations"].items()},
            checks=tuple(document["checks"]),
            owner=document["owner"],
            lease_until=document["lease_until"],
            action=document["action"],
            details=document["details"],
            outcome=_outcome_from_document(outcome, read_state) if outcome else None,
            kept=tuple(document.get("kept", ())),
        )


def entry_id_of(resource: Resource, event_id: str, setting: str) -> str:
    """The id of the entry for the write of one setting of a resource after one event."""
    return f"{resource.name}#{event_id}#{setting}"


def outcome_to_document(outcome: Outcome) -> dict[str, Any]:
    """An outcome as JSON, its type under `kind`."""
    match outcome:
        case Applied():
            return {
                "kind": "Applied",
                "after": outcome.after.to_document(),
                "at": outcome.at.isoformat(),
                "changed": list(outcome.changed),
            }
        case Skipped():
            return {"kind": "Skipped", "cause": outcome.cause.value, "reason": outcome.reason}
        case Failed():
            return {
                "kind": "Failed",
                "code": outcome.code,
                "reason": outcome.reason,
                "denied_action": outcome.denied_action,
            }


def _outcome_from_document(document: Mapping[str, Any], read_state: Callable[[Any], State]) -> Outcome:
    if document["kind"] == "Applied":
        return Applied(
            after=read_state(document["after"]),
            at=datetime.fromisoformat(document["at"]),
            changed=tuple(document["changed"]),
        )
    if document["kind"] == "Skipped":
        return Skipped(cause=SkipCause(document["cause"]), reason=document["reason"])
    return Failed(code=document["code"], reason=document["reason"], denied_action=document["denied_action"])


def _violation_to_document(violation: Violation) -> dict[str, Any]:
    common = {"severity": violation.severity.name, "reason": violation.reason}
    if isinstance(violation, Manual):
        return common | {"recommendation": violation.recommendation}
    by_hand = {"by_hand": violation.by_hand} if violation.by_hand else {}
    return common | {"change": violation.change.to_document()} | by_hand


def _violation_from_document(document: Mapping[str, Any]) -> Violation:
    severity, reason = Severity[document["severity"]], document["reason"]
    if "recommendation" in document:
        return Manual(severity=severity, reason=reason, recommendation=document["recommendation"])
    change = CHANGES[document["change"]["setting"]](document["change"])
    return Remediate(change=change, severity=severity, reason=reason, by_hand=document.get("by_hand"))
