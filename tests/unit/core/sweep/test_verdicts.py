"""Verdicts from the result of an event."""

from __future__ import annotations

import pytest

from reseal.core.decision import Compliant, Exempt, Remediate, Severity
from reseal.core.findings.event_result import EventResult
from reseal.core.findings.finding import Finding, Status
from reseal.core.snapshot import Verdict
from reseal.core.state.change import EncryptionChange
from reseal.core.sweep.verdicts import verdicts_of
from tests.support.builders import DEFAULT_ENCRYPTION, a_call
from tests.support.fakes.services import NOON
from tests.support.findings import a_finding


def a_result(**decisions: object) -> EventResult:
    return EventResult(call=a_call(), decisions=decisions, outcome=None, findings=())  # type: ignore[arg-type]


def with_finding(finding: Finding) -> Verdict:
    result = EventResult(call=a_call(), decisions={}, outcome=None, findings=(finding,))
    return verdicts_of(result, NOON)[finding.check.id]


@pytest.mark.parametrize(
    ("decision", "status"), [(Compliant("fine"), "COMPLIANT"), (Exempt("fine"), "EXEMPT")]
)
def test_decision_without_a_finding_is_kept_with_its_reason(decision: object, status: str) -> None:
    found = verdicts_of(a_result(check=decision), NOON)

    assert found == {"check": Verdict(status=status, reason="fine", since=NOON)}


def test_finding_is_kept_with_what_to_do() -> None:
    finding = a_finding(
        DEFAULT_ENCRYPTION,
        a_call(),
        status=Status.MANUAL,
        severity=Severity.HIGH,
        reason="why",
        recommendation="do",
    )

    assert with_finding(finding) == Verdict(
        status="MANUAL", severity=Severity.HIGH, reason="why", recommendation="do", since=NOON
    )


def test_repaired_bucket_is_right() -> None:
    finding = a_finding(DEFAULT_ENCRYPTION, a_call(), status=Status.REMEDIATED, reason="why")

    found = with_finding(finding)

    assert (found.status, found.severity) == ("COMPLIANT", None)
    assert "Reseal repaired it: why" in found.reason


def test_violation_whose_write_another_event_has_is_not_a_verdict() -> None:
    change = EncryptionChange(block_sse_c=True)
    violation = Remediate(change=change, severity=Severity.LOW, reason="why")

    assert verdicts_of(a_result(check=violation), NOON) == {}
