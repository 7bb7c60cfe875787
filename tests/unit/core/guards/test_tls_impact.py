"""The guard of the TLS check: what stops the write, and what is only mentioned."""

from __future__ import annotations

import pytest

from reseal.core.decision import Compliant, Decision, Manual, Remediate, Severity
from reseal.core.guards.tls_impact import unless_http_is_used
from reseal.core.state.bucket_access import BucketAccess
from reseal.core.state.bucket_policy import BucketPolicy
from reseal.core.state.change import EncryptionChange
from reseal.core.state.deny_insecure_transport import DenyInsecureTransport
from reseal.core.transit.facts import TransitFacts

ACCOUNT, BUCKET = "111122223333", "arn:aws:s3:::b"
CHANGE = DenyInsecureTransport(bucket_arn=BUCKET)
REMEDIATE = Remediate(change=CHANGE, severity=Severity.HIGH, reason="plain HTTP may pass")
NOTHING = TransitFacts(access=BucketAccess())
READ_BY_CLOUDFRONT = BucketPolicy.of(
    {
        "Statement": {
            "Effect": "Allow",
            "Principal": {"Service": "cloudfront.amazonaws.com"},
            "Action": "s3:GetObject",
            "Resource": f"{BUCKET}/*",
        }
    }
)


NO_POLICY = BucketPolicy()


def guarded(decision: Decision, facts: TransitFacts, found: BucketPolicy = NO_POLICY) -> Decision:
    return unless_http_is_used(decision, found, ACCOUNT, facts)


def test_write_that_harms_nobody_goes_on() -> None:
    assert guarded(REMEDIATE, NOTHING) == REMEDIATE


def test_write_that_may_harm_somebody_needs_a_person_and_keeps_its_severity() -> None:
    decision = guarded(REMEDIATE, TransitFacts(access=BucketAccess(has_website=True), tool="CDK"))

    assert isinstance(decision, Manual)
    assert decision.severity is Severity.HIGH
    assert decision.reason.startswith("plain HTTP may pass; not remediated, because the bucket has a website")
    assert "; CDK manages the bucket" in decision.reason
    assert "`enforceSSL: true`" in decision.recommendation


def test_what_one_person_can_do_for_several_reasons_is_said_once() -> None:
    gone = {
        "Effect": "Deny",
        "Principal": {"AWS": "1"},
        "Action": "s3:*",
        "Resource": BUCKET,
        "Condition": {"Bool": {"aws:SecureTransport": "true"}},
        "Sid": "X",
    }
    found = BucketPolicy.of({"Statement": [gone, gone]})

    decision = guarded(REMEDIATE, NOTHING, found)

    assert isinstance(decision, Manual)
    assert decision.recommendation.count("remove or correct statement 'X'") == 1


def test_origin_access_control_is_mentioned_and_does_not_stop_the_write() -> None:
    decision = guarded(REMEDIATE, NOTHING, READ_BY_CLOUDFRONT)

    assert isinstance(decision, Remediate)
    assert decision.change == CHANGE
    assert "origin access control" in decision.reason


@pytest.mark.parametrize(
    "decision",
    [
        Compliant("plain HTTP is denied"),
        Manual(severity=Severity.LOW, reason="r", recommendation="x"),
        Remediate(change=EncryptionChange(block_sse_c=True), severity=Severity.LOW, reason="r"),
    ],
)
def test_other_decisions_are_left_alone(decision: Decision) -> None:
    assert guarded(decision, TransitFacts(access=BucketAccess(has_website=True))) == decision
