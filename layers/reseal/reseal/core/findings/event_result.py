"""Step 6, value: how one event ended."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from reseal.core.calls.bucket_call import BucketCall
from reseal.core.calls.object_call import ObjectCall
from reseal.core.decision import Compliant, Decision, Exempt
from reseal.core.findings.finding import Finding, Status
from reseal.core.outcome import Applied, Failed, Outcome, Skipped


class Result(StrEnum):
    """Each event ends as exactly one of these."""

    COMPLIANT = "Compliant"
    EXEMPT = "Exempt"
    APPLIED = "Applied"
    SKIPPED = "Skipped"
    DETECTED = "Detected"
    MANUAL = "Manual"
    FAILED = "Failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class EventResult:
    """One event and everything that came of it.

    `decisions` is empty where the bucket could not be read; `outcome` is None where there was
    nothing to write. `suppressed` is true where its finding was not told now: the same refusal
    was told today, or an alert window holds it back.
    """

    call: BucketCall | ObjectCall
    decisions: Mapping[str, Decision]
    outcome: Outcome | None
    findings: tuple[Finding, ...]
    suppressed: bool = False

    @property
    def result(self) -> Result:
        """The one word for the whole event: what was done counts before what was only seen."""
        match self.outcome:
            case Failed():
                return Result.FAILED
            case Applied():
                return Result.APPLIED
            case Skipped():
                return Result.SKIPPED
        if self.findings:
            manual = any(finding.status is Status.MANUAL for finding in self.findings)
            return Result.MANUAL if manual else Result.DETECTED
        if all(isinstance(decision, Exempt) for decision in self.decisions.values()):
            return Result.EXEMPT
        return Result.COMPLIANT

    @property
    def status_by_check(self) -> dict[str, str]:
        """For each check, its finding's status, or else what it decided."""
        ends = {check: _end(decision) for check, decision in self.decisions.items()}
        return ends | {finding.check.id: finding.status.value for finding in self.findings}


def _end(decision: Decision) -> str:
    if isinstance(decision, Compliant | Exempt):
        return type(decision).__name__.upper()
    return "SKIPPED"
