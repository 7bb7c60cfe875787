"""The world itself: its scenarios would prove nothing if these did not hold."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.scenarios.world.names import BUCKET, DEFAULT_ENCRYPTION, OBJECT_ENCRYPTION, PARTNER
from tests.scenarios.world.patterns import matches
from tests.scenarios.world.policies import admits, policy, root
from tests.scenarios.world.world import World


def test_lowered_bucket_is_remediated_and_the_ledger_has_the_write(world: World) -> None:
    world.sets_default("AES256")

    assert world.bucket_is_under_k
    assert world.only_finding["check"] == DEFAULT_ENCRYPTION
    assert world.only_finding["status"] == "REMEDIATED"
    assert len([item for item in world.ledger.items.values() if "entry" in item]) == 1


def test_plain_object_is_remediated(world: World) -> None:
    world.writes()

    assert world.object().key_id == world.k.arn
    assert world.only_finding["check"] == OBJECT_ENCRYPTION
    assert world.only_finding["status"] == "REMEDIATED"


def test_parameters_of_the_template_reach_the_functions(deploy: Callable[..., World]) -> None:
    world = deploy(Mode="detect")

    world.sets_default("AES256")

    assert not world.was_written
    assert world.findings[0]["status"] == "DETECTED"


def test_settle_time_delays_the_bucket_lane(deploy: Callable[..., World]) -> None:
    world = deploy(SettleSeconds="60")
    world.sets_default("AES256")
    world.wait(59)
    assert world.account.calls == []

    world.wait(1)

    assert world.bucket_is_under_k


def test_throttled_message_is_delivered_again_and_then_dead(world: World) -> None:
    world.account.throttle("s3:GetEncryptionConfiguration", BUCKET)
    world.sets_default("AES256")
    assert len(world.returned) == 1

    for _ in range(5):
        world.wait(600)

    assert len(world.dead_letters) == 1
    assert world.account.count("s3:GetBucketEncryption") == 5


def test_throttling_that_ends_is_only_a_delay(world: World) -> None:
    world.account.throttle("s3:GetEncryptionConfiguration")
    world.sets_default("AES256")
    world.account.allow("s3:GetEncryptionConfiguration")

    world.wait(600)

    assert world.bucket_is_under_k


def test_denial_is_of_one_bucket(world: World) -> None:
    world.buckets.add("other")
    world.account.deny("s3:GetBucketPolicy", "other")

    world.sets_default("AES256")
    world.sets_default("AES256", bucket="other")

    assert world.bucket_is_under_k
    assert world.findings[-1]["status"] == "FAILED"


def test_execution_environments_share_the_account_but_no_answers(world: World) -> None:
    world.happens(world.lowered("AES256"), environment="one")
    world.bucket.policy = policy(admits(root(PARTNER)))

    world.happens(world.lowered("AES256"), environment="another")

    assert world.bucket.algorithm == "AES256"


def test_call_of_reseals_own_role_is_dropped(world: World) -> None:
    role = "arn:aws:sts::111122223333:assumed-role/EnforceBucketRole/function"

    world.calls("PutBucketEncryption", userIdentity={"type": "AssumedRole", "arn": role})

    assert world.account.calls == []


@pytest.mark.parametrize(
    ("pattern", "event", "matched"),
    [
        pytest.param({"a": ["x"]}, {"a": "x"}, True, id="equal"),
        pytest.param({"a": ["x"]}, {"a": ["y", "x"]}, True, id="one of an array"),
        pytest.param({"a": ["x"], "b": ["y"]}, {"a": "x"}, False, id="one of two fields"),
        pytest.param({"a": [{"anything-but": "x"}]}, {}, False, id="anything-but of an absent field"),
        pytest.param(
            {"a": [{"anything-but": {"prefix": "x"}}]}, {"a": "xy"}, False, id="anything-but prefix"
        ),
        pytest.param({"a": [{"exists": False}]}, {}, True, id="absent"),
        pytest.param(
            {"a": {"b": [{"exists": False}]}}, {"a": [{"b": 1}, {}]}, False, id="absent in one element"
        ),
        pytest.param({"a": {"b": [1]}}, {"a": [{}, {"b": 1}]}, True, id="in one element"),
        pytest.param({"$or": [{"a": ["x"]}, {"b": ["y"]}]}, {"b": "y"}, True, id="or"),
        pytest.param(
            {"a": [{"prefix": {"equals-ignore-case": "AWS:"}}]}, {"a": "aws:kms"}, True, id="folded"
        ),
        pytest.param({"a": [{"suffix": "/s3"}]}, {"a": "aws/s3"}, True, id="suffix"),
        pytest.param({"a": [{"wildcard": "a*c"}]}, {"a": "abcd"}, False, id="wildcard"),
    ],
)
def test_patterns_match_as_eventbridge_does(pattern: dict[str, object], event: object, matched: bool) -> None:
    """Facts B3 and A14 of the page; an array's elements are matched one by one."""
    assert matches(pattern, event) is matched
