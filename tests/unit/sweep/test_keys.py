"""The checks of KMS keys in a sweep: every key that a bucket names or that is approved by its ARN."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from reseal.core.checks.keys.key_deletion import KEY_DELETION
from reseal.core.checks.keys.key_disabled import KEY_DISABLED
from reseal.core.checks.keys.key_policy import KEY_POLICY
from reseal.core.checks.keys.key_rotation import KEY_ROTATION
from reseal.core.decision import Severity
from reseal.core.errors import AccessDeniedError, TransientError
from reseal.core.policy.requirements import Mode
from reseal.core.snapshot import Rotation
from reseal.core.state.key_knowledge import LastUse
from reseal.core.state.key_settings import KeyRotation
from reseal.core.state.kms_key import KeyNotFound, KeyUnreadable, KmsKey
from reseal.core.sweep.caps import Caps
from tests.support.builders import DEFAULT_MODES, SSE_KMS, TEAM_KEY, K, a_key, a_policy, encryption
from tests.unit.sweep.stage import RIGHT, ROTATES, Account

ENDS = datetime(2026, 12, 24, tzinfo=UTC)
PLENTY = Caps(number=100, percent=100)
OFF = KeyRotation(enabled=False)
FOREIGN = "arn:aws:kms:us-east-1:999988887777:key/0d9a4c1e-8f27-4b63-a5c0-71e2d3f4b5a6"
DENIED = AccessDeniedError("AccessDeniedException", "kms:GetKeyRotationStatus", "no")


def using_team_key(buckets: int = 2, **settings: Any) -> Account:
    """An account whose buckets name the team's key, which nobody approved by its ARN."""
    return Account.holding({f"b{n}": RIGHT for n in range(buckets)}, **settings)


def with_state(account: Account, state: str, **changes: Any) -> Account:
    key = a_key(TEAM_KEY, state=state)
    account.cloud.keys.known[TEAM_KEY] = replace(key, **changes)
    return account


def found(account: Account, check: str, arn: str = TEAM_KEY) -> tuple[str, Severity | None]:
    verdict = account.key(arn).verdicts[check]
    return verdict.status, verdict.severity


def row_of(account: Account, arn: str = TEAM_KEY) -> dict[str, Any]:
    return next(row for row in account.lines() if row.get("name") == arn)


def test_key_that_is_right_has_a_verdict_of_each_check() -> None:
    account = using_team_key().start()

    assert account.key(TEAM_KEY).right_since is not None
    assert set(row_of(account)["checks"]) == {one for one in DEFAULT_MODES if one.startswith("KMS.")}
    assert account.rows.counts[KEY_ROTATION] == {"COMPLIANT": 2}


def test_key_of_a_bucket_that_does_not_rotate_is_a_violation_that_names_the_bucket() -> None:
    account = using_team_key()
    account.sweep.management.rotation[TEAM_KEY] = OFF

    account.start()

    verdict = account.key(TEAM_KEY).verdicts[KEY_ROTATION]
    assert (verdict.status, verdict.severity) == ("DETECTED", Severity.MEDIUM)
    assert "used by 2 known buckets: b0, b1" in verdict.reason
    assert "make look KMS_KEY=" in str(verdict.recommendation)
    assert account.summaries[0]["counts"][KEY_ROTATION] == {"COMPLIANT": 1, "DETECTED": 1}


def test_pending_deletion_is_told_at_once_with_last_use_and_buckets() -> None:
    account = with_state(using_team_key(), "PendingDeletion", deletion_date=ENDS)
    account.sweep.management.last_use[TEAM_KEY] = LastUse(at=ENDS, operation="Decrypt", event_id="e-1")

    account.start()

    (finding,) = [one for one in account.single if one["check"] == KEY_DELETION]
    assert finding["severity"] == "CRITICAL"
    assert "used by 2 known buckets" in finding["reason"]
    assert "e-1" in finding["reason"]
    assert "cancel-key-deletion" in finding["recommendation"]


def test_deletion_that_the_lane_would_cancel_also_says_how_by_hand() -> None:
    policy = a_policy(
        check_modes=DEFAULT_MODES | {KEY_DELETION: Mode.ENFORCE}, listed_keys=frozenset({TEAM_KEY})
    )
    account = with_state(using_team_key(policy=policy), "PendingDeletion", deletion_date=ENDS)

    advice = str(account.start().key(TEAM_KEY).verdicts[KEY_DELETION].recommendation)

    assert "make look KMS_KEY=" in advice
    assert "by hand: 1. cancel the deletion: aws kms cancel-key-deletion" in advice


def test_disabled_key_and_its_deletion_are_not_confused() -> None:
    account = with_state(using_team_key(), "Disabled").start()

    assert found(account, KEY_DISABLED) == ("MANUAL", Severity.CRITICAL)
    assert found(account, KEY_DELETION) == ("COMPLIANT", None)


def test_key_that_no_longer_exists_is_critical_and_has_a_row() -> None:
    account = using_team_key()
    account.cloud.keys.known[TEAM_KEY] = KeyNotFound(named=TEAM_KEY)

    account.start()

    assert found(account, KEY_DELETION) == ("MANUAL", Severity.CRITICAL)
    assert row_of(account)["kms_key_state"] == "not found"


