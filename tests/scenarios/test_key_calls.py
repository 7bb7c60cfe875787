"""Who lays hands on a key is reported, and what may be put back is put back."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from tests.scenarios.world.aws.keys import Key
from tests.scenarios.world.names import (
    AWS_S3_KEY,
    BUCKET,
    KEY_ACCESS,
    KEY_ALIAS,
    KEY_DELETION,
    KEY_DISABLED,
    KEY_POLICY,
    KEY_ROTATION,
    PARTNER,
    STRANGER_KEY,
    TEAM_KEY,
    key_arn,
)
from tests.scenarios.world.policies import administered, admits, allow, policy, root
from tests.scenarios.world.world import World

Deploy = Callable[..., World]
UNUSED_KEY = key_arn("66666666-6666-6666-6666-666666666666")
ANYBODY = {"Effect": "Allow", "Principal": "*", "Action": "kms:Decrypt", "Resource": "*"}


def verdicts(world: World, check: str) -> list[tuple[str, str]]:
    return [(one["severity"], one["status"]) for one in world.findings_of(check)]


def uses(world: World, key: Key, named: str | None = None) -> None:
    """A bucket's default names the key, and Reseal has seen it."""
    world.sets_default("aws:kms", named or key.arn, bucket_key=True)
    world.messages.clear()
    world.buckets.writes.clear()


def doom(world: World, key: Key) -> None:
    key.state, key.deleted_at = "PendingDeletion", world.clock.now() + timedelta(days=7)
    world.calls_key("ScheduleKeyDeletion", key)


def test_rotation_that_is_switched_off_is_switched_on_again_with_its_period(world: World) -> None:
    world.k.period = 100
    world.asks_about_keys()
    world.k.period = None

    world.calls_key("DisableKeyRotation", world.k)

    assert world.k.period == 100
    assert world.key_writes == [("EnableKeyRotation", world.k.arn)]
    assert verdicts(world, KEY_ROTATION) == [("HIGH", "REMEDIATED")]


def test_deletion_scheduled_twice_on_one_day_is_cancelled_once(deploy: Deploy) -> None:
    world = deploy(KeyDeletionMode="enforce")
    world.asks_about_keys()
    doom(world, world.k)
    kept = world.k.state

    doom(world, world.k)

    assert (kept, world.k.state) == ("Enabled", "PendingDeletion")
    assert world.key_writes == [("CancelKeyDeletion", world.k.arn), ("EnableKey", world.k.arn)]
    assert verdicts(world, KEY_DELETION) == [("CRITICAL", "REMEDIATED"), ("CRITICAL", "MANUAL")]


def test_deletion_is_only_reported_by_default_with_deadline_buckets_and_steps(world: World) -> None:
    uses(world, world.team_key)

    doom(world, world.team_key)

    (found,) = world.findings_of(KEY_DELETION)
    assert (found["severity"], found["status"], world.key_writes) == ("CRITICAL", "MANUAL", [])
    assert f"used by 1 known bucket: {BUCKET}" in found["reason"]
    assert "KMS deletes it at 2026-12-03T12:00:00+00:00" in found["reason"]
    assert "1. cancel the deletion: aws kms cancel-key-deletion" in found["recommendation"]


def test_disabled_key_is_reported_and_stays_disabled(world: World) -> None:
    world.k.state = "Disabled"

    world.calls_key("DisableKey", world.k)

    assert verdicts(world, KEY_DISABLED) == [("CRITICAL", "MANUAL")]
    assert world.k.state == "Disabled"


@pytest.mark.parametrize(
    ("name", "target", "severity"),
    [
        ("UpdateAlias", TEAM_KEY, "MEDIUM"),
        ("UpdateAlias", UNUSED_KEY, "HIGH"),
        ("DeleteAlias", TEAM_KEY, "CRITICAL"),
    ],
    ids=["to an approved key", "to another key", "away"],
)
def test_alias_that_a_bucket_names_is_reported_when_it_is_moved(
    deploy: Deploy, name: str, target: str, severity: str
) -> None:
    world = deploy(ApprovedKeys=TEAM_KEY)
    world.team_key.aliases = ("alias/payroll",)
    uses(world, world.team_key, "alias/payroll")
    moved = world.add_key(UNUSED_KEY) if target == UNUSED_KEY else world.team_key

    world.calls_key(name, moved, alias="alias/payroll")

    assert verdicts(world, KEY_ALIAS) == [(severity, "MANUAL")]


def test_policy_that_is_opened_to_every_account_is_reported_and_left(world: World) -> None:
    opened = {"Version": "2012-10-17", "Statement": [*world.stack.key_policy["Statement"], ANYBODY]}
    world.k.policies["default"] = opened

    world.calls_key("PutKeyPolicy", world.k)

    assert verdicts(world, KEY_POLICY) == [("CRITICAL", "MANUAL")]
    assert world.k.policies["default"] == opened


def test_reader_of_a_bucket_who_loses_its_key_is_reported_with_the_bucket(world: World) -> None:
    world.team_key.policies["default"] = policy(administered(), allow(root(PARTNER), "kms:*"))
    uses(world, world.team_key)
    world.bucket.policy = policy(admits(root(PARTNER), "s3:GetObject"))
    world.calls("PutBucketPolicy")
    before = world.findings_of(KEY_ACCESS)
    world.team_key.policies["default"] = policy(administered())

    world.calls_key("PutKeyPolicy", world.team_key)
    world.wait(400)

    (finding,) = world.findings_of(KEY_ACCESS)
    assert before == []
    assert (finding["severity"], finding["actor"]) == ("CRITICAL", None)
    assert PARTNER in finding["reason"]


@pytest.mark.parametrize(
    ("call", "changed", "check"),
    [
        ("DisableKeyRotation", {"period": None}, KEY_ROTATION),
        ("ScheduleKeyDeletion", {"state": "PendingDeletion"}, KEY_DELETION),
        ("DisableKey", {"state": "Disabled"}, KEY_DISABLED),
    ],
)
def test_key_that_nobody_is_known_to_use_is_reported_low_and_left(
    deploy: Deploy, call: str, changed: dict[str, Any], check: str
) -> None:
    world = deploy(KeyDeletionMode="enforce")
    unused = world.add_key(UNUSED_KEY, **changed)

    world.calls_key(call, unused)

    assert verdicts(world, check) == [("LOW", "MANUAL")]
    assert not world.was_written


def test_key_of_another_account_is_not_judged(world: World) -> None:
    foreign = world.add_key(STRANGER_KEY)

    world.calls_key("ScheduleKeyDeletion", foreign)

    assert world.messages == []
    assert not world.was_written


def test_key_that_aws_manages_is_in_order(world: World) -> None:
    managed = world.add_key(AWS_S3_KEY, manager="AWS", period=None)

    world.calls_key("DisableKeyRotation", managed)

    assert world.messages == []
    assert not world.was_written


def test_without_a_trail_of_kms_the_hourly_question_finds_what_was_done(deploy: Deploy) -> None:
    world = deploy(KeyDeletionMode="enforce")
    world.asks_about_keys()
    world.k.state, world.k.deleted_at = "PendingDeletion", world.clock.now() + timedelta(days=7)

    world.wait(3600)
    world.asks_about_keys()

    (found,) = world.findings_of(KEY_DELETION)
    assert (found["severity"], found["status"], found["actor"]) == ("CRITICAL", "REMEDIATED", None)
    assert world.k.state == "Enabled"
