from __future__ import annotations

import pytest

from reseal.core.decision import Compliant, Decision, Exempt, Remediate, Report, Severity
from reseal.core.findings.event_result import Handled, Result
from reseal.core.findings.finding import Finding, findings_of
from reseal.core.outcome import Applied, Failed, Outcome, SkipCause, Skipped
from reseal.core.state.change import EncryptionChange
from tests.builders import BUCKET_KEY, DEFAULT_ENCRYPTION, SSE_C_BLOCK, a_call, a_policy, encryption
from tests.fakes import NOON

APPLIED = Applied(after=encryption(), at=NOON)
SKIPPED = Skipped(cause=SkipCause.GONE, reason="gone")
FAILED = Failed(code="AccessDenied", reason="denied")
COMPLIANT, EXEMPT = Compliant("good"), Exempt("off")
REPORT = Report(severity=Severity.LOW, reason="because", way_out="so")
REMEDIATE = Remediate(change=EncryptionChange(block_sse_c=True), severity=Severity.LOW, reason="because")


def findings(decisions: dict[str, Decision], outcome: Outcome | None) -> tuple[Finding, ...]:
    return findings_of(a_policy(), a_call(), encryption(), decisions, outcome, set(decisions))


@pytest.mark.parametrize(
    ("decisions", "outcome", "result"),
    [
        pytest.param([COMPLIANT, COMPLIANT], None, Result.COMPLIANT, id="all compliant"),
        pytest.param([COMPLIANT, EXEMPT], None, Result.COMPLIANT, id="one exempt"),
        pytest.param([EXEMPT, EXEMPT], None, Result.EXEMPT, id="all exempt"),
        pytest.param([REPORT, COMPLIANT], None, Result.REPORTED, id="one reported"),
        pytest.param([REPORT, REMEDIATE], APPLIED, Result.APPLIED, id="applied beside a report"),
        pytest.param([REPORT, REMEDIATE], FAILED, Result.FAILED, id="failed beside a report"),
        pytest.param([REPORT, REMEDIATE], SKIPPED, Result.SKIPPED, id="skipped beside a report"),
        pytest.param([], SKIPPED, Result.SKIPPED, id="not read, gone"),
        pytest.param([], FAILED, Result.FAILED, id="not read, refused"),
    ],
)
def test_an_event_ends_as_exactly_one_word(
    decisions: list[Decision], outcome: Outcome | None, result: Result
) -> None:
    by_check = dict(zip((DEFAULT_ENCRYPTION, BUCKET_KEY), decisions, strict=False))

    handled = Handled(
        call=a_call(), decisions=by_check, outcome=outcome, findings=findings(by_check, outcome)
    )

    assert handled.result is result


def test_each_check_has_the_status_of_its_finding_or_else_its_decision() -> None:
    decisions: dict[str, Decision] = {
        DEFAULT_ENCRYPTION: COMPLIANT,
        BUCKET_KEY: EXEMPT,
        SSE_C_BLOCK: REPORT,
    }

    handled = Handled(call=a_call(), decisions=decisions, outcome=None, findings=findings(decisions, None))

    assert handled.status_by_check == {
        DEFAULT_ENCRYPTION: "COMPLIANT",
        BUCKET_KEY: "EXEMPT",
        SSE_C_BLOCK: "REPORTED",
    }


def test_a_plan_that_came_to_nothing_is_skipped() -> None:
    handled = Handled(call=a_call(), decisions={DEFAULT_ENCRYPTION: REMEDIATE}, outcome=SKIPPED, findings=())

    assert handled.status_by_check == {DEFAULT_ENCRYPTION: "SKIPPED"}