def test_key_policy_that_admits_strangers_is_told() -> None:
    account = using_team_key()
    statement = {"Effect": "Allow", "Principal": "*", "Action": "kms:*", "Resource": "*"}
    account.cloud.keys.policies[TEAM_KEY] = {"Statement": [statement]}

    assert found(account.start(), KEY_POLICY)[1] is Severity.CRITICAL


def test_key_that_kms_does_not_describe_is_named_as_not_looked_at() -> None:
    account = using_team_key()
    account.cloud.keys.known[TEAM_KEY] = KeyUnreadable(named=TEAM_KEY)

    account.start()

    assert row_of(account)["kms_key_state"] == "not readable"
    assert any(one.startswith(f"{TEAM_KEY}: ") for one in account.lines()[0]["not_looked_at"])


def test_rotation_that_is_denied_leaves_the_state() -> None:
    account = Account.holding({}, {K: a_key(K)})
    account.sweep.management.failures["read_rotation"].append(DENIED)

    account.start()

    assert account.key(K).key.state == "Enabled"
    assert found(account, KEY_ROTATION, K)[0] == "FAILED"


def test_key_about_which_kms_never_answers_stops_no_other() -> None:
    account = using_team_key()
    account.cloud.keys.failures["read_policy"] += [TransientError("503")] * 5  # both keys, twice, and one

    account.start()

    assert {row_of(account, arn)["kms_key_state"] for arn in (K, TEAM_KEY)} == {"Enabled", "not readable"}


def test_key_of_another_account_that_nobody_approved_is_not_asked_about() -> None:
    account = Account.holding({"a": encryption(SSE_KMS, FOREIGN, bucket_key=True)}, {K: a_key(K)}).start()

    assert [one.name for one in account.rows.keys] == [K]


def test_nothing_is_written_to_a_key() -> None:
    account = using_team_key(repairs=PLENTY, policy=a_policy(listed_keys=frozenset({TEAM_KEY})))
    account.sweep.management.rotation[TEAM_KEY] = OFF

    assert account.start().sweep.management.writes == []


# --- SweepMode=enforce -----------------------------------------------------------------------------


def test_enforce_asks_the_key_lane_about_what_it_could_repair() -> None:
    account = with_state(using_team_key(repairs=PLENTY), "Enabled")
    account.sweep.management.rotation[TEAM_KEY] = OFF

    account.start()

    assert (account.keys_looked_at, account.looked_at) == ([TEAM_KEY], [])
    assert account.summaries[0]["repairs"] == {"repairable": 1, "sent": 1, "stopped_because": None}


@pytest.mark.parametrize("mode", [Mode.DETECT, Mode.OFF])
def test_check_that_does_not_enforce_asks_nothing(mode: Mode) -> None:
    policy = a_policy(check_modes=DEFAULT_MODES | {KEY_ROTATION: mode})
    account = using_team_key(repairs=PLENTY, policy=policy)
    account.sweep.management.rotation[TEAM_KEY] = OFF

    assert account.start().keys_looked_at == []


def test_what_no_lane_repairs_asks_nothing() -> None:
    assert with_state(using_team_key(repairs=PLENTY), "Disabled").start().keys_looked_at == []


# --- many keys, and what is kept of them -----------------------------------------------------------


def many_keys(number: int) -> dict[str, KmsKey]:
    arns = [
        f"arn:aws:kms:us-east-1:111122223333:key/{n:08}-1111-1111-1111-111111111111" for n in range(number)
    ]
    return {arn: a_key(arn) for arn in arns}


def test_keys_are_looked_at_in_steps_and_none_twice() -> None:
    keys = many_keys(10)
    buckets = {f"b{n}": encryption(SSE_KMS, arn, bucket_key=True) for n, arn in enumerate(keys)}
    account = Account.holding(buckets, {**keys, K: a_key(K)}, seconds=130)
    account.cloud.steps.always = lambda _: account.cloud.clock.sleep(2)

    account.start()

    assert account.progress.hop > 1
    assert {one.name for one in account.rows.keys} == {*keys, K}
    assert account.steps()["read rotation"] == len(keys) + 1


def test_period_and_state_of_before_stay_known() -> None:
    account = using_team_key()
    account.sweep.management.rotation[TEAM_KEY] = replace(ROTATES, period=180)
    account.start("s1")
    account.sweep.management.rotation[TEAM_KEY] = OFF
    with_state(account, "PendingDeletion", deletion_date=ENDS)

    account.start("s2")

    known = account.key(TEAM_KEY).known
    assert (known.seen, known.state, known.period) == ("PendingDeletion", "Enabled", 180)
    assert account.key(TEAM_KEY).last_rotation == Rotation(on=True, days=180)


def test_second_sweep_says_which_keys_changed() -> None:
    account = using_team_key().start("s1")
    account.cloud.clock.sleep(60)
    with_state(account, "Disabled")

    account.start("s2")

    assert account.lines()[0]["changed"]["violated"] == ["b0", "b1", TEAM_KEY]
