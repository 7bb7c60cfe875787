"""Step 6, report: SSE-C writes by one actor are one incident, marked if SSE-C was unblocked just before."""

from __future__ import annotations

import hashlib
from dataclasses import replace

from reseal.core.findings.alerts import Tally, Unblocked
from reseal.core.findings.finding import Finding
from reseal.core.findings.occurrences import Incident, Occurrences, object_keys
from reseal.core.state.object_encryption import CUSTOMER_KEY
from reseal.core.text.quoted import named


def is_ransom_sign(finding: Finding) -> bool:
    """Whether the finding is about an SSE-C object, which only its writer can read."""
    return finding.before == CUSTOMER_KEY


def incident_group(finding: Finding) -> str:
    """The group in which SSE-C writes are counted: those of an actor, else of a bucket."""
    return hashlib.sha256(f"SSE-C\n{finding.who or finding.resource.scope}".encode()).hexdigest()[:32]


def as_incident(finding: Finding, tally: Tally, unblocked: Unblocked | None) -> Finding:
    """The finding with the incident that it belongs to."""
    by = f"{named(unblocked.who)} at {unblocked.at.isoformat()}" if unblocked else None
    alone = Occurrences(
        count=1, first=finding.call.time, last=finding.call.time, keys=object_keys(finding.resource)
    )
    incident = Incident(id=tally.window_id, count=tally.total, unblocked=by)
    writes = "write" if tally.total == 1 else "writes"
    reason = (
        f"{finding.reason}; {tally.total} such {writes} by this actor so far (incident {tally.window_id})"
    )
    if by:
        reason += f"; SSE-C was unblocked on this bucket by {by}: treat this as an attack in progress"
    occurrences = replace(finding.occurrences or alone, incident=incident)
    return replace(finding, reason=reason, occurrences=occurrences)
