"""S3.BucketTlsOnly: the decision and its severity."""

from __future__ import annotations

from typing import Any

import pytest

from reseal.core.checks.intent import Intent
from reseal.core.checks.tls_only import (
    TLS_CONTROLS,
    TLS_ONLY,
    decide_tls_only,
    intent_of_policy_call,
)
from reseal.core.decision import Compliant, Decision, Manual, Remediate, Severity
from reseal.core.state.bucket_access import BucketAccess
from reseal.core.state.bucket_policy import BucketPolicy
from reseal.core.state.deny_insecure_transport import DenyInsecureTransport
from reseal.core.transit.facts import TransitFacts

ACCOUNT, BUCKET = "111122223333", "arn:aws:s3:::b"
CHANGE = DenyInsecureTransport(bucket_arn=BUCKET)
NOTHING = TransitFacts(access=BucketAccess())
LOGS = {
    "Effect": "Allow",
    "Principal": {"Service": "logging.s3.amazonaws.com"},
    "Action": "s3:PutObject",
    "Resource": f"{BUCKET}/*",
}


def denying(**operators: Any) -> dict[str, Any]:
    return CHANGE.statement("Deny") | {"Condition": operators}


def decided(*statements: Any, intent: Intent = Intent.DRIFT, facts: TransitFacts = NOTHING) -> Decision:
    found = BucketPolicy.of({"Statement": list(statements)} if statements else None)
    return decide_tls_only(found, BUCKET, ACCOUNT, intent, facts)


@pytest.mark.parametrize(
    ("intent", "severity"),
    [
        (Intent.NEW, Severity.INFORMATIONAL),
        (Intent.LOWERED, Severity.HIGH),
        (Intent.DRIFT, Severity.MEDIUM),
    ],
)
@pytest.mark.parametrize("statements", [(), (LOGS,)], ids=["no policy", "policy"])
def test_bucket_that_lets_plain_http_pass_is_remediated(
    statements: Any, intent: Intent, severity: Severity
) -> None:
    decision = decided(*statements, intent=intent)

    assert isinstance(decision, Remediate)
    assert (decision.change, decision.severity) == (CHANGE, severity)


def test_bucket_that_denies_plain_http_is_compliant() -> None:
    assert decided(denying(Bool={"aws:SecureTransport": "false"})) == Compliant(
        "plain HTTP is denied to every caller by statement 'Deny'"
    )


@pytest.mark.parametrize("values", ["true", ["true", "false"]])
def test_bucket_that_refuses_tls_is_critical_and_never_written(values: Any) -> None:
    decision = decided(denying(Bool={"aws:SecureTransport": values}), intent=Intent.NEW)

    assert isinstance(decision, Manual)
    assert decision.severity is Severity.CRITICAL
    assert "statement 'Deny' of the bucket policy refuses TLS to every caller" in decision.reason
    assert '"Bool": {"aws:SecureTransport": "false"}' in decision.recommendation


def test_statement_that_also_denies_services_is_low_where_a_service_is_let_in() -> None:
    denies_services = denying(BoolIfExists={"aws:SecureTransport": "false"})

    alone, with_logs = decided(denies_services), decided(LOGS, denies_services)

    assert isinstance(alone, Compliant)
    assert isinstance(with_logs, Manual)
    assert with_logs.severity is Severity.LOW
    assert "the operator Bool instead of BoolIfExists" in with_logs.recommendation
    assert "logging.s3.amazonaws.com" in with_logs.reason


SPARED = denying(Bool={"aws:SecureTransport": "false", "aws:PrincipalIsAWSService": "false"})
PUBLIC = LOGS | {"Principal": "*", "Sid": "Pub"}


@pytest.mark.parametrize(
    ("statements", "facts", "named"),
    [
        ((SPARED,), NOTHING, None),
        ((LOGS, SPARED), NOTHING, None),
        ((SPARED,), TransitFacts(access=BucketAccess(has_website=True)), "website"),
        ((PUBLIC, SPARED), TransitFacts(access=BucketAccess(policy_is_public=True)), "statement 'Pub'"),
    ],
)
def test_exemption_that_spares_anonymous_callers_is_low_where_one_is_let_in(
    statements: Any, facts: TransitFacts, named: str | None
) -> None:
    decision = decided(*statements, facts=facts)

    if named is None:
        assert isinstance(decision, Compliant)
        assert decision.reason.endswith("the bucket lets no such caller in")
    else:
        assert isinstance(decision, Manual)
        assert decision.severity is Severity.LOW
        assert named in decision.reason
        assert "BoolIfExists for aws:PrincipalIsAWSService" in decision.recommendation


def test_policy_that_cannot_be_read_needs_a_person() -> None:
    decision = decide_tls_only(BucketPolicy("{"), BUCKET, ACCOUNT, Intent.LOWERED, NOTHING)

    assert isinstance(decision, Manual)
    assert decision.severity is Severity.HIGH


FOUND = BucketPolicy.of({"Statement": [LOGS]})


@pytest.mark.parametrize(
    ("call", "recorded", "found", "intent"),
    [
        ("CreateBucket", None, BucketPolicy(), Intent.NEW),
        ("PutBucketPolicy", FOUND, BucketPolicy.of({"Statement": LOGS}), Intent.LOWERED),
        ("PutBucketPolicy", None, FOUND, Intent.LOWERED),
        ("PutBucketPolicy", BucketPolicy.of({"Statement": [SPARED]}), FOUND, Intent.DRIFT),
        ("DeleteBucketPolicy", BucketPolicy(), BucketPolicy(), Intent.LOWERED),
        ("DeleteBucketPolicy", BucketPolicy(), FOUND, Intent.DRIFT),
        ("PutBucketEncryption", None, FOUND, Intent.DRIFT),
    ],
)
def test_intent_is_that_of_a_call_that_can_have_set_the_policy(
    call: str, recorded: BucketPolicy | None, found: BucketPolicy, intent: Intent
) -> None:
    assert intent_of_policy_call(call, recorded, found) is intent


def test_check_names_its_controls() -> None:
    assert TLS_ONLY == "S3.BucketTlsOnly"
    assert {control.rpartition(" ")[2] for control in TLS_CONTROLS} == {
        "S3.5",
        "2.1.1",
        "3.1.1",
        "AC-17(2)",
        "SC-8",
        "SC-8(1)",
        "SC-8(2)",
        "SC-23",
        "4.2.1",
        "164.312(e)(1)",
        "164.312(e)(2)(i)",
        "164.312(e)(2)(ii)",
        "CC6.1",
        "32",
        "A.8.24",
    }
