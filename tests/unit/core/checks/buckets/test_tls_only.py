"""S3.BucketTlsOnly: the decision and its severity."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from reseal.core.calls.bucket_call import BucketCall
from reseal.core.calls.look import Look
from reseal.core.calls.trigger import BucketTrigger
from reseal.core.checks.buckets.intent import Intent
from reseal.core.checks.buckets.observed_bucket import ObservedBucket, ObservedPolicy
from reseal.core.checks.buckets.tls_check import TLS_CONTROLS, TLS_ONLY, can_have_set_policy, judges_policy
from reseal.core.checks.buckets.tls_only import (
    decide_bucket_policy,
    decide_recorded_policy,
    decide_tls_only,
    depends_on_facts,
)
from reseal.core.decision import Compliant, Decision, Manual, Remediate, Severity
from reseal.core.outcome import Failed
from reseal.core.policy.requirements import Mode
from reseal.core.resource import BucketResource
from reseal.core.state.bucket_access import BucketAccess
from reseal.core.state.bucket_policy import BucketPolicy
from reseal.core.state.deny_insecure_transport import DenyInsecureTransport
from reseal.core.transit.facts import TransitFacts
from tests.support.builders import DEFAULT_MODES, a_call, encryption, requirements
from tests.support.fakes.services import NOON

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
LOOK = Look(event_id="look", time=NOON, resource=BucketResource(bucket="b"))
LOST = Manual(severity=Severity.CRITICAL, reason="their policy is gone", recommendation="set it again")


def a_bucket(policy: BucketPolicy | Failed | None, **seen: Any) -> ObservedBucket:
    observed = (
        ObservedPolicy(read_at=NOON, policy=policy, **seen) if isinstance(policy, BucketPolicy) else policy
    )
    return ObservedBucket(read_at=NOON, encryption=encryption(), created=NOON, policy=observed)


def judged(call: BucketTrigger, observed: ObservedBucket) -> Decision:
    return decide_bucket_policy(requirements(), call, observed)


@pytest.mark.parametrize(
    ("call", "found", "severity"),
    [
        (a_call("CreateBucket", bucket="b"), BucketPolicy(), Severity.INFORMATIONAL),
        (a_call("CreateBucket", bucket="b", time=NOON + timedelta(hours=1)), FOUND, Severity.MEDIUM),
        (a_call("PutBucketPolicy", bucket="b", policy=FOUND), FOUND, Severity.HIGH),
        (a_call("PutBucketPolicy", bucket="b"), FOUND, Severity.HIGH),
        (a_call("PutBucketPolicy", bucket="b", policy=BucketPolicy("{}")), FOUND, Severity.MEDIUM),
        (a_call("DeleteBucketPolicy", bucket="b", policy=BucketPolicy()), BucketPolicy(), Severity.HIGH),
        (a_call("DeleteBucketPolicy", bucket="b", policy=BucketPolicy()), FOUND, Severity.MEDIUM),
        (LOOK, FOUND, Severity.MEDIUM),
    ],
)
def test_severity_is_that_of_a_call_that_can_have_set_the_policy(
    call: BucketTrigger, found: BucketPolicy, severity: Severity
) -> None:
    decision = judged(call, a_bucket(found))

    assert isinstance(decision, Remediate)
    assert (decision.change, decision.severity) == (CHANGE, severity)


@pytest.mark.parametrize(
    ("call", "found", "can"),
    [
        (a_call("CreateBucket"), BucketPolicy(), True),
        (a_call("CreateBucket"), FOUND, False),
        (a_call("PutBucketPolicy", policy=FOUND), BucketPolicy.of({"Statement": LOGS}), True),
        (a_call("PutBucketPolicy", policy=FOUND), BucketPolicy(), False),
        (a_call("PutBucketPolicy"), FOUND, True),
        (a_call("PutBucketEncryption"), FOUND, False),
        (LOOK, FOUND, False),
    ],
)
def test_which_calls_can_have_set_a_policy(call: BucketTrigger, found: BucketPolicy, can: bool) -> None:
    assert can_have_set_policy(call, found) is can


@pytest.mark.parametrize(
    ("call", "judges"),
    [
        (a_call("CreateBucket"), True),
        (a_call("DeleteBucketPolicy"), True),
        (a_call("PutBucketAcl"), False),
        (LOOK, True),
    ],
)
def test_policy_is_judged_after_calls_that_can_set_it(call: BucketTrigger, judges: bool) -> None:
    off = requirements(check_modes=DEFAULT_MODES | {TLS_ONLY: Mode.OFF})

    assert judges_policy(requirements(), call) is judges
    assert not judges_policy(off, call)


def test_call_that_sets_no_policy_violates_nothing() -> None:
    assert isinstance(judged(a_call("PutBucketAcl"), a_bucket(None)), Compliant)


def test_policy_that_cannot_be_read_needs_a_person_who_allows_it() -> None:
    failed = Failed(code="AccessDenied", reason="it is denied", denied_action="s3:GetBucketPolicy")

    decision = judged(a_call("PutBucketPolicy"), a_bucket(failed))

    assert isinstance(decision, Manual)
    assert decision.severity is Severity.HIGH
    assert "it is denied" in decision.reason
    assert "allow s3:GetBucketPolicy" in decision.recommendation


@pytest.mark.parametrize(
    ("found", "ends"),
    [(FOUND, "; now plain HTTP requests"), (CHANGE.applied_to(FOUND), "their policy is gone")],
)
def test_overwritten_policy_comes_first(found: BucketPolicy, ends: str) -> None:
    decision = judged(a_call("PutBucketPolicy", bucket="b"), a_bucket(found, overwritten=LOST))

    assert isinstance(decision, Manual)
    assert (decision.severity, decision.recommendation) == (Severity.CRITICAL, "set it again")
    assert decision.reason.startswith("their policy is gone")
    assert ends in decision.reason


@pytest.mark.parametrize(
    ("call", "severity"),
    [
        (a_call("PutBucketPolicy", bucket="b", policy=FOUND), Severity.HIGH),
        (
            a_call(
                "PutBucketPolicy",
                bucket="b",
                policy=BucketPolicy.of({"Statement": denying(Bool={"aws:SecureTransport": "true"})}),
            ),
            Severity.CRITICAL,
        ),
    ],
    ids=["lets plain HTTP pass", "refuses TLS"],
)
def test_record_shows_what_a_call_did(call: BucketCall, severity: Severity) -> None:
    decision = decide_recorded_policy(requirements(), call)

    assert isinstance(decision, Remediate | Manual)
    assert decision.severity is severity


@pytest.mark.parametrize(
    "call", [LOOK, a_call("PutBucketPolicy"), a_call("PutBucketAcl", policy=FOUND)], ids=repr
)
def test_record_that_shows_no_policy_shows_nothing(call: Any) -> None:
    assert decide_recorded_policy(requirements(), call) is None


@pytest.mark.parametrize(
    ("statements", "depends"), [((), False), ((LOGS,), False), ((SPARED,), True), ((SPARED, LOGS), True)]
)
def test_decision_depends_on_users_where_callers_without_a_signature_are_spared(
    statements: Any, depends: bool
) -> None:
    found = BucketPolicy.of({"Statement": list(statements)} if statements else None)

    assert depends_on_facts(found, BUCKET) is depends


def test_without_facts_nobody_is_taken_for_a_caller_without_a_signature() -> None:
    found = BucketPolicy.of({"Statement": [SPARED]})

    assert isinstance(decide_tls_only(found, BUCKET, ACCOUNT, Intent.DRIFT, None), Compliant)


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
        "32(1)(a)",
        "A.8.24",
    }
