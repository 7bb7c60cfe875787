"""What each check found, as the snapshot keeps it: from the result of an event or of a look."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from reseal.core.decision import Decision, Violation
from reseal.core.findings.event_result import EventResult
from reseal.core.findings.finding import Finding, Status
from reseal.core.snapshot import Verdict


def verdicts_of(result: EventResult, at: datetime) -> Mapping[str, Verdict]:
    """The verdict of each check that judged. A check whose write was left to another event has none."""
    findings = {finding.check.id: finding for finding in result.findings}
    judged = {check: _judged(result, check, one, at) for check, one in result.decisions.items()}
    kept = {check: one for check, one in judged.items() if one is not None and check not in findings}
    return kept | {check: _found(finding, at) for check, finding in findings.items()}


def _judged(result: EventResult, check: str, decision: Decision, at: datetime) -> Verdict | None:
    if isinstance(decision, Violation):
        return None
    return Verdict(status=result.status_by_check[check], reason=decision.reason, since=at)


def _found(finding: Finding, at: datetime) -> Verdict:
    if finding.status is Status.REMEDIATED:
        reason = f"Reseal repaired it: {finding.reason}"
        return Verdict(status="COMPLIANT", reason=reason, since=at, repaired=True)
    return Verdict(
        status=finding.status.value,
        severity=finding.severity,
        reason=finding.reason,
        recommendation=finding.recommendation,
        since=at,
    )
