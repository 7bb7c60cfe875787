"""The table of KMS.KeyRotation: what can rotate must, and who is reported about what cannot."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from reseal.core.calls.look import Look
from reseal.core.checks.keys.key_rotation import decide_key_rotation
from reseal.core.decision import Compliant, Manual, Remediate, Severity
from reseal.core.resource import KeyResource
from reseal.core.state.key_knowledge import KnownKey
from reseal.core.state.key_settings import KeyRotation, RotationChange
from reseal.core.state.kms_key import KeyNotFound
from tests.support.builders import (
    PARTNER_KEY,
    TEAM_KEY,
    K,
    a_key,
    a_key_call,
    key_arn,
    requirements,
)
from tests.support.fakes.services import NOON
from tests.unit.core.checks.keys.observed import ENABLED_BEFORE, LISTED, YEARLY, observed, of_the_stack

LOOK = Look(event_id="look-1", time=NOON, resource=KeyResource(kms_key=TEAM_KEY))
PRIMARY, MULTI_REGION = key_arn("mrk-1", region="eu-west-1"), key_arn("mrk-1")
USED = {"buckets": ("payroll",)}


@pytest.mark.parametrize(
    ("facts", "why"),
    [
        ({"manager": "AWS"}, "AWS rotates its own keys"),
        ({"spec": "RSA_2048", "usage": "SIGN_VERIFY"}, "'RSA_2048' for 'SIGN_VERIFY' cannot rotate"),
        ({"spec": "RSA_2048"}, "cannot rotate"),
        ({"spec": "HMAC_256", "usage": "GENERATE_VERIFY_MAC"}, "cannot rotate"),
        ({"spec": "SM2"}, "cannot rotate"),
        ({"origin": "EXTERNAL"}, "its key material was imported"),
        ({"origin": "AWS_CLOUDHSM"}, "AWS CloudHSM cluster"),
        ({"origin": "EXTERNAL_KEY_STORE"}, "external key store"),
        ({"origin": "AWS_MOON"}, "does not know its origin 'AWS_MOON'"),
        ({"state": "Disabled"}, "not judged while the key's state is Disabled"),
        ({"state": "PendingDeletion"}, "not judged while the key's state is PendingDeletion"),
        ({"state": "PendingReplicaDeletion"}, "not judged"),
        ({"state": "PendingImport", "origin": "EXTERNAL"}, "not judged"),
        ({"state": "Unavailable"}, "not judged"),
        ({"state": "Creating"}, "not judged"),
    ],
    ids=str,
)
def test_key_that_cannot_rotate_is_compliant_and_says_why(facts: dict[str, Any], why: str) -> None:
    decision = decide_key_rotation(LISTED, a_key_call(), observed(a_key(**facts), rotation=None))

    assert isinstance(decision, Compliant)
    assert why in decision.reason


def test_missing_key_is_left_to_the_check_of_deletions() -> None:
    decision = decide_key_rotation(LISTED, LOOK, observed(KeyNotFound(named=TEAM_KEY), rotation=None))

    assert decision == Compliant("there is no such key")


@pytest.mark.parametrize("rotation", [YEARLY, KeyRotation(enabled=True, period=2560)], ids=str)
def test_key_that_rotates_is_compliant_whatever_its_period(rotation: KeyRotation) -> None:
    decision = decide_key_rotation(LISTED, a_key_call(), observed(rotation=rotation))

    assert decision == Compliant(f"rotation every {rotation.period} days")


def test_rotation_that_was_not_asked_for_is_compliant() -> None:
    assert isinstance(decide_key_rotation(LISTED, LOOK, observed(rotation=None)), Compliant)


@pytest.mark.parametrize(
    ("call", "severity"),
    [
        (a_key_call("DisableKeyRotation"), Severity.HIGH),
        (a_key_call("EnableKey"), Severity.MEDIUM),
        (LOOK, Severity.MEDIUM),
    ],
    ids=["this call", "another call", "look"],
)
@pytest.mark.parametrize(
    ("required", "found"),
    [
        (requirements(), of_the_stack()),
        (LISTED, observed()),
        (requirements(), observed(**USED)),
        (LISTED, observed(**USED)),
        (requirements(), observed(a_key(MULTI_REGION), **USED)),
        (requirements(listed_keys=frozenset()), observed(**USED)),
    ],
    ids=["remediation key", "listed", "used", "listed and used", "primary", "used, not in the list"],
)
def test_rotation_is_turned_on_for_keys_that_matter(
    required: Any, found: Any, call: Any, severity: Severity
) -> None:
    decision = decide_key_rotation(required, call, found)

    assert isinstance(decision, Remediate)
    assert (decision.severity, decision.change) == (severity, RotationChange(period=365))


@pytest.mark.parametrize(
    ("facts", "days"),
    [
        ({}, 400),
        ({"known": ENABLED_BEFORE}, 180),
        ({"known": KnownKey(at=NOON, seen="Enabled")}, 400),
        ({"known": ENABLED_BEFORE, "rotation": KeyRotation(enabled=False, period=120)}, 120),
    ],
    ids=["parameter", "known", "known without one", "shown"],
)
def test_period_is_the_last_one_that_is_known_else_the_parameter(facts: dict[str, Any], days: int) -> None:
    decision = decide_key_rotation(requirements(rotation_days=400), LOOK, of_the_stack(**facts))

    assert isinstance(decision, Remediate)
    assert decision.change == RotationChange(period=days)


def test_key_of_which_no_use_is_known_is_reported_low_if_this_call_did_it() -> None:
    decision = decide_key_rotation(requirements(), a_key_call(), observed())

    assert isinstance(decision, Manual)
    assert decision.severity is Severity.LOW
    assert "aws kms enable-key-rotation --region us-east-1 --key-id" in decision.recommendation


@pytest.mark.parametrize("call", [LOOK, a_key_call("CreateAlias")], ids=["look", "another call"])
def test_key_of_which_no_use_is_known_is_left_alone_otherwise(call: Any) -> None:
    assert isinstance(decide_key_rotation(requirements(), call, observed()), Compliant)


def test_replica_is_left_to_its_primary() -> None:
    replica = observed(a_key(MULTI_REGION, primary=PRIMARY), **USED)

    decision = decide_key_rotation(requirements(), a_key_call(), replica)

    assert isinstance(decision, Manual)
    assert decision.recommendation == f"turn rotation on for the primary, {PRIMARY}, in eu-west-1"


@pytest.mark.parametrize(
    ("listed", "used"), [({PARTNER_KEY}, {}), (set(), USED)], ids=["listed", "used, not in the list"]
)
def test_key_of_another_account_is_left_to_that_account(listed: set[str], used: dict[str, Any]) -> None:
    required = requirements(listed_keys=frozenset(listed))

    decision = decide_key_rotation(required, LOOK, observed(a_key(PARTNER_KEY), **used))

    assert isinstance(decision, Manual)
    assert decision.recommendation == "ask account 444455556666 to turn rotation on"


@pytest.mark.parametrize(
    ("days", "used", "severity"),
    [(29, USED, Severity.HIGH), (30, USED, Severity.HIGH), (31, USED, None), (29, {}, Severity.LOW)],
)
def test_imported_material_that_expires_within_30_days_is_reported(
    days: int, used: dict[str, Any], severity: Severity | None
) -> None:
    key = a_key(origin="EXTERNAL", valid_to=NOON + timedelta(days=days))

    decision = decide_key_rotation(requirements(), LOOK, observed(key, rotation=None, **used))

    assert (decision.severity if isinstance(decision, Manual) else None) is severity


def test_reason_names_the_buckets_and_counts_the_rest() -> None:
    buckets = tuple(f"b{number:02}" for number in range(12))

    decision = decide_key_rotation(requirements(), LOOK, of_the_stack(buckets=buckets))

    assert "the remediation key, used by 12 known buckets: b00, b01" in decision.reason
    assert decision.reason.endswith("b09 and 2 more")
    assert K not in decision.reason
