"""Step 6, report: SSE-C writes by one actor are one incident, marked if somebody made way for them."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace

from reseal.core.findings.alerts import Unblocked, occurrences_of
from reseal.core.findings.finding import Finding
from reseal.core.findings.occurrences import Incident
from reseal.core.state.bucket_encryption import BucketEncryption
from reseal.core.state.object_encryption import CUSTOMER_KEY
from reseal.core.text.quoted import named


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
