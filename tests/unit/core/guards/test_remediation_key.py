"""Step 3: what stops a write of K, for buckets and objects alike."""

from __future__ import annotations

import pytest

from reseal.core.decision import Compliant, Decision, Exempt, Manual, Remediate, Severity
from reseal.core.guards.remediation_key import guard_remediation_key
from reseal.core.state.change import EncryptionChange
from reseal.core.state.kms_key import KeyDescription, KeyNotFound, KeyUnreadable
from tests.support.builders import SSE_KMS, K, a_key, encryption, key_arn, requirements
from tests.support.guards import a_guarded_bucket, reads


def remediate(change: EncryptionChange) -> Remediate:
    return Remediate(change=change, severity=Severity.LOW, reason="because")


TO_K = remediate(EncryptionChange(algorithm=SSE_KMS, key_arn=K))
STRONGER = remediate(EncryptionChange(algorithm=SSE_KMS))
OTHERS: tuple[Decision, ...] = (
    STRONGER,
    Compliant("good"),
    Exempt("off"),
    Manual(severity=Severity.LOW, reason="because", recommendation="so"),
)
BUCKET = a_guarded_bucket(encryption())


def guarded(decision: Decision, key: KeyDescription | None = None) -> Decision:
    return guard_remediation_key(requirements(), BUCKET, reads(key=key), {"check": decision})["check"]


def by_name(decision: object) -> str:
    return type(decision).__name__


@pytest.mark.parametrize(
    ("key", "why"),
    [
        (a_key(K), None),
        (a_key(K, state="Disabled"), "its state is Disabled"),
        (a_key(K, state="PendingImport"), "its state is PendingImport"),
        (a_key(K, spec="RSA_2048"), "RSA_2048"),
        (a_key(K, usage="GENERATE_VERIFY_MAC"), "GENERATE_VERIFY_MAC"),
        (a_key(key_arn("k", region="eu-west-1")), "eu-west-1"),
        (a_key(K, manager="AWS"), "AWS managed key"),
        (KeyNotFound(named=K), "KMS does not find it"),
        (KeyUnreadable(named=K), "kms:DescribeKey on it is denied"),
    ],
    ids=["usable", "disabled", "no material", "spec", "usage", "Region", "AWS managed", "gone", "unreadable"],
)
def test_an_unusable_remediation_key_is_never_written(key: KeyDescription, why: str | None) -> None:
    decision = guarded(TO_K, key)

    if why is None:
        assert decision is TO_K
    else:
        assert isinstance(decision, Manual)
        assert decision.severity is Severity.CRITICAL
        assert decision.reason.startswith("because; not remediated, because the remediation key")
        assert why in decision.reason


@pytest.mark.parametrize("decision", OTHERS, ids=by_name)
def test_what_does_not_write_the_remediation_key_is_not_stopped(decision: Decision) -> None:
    assert guarded(decision) is decision


def test_an_unusable_remediation_key_stops_only_what_would_write_it() -> None:
    decisions = {"move": TO_K} | {by_name(decision): decision for decision in OTHERS}

    found = guard_remediation_key(requirements(), BUCKET, reads(key=KeyNotFound(named=K)), decisions)

    assert {check for check in decisions if found[check] is not decisions[check]} == {"move"}
