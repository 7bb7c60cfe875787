from __future__ import annotations

import pytest

from reseal.core.checks.catalogue import BUCKET_CHECKS, Decisions, decide_bucket
from reseal.core.decision import Compliant, Decision, Exempt, Manual, Remediate, Severity
from reseal.core.guards.buckets import any_moves_to_remediation_key, guard_remediation_key
from reseal.core.policy.policy import Mode, Policy
from reseal.core.repairs.repair import repairs_of
from reseal.core.state.bucket_encryption import BucketEncryption
from reseal.core.state.change import EncryptionChange
from reseal.core.state.kms_key import KeyDescription, KeyNotFound, KeyUnreadable
from reseal.core.state.setting import Setting, State
from tests.support.builders import (
    BUCKET_KEY,
    DEFAULT_ENCRYPTION,
    DEFAULT_MODES,
    ENFORCE_ALL,
    SSE_C_BLOCK,
    SSE_KMS,
    TEAM_KEY,
    K,
    a_call,
    a_key,
    a_policy,
    encryption,
    key_arn,
    observe,
)


def remediate(change: EncryptionChange) -> Remediate:
    return Remediate(change=change, severity=Severity.LOW, reason="because")


TO_K = remediate(EncryptionChange(algorithm=SSE_KMS, key_arn=K, bucket_key=True))
BLOCK = remediate(EncryptionChange(block_sse_c=True))
SWITCH_ON = remediate(EncryptionChange(bucket_key=True))
REPORT = Manual(severity=Severity.LOW, reason="because", recommendation="so")
FOUND = encryption(blocked=("SSE-X",))


def test_every_check_gives_its_own_decision() -> None:
    policy = a_policy()

    decisions = decide_bucket(policy, a_call(), observe(policy, encryption(blocked=None)))

    assert decisions.keys() == {check.id for check in BUCKET_CHECKS}
    assert {check: type(decisions[check]) for check in (DEFAULT_ENCRYPTION, BUCKET_KEY, SSE_C_BLOCK)} == {
        DEFAULT_ENCRYPTION: Remediate,
        BUCKET_KEY: Compliant,
        SSE_C_BLOCK: Remediate,
    }


def test_a_check_that_is_off_is_exempt() -> None:
    policy = a_policy(check_modes=DEFAULT_MODES | {SSE_C_BLOCK: Mode.OFF})

    decisions = decide_bucket(policy, a_call(), observe(policy, encryption(blocked=None)))

    assert decisions[SSE_C_BLOCK] == Exempt("this check is off")


@pytest.mark.parametrize(
    ("decisions", "moves"),
    [
        ({DEFAULT_ENCRYPTION: TO_K}, True),
        ({DEFAULT_ENCRYPTION: SWITCH_ON, BUCKET_KEY: SWITCH_ON}, False),
        ({DEFAULT_ENCRYPTION: REPORT}, False),
        ({}, False),
    ],
    ids=["to K", "no key", "manual", "nothing"],
)
def test_only_a_remediation_with_a_key_moves_to_the_remediation_key(
    decisions: dict[str, Decision], moves: bool
) -> None:
    assert any_moves_to_remediation_key(decisions) is moves


def intended_of(policy: Policy, found: BucketEncryption, decisions: Decisions) -> State | None:
    """What the one repair of the bucket's encryption makes of it."""
    repairs = repairs_of(policy, {Setting.BUCKET_ENCRYPTION: found}, decisions)
    return repairs[0].intended if repairs else None


def test_all_enforced_remediations_make_one_rule() -> None:
    policy = a_policy(check_modes=ENFORCE_ALL)
    decisions = {DEFAULT_ENCRYPTION: TO_K, BUCKET_KEY: SWITCH_ON, SSE_C_BLOCK: BLOCK}

    intended = intended_of(policy, FOUND, decisions)

    assert intended == encryption(SSE_KMS, K, bucket_key=True, blocked=("SSE-X", "SSE-C"))


