"""Step 3: what stops a write of K, for buckets and objects alike."""

from __future__ import annotations

import pytest

from reseal.core.access.impact import Impact
from reseal.core.access.key_policy import KeyPolicy
from reseal.core.decision import Compliant, Decision, Exempt, Manual, Remediate, Severity
from reseal.core.guards.remediation_key import (
    moves_to_remediation_key,
    new_impacts,
    unless_locked_out,
    unless_unusable,
)
from reseal.core.state.change import EncryptionChange
from reseal.core.state.kms_key import KeyDescription, KeyNotFound, KeyUnreadable
from tests.support.builders import ACCOUNT, REGION, SSE_KMS, K, a_key, key_arn, requirements
from tests.unit.core.access.cases import THE_STACKS_KEY


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
KEY = KeyPolicy(key_arn=K, document={"Statement": THE_STACKS_KEY}, account=ACCOUNT, region=REGION)
CLOSED = KeyPolicy(key_arn=K, document={"Statement": []}, account=ACCOUNT, region=REGION)
PARTNER = Impact("account 4 could not read new objects")
PUBLIC = Impact("the public could not read", under_any_key=True)


def by_name(decision: object) -> str:
    return type(decision).__name__


@pytest.mark.parametrize("decision", [TO_K, *OTHERS], ids=by_name)
def test_only_a_remediation_with_a_key_moves_to_the_remediation_key(decision: Decision) -> None:
    assert moves_to_remediation_key(decision) is (decision is TO_K)


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
    decision = unless_unusable(requirements(), TO_K, key)

    if why is None:
        assert decision is TO_K
    else:
        assert isinstance(decision, Manual)
        assert decision.severity is Severity.CRITICAL
        assert decision.reason.startswith("because; not remediated, because the remediation key")
        assert why in decision.reason


def test_a_remediation_that_would_deny_someone_access_names_them() -> None:
    decision = unless_locked_out(TO_K, [PARTNER, PUBLIC], KEY, "move them")

    assert decision == Manual(
        severity=Severity.LOW,
        reason=(
            f"because; not remediated, because under {K} account 4 could not read new objects; "
            "the public could not read"
        ),
        recommendation="move them",
    )


def test_a_remediation_that_denies_no_one_access_stays() -> None:
    assert unless_locked_out(TO_K, [], KEY, "move them") is TO_K


@pytest.mark.parametrize("decision", OTHERS, ids=by_name)
def test_what_does_not_write_the_remediation_key_is_not_stopped(decision: Decision) -> None:
    assert unless_unusable(requirements(), decision, KeyNotFound(named=K)) is decision


@pytest.mark.parametrize("decision", OTHERS[1:], ids=by_name)
def test_what_writes_nothing_locks_nobody_out(decision: Decision) -> None:
    assert unless_locked_out(decision, [PARTNER], KEY, "move them") is decision


@pytest.mark.parametrize(
    ("key", "has_own_key", "asks_own_callers", "count"),
    [
        pytest.param(KEY, False, False, 2, id="everybody is newly locked out"),
        pytest.param(KEY, True, False, 1, id="under a key already: callers that no key serves lose nothing"),
        pytest.param(KEY, False, True, 2, id="a customer-supplied key that admits every caller"),
        pytest.param(CLOSED, False, True, 3, id="a customer-supplied key that does not"),
        pytest.param(CLOSED, False, False, 2, id="callers vouched for"),
    ],
)
def test_who_loses_something_is_counted_once(
    key: KeyPolicy, has_own_key: bool, asks_own_callers: bool, count: int
) -> None:
    impacts = list(
        new_impacts([PARTNER, PUBLIC], key, has_own_key=has_own_key, asks_own_callers=asks_own_callers)
    )

    assert len(impacts) == count
    assert PARTNER in impacts
    assert (PUBLIC in impacts) is not has_own_key
