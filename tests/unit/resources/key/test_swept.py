"""The key lane knows what a sweep saw, though no event of the bucket or of the key was ever received."""

from __future__ import annotations

from datetime import timedelta

import pytest

from reseal.core.checks.keys.key_deletion import KEY_DELETION
from reseal.core.checks.keys.key_rotation import KEY_ROTATION
from reseal.core.errors import TransientError
from reseal.core.snapshot import BucketSeen, KeySeen, Rotation
from reseal.core.state.key_knowledge import KnownKey
from reseal.core.state.key_settings import KeyRotation
from tests.support.builders import TEAM_KEY, K, a_key, a_policy
from tests.support.fakes.services import NOON
from tests.unit.resources.key.stage import DOOMED, KEEPING, Stage, a_look, call_on, scheduled

SWITCHED_OFF = call_on(TEAM_KEY, "DisableKeyRotation")


def named_by(stage: Stage, bucket: str, *, days_ago: int = 1) -> Stage:
    """A sweep saw that a bucket names the team's key, which nobody approved by its ARN."""
    at = NOON - timedelta(days=days_ago)
    stage.kms.snapshot.put(BucketSeen(bucket=bucket, seen_at=at, first_seen=at, kms_key=TEAM_KEY))
    return stage


def swept(stage: Stage, *, days_ago: int = 1, state: str = "Enabled", period: int = 180) -> Stage:
    """A sweep saw the team's key."""
    at, rotation = NOON - timedelta(days=days_ago), Rotation(on=True, days=period)
    key = a_key(TEAM_KEY, state=state)
    stage.kms.snapshot.put(KeySeen(key=key, seen_at=at, since=at, first_seen=at, rotation=rotation))
    return stage


def unlisted() -> Stage:
    return Stage(policy=a_policy())


def test_rotation_of_a_key_that_a_sweep_saw_in_use_is_turned_on() -> None:
    stage = named_by(unlisted(), "payroll")

    stage.deliver(SWITCHED_OFF)

    assert stage.reported[KEY_ROTATION] == ("HIGH", "REMEDIATED")
    assert "used by 1 known bucket: payroll" in stage.cloud.topic.findings[0]["reason"]


def test_key_that_nothing_names_is_left_alone() -> None:
    stage = unlisted()

    stage.deliver(SWITCHED_OFF)

    assert stage.kms.management.writes == []


def test_bucket_that_was_last_seen_long_ago_counts_no_longer() -> None:
    stage = named_by(unlisted(), "gone", days_ago=91)

    stage.deliver(SWITCHED_OFF)

    assert stage.kms.management.writes == []


def test_bucket_that_was_noted_and_seen_is_named_once() -> None:
    stage = named_by(unlisted(), "payroll")
    stage.cloud.key_uses.note(TEAM_KEY, "payroll", NOON)
    stage.cloud.key_uses.note(TEAM_KEY, "noted", NOON)

    stage.deliver(SWITCHED_OFF)

    assert "used by 2 known buckets: noted, payroll" in stage.cloud.topic.findings[0]["reason"]


def test_deletion_of_a_key_that_a_sweep_saw_in_use_is_critical() -> None:
    stage = named_by(Stage(policy=a_policy(), keys=(DOOMED, a_key(K))), "payroll")

    stage.deliver(scheduled())

    assert stage.reported[KEY_DELETION] == ("CRITICAL", "MANUAL")


def test_end_of_a_key_names_the_buckets_that_a_sweep_saw() -> None:
    stage = named_by(Stage(policy=a_policy(), keys=(a_key(K),)), "payroll")

    stage.deliver(a_look())

    assert "used by 1 known bucket: payroll" in stage.cloud.topic.findings[0]["reason"]


def test_rotation_gets_the_period_that_the_sweep_last_saw() -> None:
    stage = swept(named_by(unlisted(), "payroll"), period=180)

    stage.deliver(SWITCHED_OFF)

    assert stage.kms.management.rotation[TEAM_KEY] == KeyRotation(enabled=True, period=180)


@pytest.mark.parametrize(("state", "enabled"), [("Enabled", True), ("Disabled", False)])
def test_kept_key_is_enabled_again_only_if_the_sweep_saw_it_enabled(state: str, enabled: bool) -> None:
    stage = swept(Stage(policy=KEEPING, keys=(DOOMED, a_key(K))), state=state)

    stage.deliver(scheduled())

    assert stage.state() == ("Enabled" if enabled else "Disabled")


@pytest.mark.parametrize(
    ("noted_days_ago", "enabled"), [(8, True), (1, False)], ids=["sweep is later", "event is later"]
)
def test_of_sweep_and_events_the_later_counts(noted_days_ago: int, enabled: bool) -> None:
    stage = swept(Stage(policy=KEEPING, keys=(DOOMED, a_key(K))), days_ago=7)
    at = NOON - timedelta(days=noted_days_ago)
    stage.kms.known.known[TEAM_KEY] = KnownKey(at=at, seen="Disabled", state="Disabled")

    stage.deliver(scheduled())

    assert stage.state() == ("Enabled" if enabled else "Disabled")


@pytest.mark.parametrize("call", ["read_key", "buckets_of_key"])
def test_nothing_is_judged_while_the_snapshot_does_not_answer(call: str) -> None:
    stage = named_by(unlisted(), "payroll")
    stage.kms.snapshot.failures[call].append(TransientError("503"))

    with pytest.raises(TransientError):
        stage.deliver(SWITCHED_OFF)

    assert stage.kms.management.writes == []