def test_a_remediation_that_is_not_enforced_changes_nothing() -> None:
    decisions = {DEFAULT_ENCRYPTION: TO_K, SSE_C_BLOCK: BLOCK}

    intended = intended_of(a_policy(), FOUND, decisions)

    assert intended == encryption(SSE_KMS, K, bucket_key=True, blocked=("SSE-X",))


@pytest.mark.parametrize(
    ("mode", "decisions"),
    [
        pytest.param(Mode.ENFORCE, {DEFAULT_ENCRYPTION: Compliant("good")}, id="compliant"),
        pytest.param(Mode.ENFORCE, {DEFAULT_ENCRYPTION: REPORT}, id="manual"),
        pytest.param(Mode.ENFORCE, {SSE_C_BLOCK: BLOCK}, id="check in report mode"),
        pytest.param(Mode.DETECT, {DEFAULT_ENCRYPTION: TO_K}, id="stack in detect mode"),
        pytest.param(Mode.ENFORCE, {}, id="nothing decided"),
    ],
)
def test_nothing_is_written_without_an_enforced_remediation(
    mode: Mode, decisions: dict[str, Decision]
) -> None:
    intended = intended_of(a_policy(mode=mode), FOUND, decisions)

    assert intended is None


@pytest.mark.parametrize(
    ("description", "why"),
    [
        (a_key(K, state="Disabled"), "its state is Disabled"),
        (a_key(K, state="PendingDeletion"), "its state is PendingDeletion"),
        (a_key(K, spec="RSA_2048", usage="ENCRYPT_DECRYPT"), "RSA_2048"),
        (a_key(K, usage="SIGN_VERIFY"), "SIGN_VERIFY"),
        (a_key(key_arn("k", region="eu-west-1")), "eu-west-1"),
        (KeyNotFound(named=K), "KMS does not find it"),
        (KeyUnreadable(named=K), "kms:DescribeKey on it is denied"),
        (a_key(K, manager="AWS"), "AWS managed key"),
    ],
    ids=["disabled", "pending deletion", "spec", "usage", "Region", "not found", "unreadable", "AWS managed"],
)
def test_an_unusable_remediation_key_is_never_written(description: KeyDescription, why: str) -> None:
    decisions = guard_remediation_key(a_policy(), {DEFAULT_ENCRYPTION: TO_K}, description)

    decision = decisions[DEFAULT_ENCRYPTION]
    assert isinstance(decision, Manual)
    assert decision.severity is Severity.CRITICAL
    assert decision.reason.startswith("because; not remediated")
    assert why in decision.reason


def test_an_unusable_remediation_key_stops_only_what_would_write_it() -> None:
    others: dict[str, Decision] = {BUCKET_KEY: SWITCH_ON, SSE_C_BLOCK: REPORT}

    guarded = guard_remediation_key(a_policy(), {DEFAULT_ENCRYPTION: TO_K} | others, KeyNotFound(named=K))

    assert {check: guarded[check] for check in others} == others


def test_a_usable_remediation_key_changes_no_decision() -> None:
    decisions: dict[str, Decision] = {DEFAULT_ENCRYPTION: TO_K, SSE_C_BLOCK: BLOCK}

    guarded = guard_remediation_key(a_policy(), decisions, a_key(K))

    assert guarded == decisions


def test_a_bucket_under_the_teams_key_only_gets_what_it_lacks() -> None:
    policy = a_policy(check_modes=ENFORCE_ALL)
    found = encryption(SSE_KMS, "alias/team", blocked=("SSE-X", "NONE"))
    decisions = decide_bucket(policy, a_call(), observe(policy, found, a_key(TEAM_KEY)))

    intended = intended_of(policy, found, decisions)

    assert intended == encryption(SSE_KMS, "alias/team", bucket_key=True, blocked=("SSE-X", "SSE-C"))
