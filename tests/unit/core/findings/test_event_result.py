from __future__ import annotations

from typing import Any

import pytest

from reseal.core.decision import Compliant, Decision, Exempt, Manual, Remediate, Severity
from reseal.core.findings.event_result import EventResult, Result
from reseal.core.findings.finding import Finding
from reseal.core.findings.results import CheckResult, findings_of
from reseal.core.outcome import Applied, Failed, Outcome, SkipCause, Skipped
from reseal.core.repairs.ledger_entry import LedgerEntry
from reseal.core.state.change import EncryptionChange
from tests.support.builders import (
    BUCKET_KEY,
    DEFAULT_ENCRYPTION,
    SSE_C_BLOCK,
    a_call,
    encryption,
    requirements,
)
from tests.support.fakes.services import NOON
from tests.support.findings import an_entry

APPLIED = Applied(after=encryption(), at=NOON)
SKIPPED = Skipped(cause=SkipCause.GONE, reason="gone")
FAILED = Failed(code="AccessDenied", reason="denied")
COMPLIANT, EXEMPT = Compliant("good"), Exempt("off")
MANUAL = Manual(severity=Severity.LOW, reason="because", recommendation="so")
REMEDIATE = Remediate(change=EncryptionChange(block_sse_c=True), severity=Severity.LOW, reason="because")


def findings(decisions: dict[str, Decision], outcome: Outcome | None) -> tuple[Finding, ...]:
    """What an event with one write, for all its checks, reports."""
    return reported(decisions, an_entry(outcome))


def reported(decisions: dict[str, Decision], entry: LedgerEntry[Any] | None) -> tuple[Finding, ...]:
    results = {c: CheckResult(decision=d, before=encryption(), entry=entry) for c, d in decisions.items()}
    return findings_of(requirements(), a_call(), results)


@pytest.mark.parametrize(
    ("decisions", "outcome", "result"),
    [
        pytest.param([COMPLIANT, COMPLIANT], None, Result.COMPLIANT, id="all compliant"),
        pytest.param([COMPLIANT, EXEMPT], None, Result.COMPLIANT, id="one exempt"),
        pytest.param([EXEMPT, EXEMPT], None, Result.EXEMPT, id="all exempt"),
        pytest.param([MANUAL, COMPLIANT], None, Result.MANUAL, id="one for a person"),
        pytest.param([MANUAL, REMEDIATE], APPLIED, Result.APPLIED, id="applied beside a manual one"),
        pytest.param([MANUAL, REMEDIATE], FAILED, Result.FAILED, id="failed beside a manual one"),
        pytest.param([MANUAL, REMEDIATE], SKIPPED, Result.SKIPPED, id="skipped beside a manual one"),
        pytest.param([], SKIPPED, Result.SKIPPED, id="not read, gone"),
        pytest.param([], FAILED, Result.FAILED, id="not read, refused"),
    ],
)
def test_an_event_ends_as_exactly_one_word(
    decisions: list[Decision], outcome: Outcome | None, result: Result
) -> None:
    by_check = dict(zip((DEFAULT_ENCRYPTION, BUCKET_KEY), decisions, strict=False))

    event_result = EventResult(
        call=a_call(), decisions=by_check, outcome=outcome, findings=findings(by_check, outcome)
    )

    assert event_result.result is result


@pytest.mark.parametrize(
    ("decisions", "result"),
    [
        pytest.param({DEFAULT_ENCRYPTION: REMEDIATE}, Result.DETECTED, id="nothing was written"),
        pytest.param(
            {DEFAULT_ENCRYPTION: REMEDIATE, BUCKET_KEY: MANUAL}, Result.MANUAL, id="one for a person"
        ),
    ],
)
def test_violation_of_a_check_in_detect_mode_is_detected_unless_another_needs_a_person(
    decisions: dict[str, Decision], result: Result
) -> None:
    found = reported(decisions, None)

    assert EventResult(call=a_call(), decisions=decisions, outcome=None, findings=found).result is result


def test_each_check_has_the_status_of_its_finding_or_else_its_decision() -> None:
    decisions: dict[str, Decision] = {
        DEFAULT_ENCRYPTION: COMPLIANT,
        BUCKET_KEY: EXEMPT,
        SSE_C_BLOCK: MANUAL,
    }

    event_result = EventResult(
        call=a_call(), decisions=decisions, outcome=None, findings=findings(decisions, None)
    )

    assert event_result.status_by_check == {
        DEFAULT_ENCRYPTION: "COMPLIANT",
        BUCKET_KEY: "EXEMPT",
        SSE_C_BLOCK: "MANUAL",
    }


def test_a_plan_that_came_to_nothing_is_skipped() -> None:
    event_result = EventResult(
        call=a_call(), decisions={DEFAULT_ENCRYPTION: REMEDIATE}, outcome=SKIPPED, findings=()
    )

    assert event_result.status_by_check == {DEFAULT_ENCRYPTION: "SKIPPED"}


@pytest.mark.parametrize(
    ("outcome", "reasons"),
    [(None, ["because"]), (APPLIED, ["because"]), (SKIPPED, ["gone"]), (FAILED, ["denied"])],
    ids=["detected", "applied", "skipped", "failed"],
)
def test_reasons_are_a_list_for_every_result(outcome: Outcome | None, reasons: list[str]) -> None:
    decisions: dict[str, Decision] = {SSE_C_BLOCK: REMEDIATE}
    entry = an_entry(outcome) if outcome else None

    event_result = EventResult(
        call=a_call(), decisions=decisions, outcome=outcome, findings=reported(decisions, entry)
    )

    assert event_result.reasons == reasons


def test_compliant_event_has_no_reason() -> None:
    event_result = EventResult(call=a_call(), decisions={BUCKET_KEY: COMPLIANT}, outcome=None, findings=())

    assert event_result.reasons == []
