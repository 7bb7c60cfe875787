"""Step 6, report: which findings are signs of ransomware, and what an incident adds to them.

SSE-C writes by one actor are counted, and marked if somebody made way for them.
"""

from __future__ import annotations

import hashlib
import uuid
from dataclasses import dataclass, replace

from reseal.core.calls.bucket_call import BucketCall
from reseal.core.calls.look import Look
from reseal.core.checks.buckets.default_encryption import DEFAULT_ENCRYPTION
from reseal.core.checks.buckets.sse_c_block import SSE_C_BLOCK
from reseal.core.checks.keys.key_deletion import KEY_DELETION, SCHEDULES
from reseal.core.checks.keys.key_disabled import DISABLES, KEY_DISABLED
from reseal.core.checks.object_encryption import OBJECT_ENCRYPTION
from reseal.core.decision import Severity
from reseal.core.findings.alerts import Unblocked, occurrences_of
from reseal.core.findings.finding import Finding
from reseal.core.findings.occurrences import Incident
from reseal.core.findings.sign import Sign, SignKind, is_attack
from reseal.core.policy.judgement import HELD_OUTSIDE
from reseal.core.resource import KeyResource
from reseal.core.state.bucket_encryption import BucketEncryption
from reseal.core.state.kms_key import parse_key_reference
from reseal.core.state.object_encryption import CUSTOMER_KEY, ObjectEncryption
from reseal.core.text.quoted import cut_or_none, named

_NAMESPACE = uuid.UUID("b1f0a6d2-5d1e-5c63-8a4b-0f7d9c2e6a31")


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """What is known of who made way for SSE-C on a bucket.

    `encryption` is the bucket's rule as it is now, None if it could not be read; `unblocked` is the call
    that was noted within a day.
    """

    encryption: BucketEncryption | None
    unblocked: Unblocked | None

    @property
    def in_words(self) -> str | None:
        """Who unblocked SSE-C, and when; None if it is blocked and no call was noted, or nothing is known."""
        if self.unblocked:
            return f"{named(self.unblocked.who)} at {self.unblocked.at.isoformat()}"
        if self.encryption is None or self.encryption.blocks_sse_c:
            return None
        return "a caller who is not known yet"


def is_ransom_sign(finding: Finding) -> bool:
    """Whether the finding is about an SSE-C object, which only its writer can read."""
    return finding.before == CUSTOMER_KEY


def sign_of(finding: Finding) -> Sign | None:
    """The sign of ransomware that the finding is; None if it is none."""
    if finding.set_by_call is False or (kind := _kind(finding)) is None:
        return None
    at, who, resource = finding.call.time, cut_or_none(finding.who), finding.resource
    if isinstance(resource, KeyResource):
        return Sign(kind=kind, at=at, who=who, key=resource.kms_key)
    key = cut_or_none(_key_of(finding)) if kind in _PUTS else None
    return Sign(kind=kind, at=at, who=who, bucket=resource.bucket, key=key)


_TAKES = (SCHEDULES, DISABLES, "DeleteImportedKeyMaterial")
"""The calls that take a key away. After any other, somebody else did."""
_PUTS = (SignKind.FOREIGN_KEY, SignKind.OUTSIDE_KEY)


def _kind(finding: Finding) -> SignKind | None:
    if is_ransom_sign(finding):
        return SignKind.CUSTOMER_KEY
    if finding.check.id in (KEY_DELETION, KEY_DISABLED):
        takes = isinstance(finding.call, Look) or finding.call.name in _TAKES
        return SignKind.KEY_TAKEN if takes and finding.severity is Severity.CRITICAL else None
    if finding.check.id == SSE_C_BLOCK:
        unblocks = isinstance(finding.call, BucketCall) and finding.call.unblocks_sse_c
        return SignKind.UNBLOCKED if unblocks else None
    if finding.check.id in (OBJECT_ENCRYPTION, DEFAULT_ENCRYPTION):
        return _kind_of_key(finding)
    return None


def _kind_of_key(finding: Finding) -> SignKind | None:
    if HELD_OUTSIDE in finding.reason:
        return SignKind.OUTSIDE_KEY
    account = parse_key_reference(_key_of(finding) or "").account
    is_foreign = account not in (None, finding.account) and finding.severity is Severity.CRITICAL
    return SignKind.FOREIGN_KEY if is_foreign else None


def _key_of(finding: Finding) -> str | None:
    """The key of the bucket or the object before the write that Reseal made, if it made one."""
    before = finding.before
    return before.key_id if isinstance(before, BucketEncryption | ObjectEncryption) else None


def with_signs(finding: Finding, signs: tuple[Sign, ...]) -> Finding:
    """The finding with the incident of its sign. One sign alone is no incident, but for SSE-C."""
    if len(signs) == 1 and not is_ransom_sign(finding):
        return finding
    known = finding.occurrences or occurrences_of([finding])
    incident = replace(known.incident or Incident(id=incident_id(signs), count=len(signs)), signs=signs)
    joined = replace(finding, occurrences=replace(known, incident=incident))
    if not is_attack(signs):
        return joined
    page, _, _ = finding.runbook.partition("#")
    reason = (
        f"{finding.reason}; one of {len(signs)} signs of ransomware within a day (incident {incident.id})"
    )
    return replace(joined, severity=Severity.CRITICAL, reason=reason, runbook=f"{page}#ransomware-incident")


def incident_id(signs: tuple[Sign, ...]) -> str:
    """The incident's id, which its first sign gives it."""
    return str(uuid.uuid5(_NAMESPACE, f"{signs[0].id}|{signs[0].at.isoformat()}"))


def incident_scope(finding: Finding) -> str:
    """The scope in which SSE-C writes are counted: those of an actor, else of a bucket."""
    actor = hashlib.sha256(f"SSE-C\n{finding.who or finding.resource.scope}".encode()).hexdigest()[:32]
    return f"incident#{actor}"


def as_incident(finding: Finding, incident_id: str, total: int, way: Way) -> Finding:
    """The finding with the incident that it belongs to, which has `total` writes so far."""
    by = way.in_words
    incident = Incident(id=incident_id, count=total, unblocked=by)
    writes = "write" if total == 1 else "writes"
    reason = f"{finding.reason}; {total} such {writes} by this actor so far (incident {incident_id})"
    if by:
        reason += f"; SSE-C was unblocked on this bucket by {by}: treat this as an attack in progress"
    elif way.encryption is None:
        reason += (
            "; whether SSE-C was unblocked on this bucket is not known: its encryption could not be read"
        )
    known = finding.occurrences or occurrences_of([finding])
    return replace(finding, reason=reason, occurrences=replace(known, incident=incident))
