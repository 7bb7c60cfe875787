"""What a look at buckets and at keys has in common: it detects, and says how to let Reseal repair."""

from __future__ import annotations

from dataclasses import replace

from reseal.core.decision import Remediate
from reseal.core.findings.event_result import EventResult
from reseal.core.findings.finding import Finding, Status
from reseal.core.policy.requirements import Mode, Requirements


def in_detect(required: Requirements) -> Requirements:
    """The requirements in mode detect, unless the stack is off."""
    order = list(Mode)
    return replace(required, mode=max(required.mode, Mode.DETECT, key=order.index))


def advised(result: EventResult, required: Requirements, advice: str) -> EventResult:
    """The result, with `advice` for what a look only detects although its check enforces."""

    def recommended(finding: Finding) -> Finding:
        if finding.status is not Status.DETECTED or not required.enforces(finding.check.id):
            return finding
        decision = result.decisions.get(finding.check.id)
        by_hand = decision.by_hand if isinstance(decision, Remediate) else None
        return replace(finding, recommendation=f"{advice}; by hand: {by_hand}" if by_hand else advice)

    return replace(result, findings=tuple(map(recommended, result.findings)))
