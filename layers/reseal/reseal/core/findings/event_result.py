"""Step 6, value: the result of one event."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from reseal.core.calls.trigger import Trigger
from reseal.core.decision import Compliant, Decision, Exempt
from reseal.core.findings.finding import Finding, Status
from reseal.core.outcome import Applied, Failed, Outcome, Skipped


class Result(StrEnum):
    """The result of an event: exactly one of these."""

    COMPLIANT = "Compliant"
    EXEMPT = "Exempt"
    APPLIED = "Applied"
    SKIPPED = "Skipped"
    DETECTED = "Detected"
    MANUAL = "Manual"
    FAILED = "Failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class EventResult:
    """One event with its decisions, outcome and findings.

    `decisions` is empty if the resource could not be read; `outcome` is None if there was nothing to
    write. `suppressed` is true if its finding was not published now: the same refusal was published
    today, or an alert window counts it for its summary.
    """

    call: Trigger
    decisions: Mapping[str, Decision]
    outcome: Outcome | None
    findings: tuple[Finding, ...]
    suppressed: bool = False

    @property
    def result(self) -> Result:
        """The result of the whole event: the outcome of a write comes before findings."""
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
    def reasons(self) -> list[str]:
        """Why: what the outcome says if nothing was written, else what the findings say."""
        match self.outcome:
            case Failed() | Skipped():
                return [self.outcome.reason]
        return [finding.reason for finding in self.findings]

    @property
    def status_by_check(self) -> dict[str, str]:
        """For each check, the status of its finding, or its decision if it has no finding."""
        ends = {check: _end(decision) for check, decision in self.decisions.items()}
        return ends | {finding.check.id: finding.status.value for finding in self.findings}


def _end(decision: Decision) -> str:
    if isinstance(decision, Compliant | Exempt):
        return type(decision).__name__.upper()
    return "SKIPPED"
