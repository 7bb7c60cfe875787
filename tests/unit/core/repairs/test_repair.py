from __future__ import annotations

import json

import pytest

from reseal.core.checks.catalogue import Decisions, checks_of, decisions_of
from reseal.core.decision import Compliant, Decision, Exempt, Manual, Remediate, Severity
from reseal.core.policy.requirements import Mode, Requirements
from reseal.core.repairs.repair import LARGEST_STATE, proposals_of, repairs_of, unless_too_large
from reseal.core.resource import BucketResource
from reseal.core.state.bucket_encryption import BucketEncryption
from reseal.core.state.change import EncryptionChange
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
    encryption,
    observe,
    requirements,
)


def remediate(change: EncryptionChange) -> Remediate:
    return Remediate(change=change, severity=Severity.LOW, reason="because")


TO_K = remediate(EncryptionChange(algorithm=SSE_KMS, key_arn=K, bucket_key=True))
BLOCK = remediate(EncryptionChange(block_sse_c=True))
SWITCH_ON = remediate(EncryptionChange(bucket_key=True))
REPORT = Manual(severity=Severity.LOW, reason="because", recommendation="so")
FOUND = encryption(blocked=("SSE-X",))


def test_every_check_gives_its_own_decision() -> None:
    required = requirements()

    decisions = decisions_of(required, a_call(), observe(required, encryption(blocked=None)))

    assert decisions.keys() == {check.id for check in checks_of(BucketResource)}
    assert {check: type(decisions[check]) for check in (DEFAULT_ENCRYPTION, BUCKET_KEY, SSE_C_BLOCK)} == {
        DEFAULT_ENCRYPTION: Remediate,
        BUCKET_KEY: Compliant,
        SSE_C_BLOCK: Remediate,
    }


def test_a_check_that_is_off_is_exempt() -> None:
    required = requirements(check_modes=DEFAULT_MODES | {SSE_C_BLOCK: Mode.OFF})

    decisions = decisions_of(required, a_call(), observe(required, encryption(blocked=None)))

    assert decisions[SSE_C_BLOCK] == Exempt("this check is off")


def intended_of(required: Requirements, found: BucketEncryption, decisions: Decisions) -> State | None:
    """What the one repair of the bucket's encryption makes of it."""
    repairs = repairs_of(required, {Setting.BUCKET_ENCRYPTION: found}, decisions)
    return repairs[0].intended if repairs else None


def test_all_enforced_remediations_make_one_rule() -> None:
    required = requirements(check_modes=ENFORCE_ALL)
    decisions = {DEFAULT_ENCRYPTION: TO_K, BUCKET_KEY: SWITCH_ON, SSE_C_BLOCK: BLOCK}

    intended = intended_of(required, FOUND, decisions)

    assert intended == encryption(SSE_KMS, K, bucket_key=True, blocked=("SSE-X", "SSE-C"))


def test_a_remediation_that_is_not_enforced_changes_nothing() -> None:
    decisions = {DEFAULT_ENCRYPTION: TO_K, SSE_C_BLOCK: BLOCK}

    intended = intended_of(requirements(), FOUND, decisions)

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
    intended = intended_of(requirements(mode=mode), FOUND, decisions)

    assert intended is None


def test_a_bucket_under_the_teams_key_only_gets_what_it_lacks() -> None:
    required = requirements(check_modes=ENFORCE_ALL)
    found = encryption(SSE_KMS, "alias/team", blocked=("SSE-X", "NONE"))
    decisions = decisions_of(required, a_call(), observe(required, found, a_key(TEAM_KEY)))

    intended = intended_of(required, found, decisions)

    assert intended == encryption(SSE_KMS, "alias/team", bucket_key=True, blocked=("SSE-X", "SSE-C"))


def test_what_is_proposed_holds_the_remediations_of_all_checks_whatever_their_mode() -> None:
    decisions = {DEFAULT_ENCRYPTION: TO_K, BUCKET_KEY: SWITCH_ON, SSE_C_BLOCK: BLOCK}

    (proposal,) = proposals_of({Setting.BUCKET_ENCRYPTION: FOUND}, decisions)

    assert proposal.intended == encryption(SSE_KMS, K, bucket_key=True, blocked=("SSE-X", "SSE-C"))
    assert proposal.checks == (DEFAULT_ENCRYPTION, BUCKET_KEY, SSE_C_BLOCK)


@pytest.mark.parametrize("decision", [Compliant("good"), REPORT], ids=["compliant", "manual"])
def test_nothing_is_proposed_without_a_remediation(decision: Decision) -> None:
    assert proposals_of({Setting.BUCKET_ENCRYPTION: FOUND}, {DEFAULT_ENCRYPTION: decision}) == ()


@pytest.mark.parametrize("more", [0, 1])
def test_state_that_the_ledger_cannot_hold_is_left_to_a_person(more: int) -> None:
    rest = len(json.dumps(encryption(SSE_KMS, "").to_document()))
    found = encryption(SSE_KMS, "x" * (LARGEST_STATE - rest + more))

    guarded = unless_too_large({Setting.BUCKET_ENCRYPTION: found}, {SSE_C_BLOCK: BLOCK})

    stopped = guarded[SSE_C_BLOCK]
    assert isinstance(stopped, Manual) is bool(more)
    assert stopped.severity is BLOCK.severity
    assert ("100001 characters long, does not fit the ledger" in stopped.reason) is bool(more)


@pytest.mark.parametrize("decision", [Compliant("good"), REPORT], ids=["compliant", "manual"])
def test_size_of_a_state_that_nothing_replaces_does_not_matter(decision: Decision) -> None:
    found = {Setting.BUCKET_ENCRYPTION: encryption(SSE_KMS, "x" * 200_000)}

    assert unless_too_large(found, {DEFAULT_ENCRYPTION: decision}) == {DEFAULT_ENCRYPTION: decision}
