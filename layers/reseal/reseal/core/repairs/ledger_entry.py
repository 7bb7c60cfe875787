"""Step 4, value: the record of one write, opened before the write and closed after it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Generic, TypeVar

from reseal.core.decision import Manual, Remediate, Severity, Violation
from reseal.core.outcome import Applied, Failed, Outcome, SkipCause, Skipped
from reseal.core.resource import Resource
from reseal.core.state.bucket_encryption import BucketEncryption, SseAlgorithm
from reseal.core.state.change import EncryptionChange
from reseal.core.state.object_encryption import ObjectEncryption

E = TypeVar("E", BucketEncryption, ObjectEncryption)


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerEntry(Generic[E]):
    """The write of one event: the state before, the intended state, the violations and the outcome.

    `owner` is the invocation that holds the entry until `lease_until` (seconds since the epoch).
    If the lease has expired and there is no outcome, that invocation ended without closing the entry.
    `action` is the S3 call that writes. `details` is further evidence of the state before the write.
    """

    entry_id: str
    resource: Resource
    before: E
    intended: E
    violations: Mapping[str, Violation]
    owner: str
    lease_until: int
    action: str = "PutBucketEncryption"
    details: Mapping[str, str] = field(default_factory=dict)
    outcome: Outcome | None = None

    def to_document(self) -> dict[str, Any]:
        """The entry as JSON; the adapter adds the attributes of the table."""
        return {
            "entry_id": self.entry_id,
            "resource": self.resource.to_document(),
            "before": self.before.to_document(),
            "intended": self.intended.to_document(),
            "violations": {check: _violation_to_document(v) for check, v in self.violations.items()},
            "owner": self.owner,
            "lease_until": self.lease_until,
            "action": self.action,
            "details": dict(self.details),
            "outcome": outcome_to_document(self.outcome) if self.outcome else None,
        }

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> LedgerEntry[Any]:
        """The entry that `to_document` wrote."""
        return cls(
            entry_id=document["entry_id"],
            resource=Resource.from_document(document["resource"]),
            before=_encryption(document["before"]),
            intended=_encryption(document["intended"]),
            violations={c: _violation_from_document(v) for c, v in document["violations"].items()},
            owner=document["owner"],
            lease_until=document["lease_until"],
            action=document["action"],
            details=document["details"],
            outcome=_outcome_from_document(document["outcome"]) if document["outcome"] else None,
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


def _encryption(document: dict[str, Any]) -> Any:
    """A bucket's rule has a block list; an object's encryption has none."""
    if "blocked" in document:
        return BucketEncryption.from_document(document)
    return ObjectEncryption.from_document(document)


def _outcome_from_document(document: Mapping[str, Any]) -> Outcome:
    if document["kind"] == "Applied":
        return Applied(
            after=_encryption(document["after"]),
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
    change = violation.change
    return common | {
        "change": {
            "algorithm": change.algorithm,
            "key_arn": change.key_arn,
            "bucket_key": change.bucket_key,
            "block_sse_c": change.block_sse_c,
        }
    }


def _violation_from_document(document: Mapping[str, Any]) -> Violation:
    severity, reason = Severity[document["severity"]], document["reason"]
    if "recommendation" in document:
        return Manual(severity=severity, reason=reason, recommendation=document["recommendation"])
    change = document["change"]
    return Remediate(
        change=EncryptionChange(
            algorithm=SseAlgorithm(change["algorithm"]) if change["algorithm"] else None,
            key_arn=change["key_arn"],
            bucket_key=change["bucket_key"],
            block_sse_c=change["block_sse_c"],
        ),
        severity=severity,
        reason=reason,
    )
