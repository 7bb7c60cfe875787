"""Buckets that must answer over TLS only: what is reported, what is repaired, and what is left alone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.scenarios.world import records
from tests.scenarios.world.names import BUCKET, TEAM_KEY, TLS_ONLY
from tests.scenarios.world.policies import admits, aws, policy, root
from tests.scenarios.world.world import World

Deploy = Callable[..., World]
TERRAFORM = "APN/1.0 HashiCorp/1.0 Terraform/1.9.5 (+https://www.terraform.io)"
SID = "ResealDenyInsecureTransport"
ARN = f"arn:aws:s3:::{BUCKET}"
OURS = {
    "Sid": SID,
    "Effect": "Deny",
    "Principal": "*",
    "Action": "s3:*",
    "Resource": [ARN, f"{ARN}/*"],
    "Condition": {"Bool": {"aws:SecureTransport": "false"}},
}
THEIRS = policy(admits(root()))


@pytest.fixture
def world(deploy: Deploy) -> World:
    """A stack that enforces TLS, and a bucket under a good key that somebody makes with the AWS CLI."""
    return made_by_hand(deploy(TlsMode="enforce"))


def made_by_hand(world: World) -> World:
    world.bucket = world.buckets.add(BUCKET, algorithm="aws:kms", key_id=TEAM_KEY, bucket_key=True)
    return world


def created(world: World, **changes: Any) -> None:
    world.happens(records.bucket_call("CreateBucket", BUCKET, world.clock.now(), **changes))


def reported(world: World) -> list[tuple[str, str]]:
    return [(one["severity"], one["status"]) for one in world.findings_of(TLS_ONLY)]


def test_new_bucket_that_a_person_made_gets_its_first_policy(world: World) -> None:
    created(world)

    assert world.bucket.policy == {"Version": "2012-10-17", "Statement": [OURS]}
    assert reported(world) == [("INFORMATIONAL", "DETECTED"), ("MEDIUM", "REMEDIATED")]
    detected, remediated = world.findings_of(TLS_ONLY)
    assert detected["actor"]["who"].endswith("Payroll")
    assert remediated["actor"] is None
    assert remediated["trigger"] == detected["trigger"]
    assert remediated["undo"].startswith("aws s3api delete-bucket-policy")


def test_statement_that_somebody_removed_comes_back_beside_theirs(world: World) -> None:
    created(world)
    world.wait(60)

    world.happens(world.sets_policy(THEIRS))

    assert world.bucket.policy == {**THEIRS, "Statement": [*THEIRS["Statement"], OURS]}
    assert reported(world)[2:] == [("HIGH", "DETECTED"), ("MEDIUM", "REMEDIATED")]
    assert world.dead_letters == []


def test_policy_is_not_written_again_once_it_is_right(world: World) -> None:
    created(world)
    world.wait(60)

    world.happens(world.sets_policy(world.bucket.policy))

    assert world.buckets.policy_writes == [BUCKET]
    assert len(reported(world)) == 2


def test_website_is_left_alone_with_the_reason(world: World) -> None:
    world.bucket.website = {"IndexDocument": {"Suffix": "index.html"}}

    created(world)

    assert reported(world) == [("INFORMATIONAL", "MANUAL")]
    assert "website endpoints speak plain HTTP only" in world.findings_of(TLS_ONLY)[0]["reason"]
    assert world.buckets.policy_writes == []


@pytest.mark.parametrize(
    ("agent", "snippet"), [(TERRAFORM, 'variable = "aws:SecureTransport"'), ("aws-cdk/2.1", "enforceSSL")]
)
def test_bucket_of_a_template_is_left_to_its_owner_with_the_snippet(
    world: World, agent: str, snippet: str
) -> None:
    created(world, userAgent=agent)

    assert reported(world) == [("INFORMATIONAL", "MANUAL")]
    assert snippet in world.findings_of(TLS_ONLY)[0]["recommendation"]
    assert world.buckets.policy_writes == []


def test_bucket_whose_creator_is_not_known_is_left_to_a_person(world: World) -> None:
    world.happens(world.sets_policy(THEIRS))

    assert reported(world) == [("HIGH", "DETECTED"), ("MEDIUM", "MANUAL")]
    assert "not known what created the bucket" in world.findings_of(TLS_ONLY)[1]["reason"]
    assert world.bucket.policy == THEIRS


def test_object_written_over_plain_http_holds_the_repair(world: World) -> None:
    world.writes("old-device.log", record={"tlsDetails": None})

    created(world)

    assert reported(world) == [("INFORMATIONAL", "MANUAL")]
    assert "plain HTTP is in use: 1 call PutObject by" in world.findings_of(TLS_ONLY)[0]["reason"]
    assert world.buckets.policy_writes == []


def test_policy_that_only_looks_right_is_repaired(world: World) -> None:
    looks_right = OURS | {"Sid": "AllowSSLRequestsOnly", "Action": "s3:GetObject"}
    created(world)
    world.wait(60)

    world.happens(world.sets_policy(policy(looks_right)))

    assert world.bucket.policy is not None
    assert [one["Sid"] for one in world.bucket.policy["Statement"]] == ["AllowSSLRequestsOnly", SID]


def test_policy_that_refuses_tls_is_critical_and_kept(world: World) -> None:
    locked = policy(OURS | {"Condition": {"Bool": {"aws:SecureTransport": "true"}}})

    world.happens(world.sets_policy(locked))

    assert reported(world) == [("CRITICAL", "MANUAL")]
    assert world.bucket.policy == locked


def test_policy_of_another_that_fell_between_read_and_write_is_reported_with_its_text(world: World) -> None:
    lost: list[records.Record] = []
    other = policy(admits(aws("arn:aws:iam::111122223333:role/Auditor")))
    world.account.before("s3:PutBucketPolicy", lambda: lost.append(world.sets_policy(other)))
    created(world)
    world.wait(60)

    world.happens(*lost)

    severity, status = reported(world)[-1]
    assert (severity, status) == ("CRITICAL", "MANUAL")
    assert "role/Auditor" in world.findings_of(TLS_ONLY)[-1]["reason"]


def test_refused_write_fails_with_the_text_of_s3(world: World) -> None:
    world.account.deny("s3:PutBucketPolicy")

    created(world)

    assert reported(world)[-1] == ("HIGH", "FAILED")
    assert "s3:PutBucketPolicy" in world.findings_of(TLS_ONLY)[-1]["reason"]


def test_deleted_principal_is_found_before_the_write(world: World) -> None:
    created(world)
    world.wait(60)

    world.happens(world.sets_policy(policy(admits(aws("AROAEXAMPLEEXAMPLE123")))))

    assert reported(world)[-1] == ("HIGH", "MANUAL")
    assert "AROAEXAMPLEEXAMPLE123" in world.findings_of(TLS_ONLY)[-1]["reason"]


def test_without_enforce_the_violation_is_detected_and_nothing_written(deploy: Deploy) -> None:
    world = made_by_hand(deploy(TlsMode="detect"))

    created(world)

    assert reported(world) == [("INFORMATIONAL", "DETECTED")]
    assert "add this statement to the bucket policy" in world.findings_of(TLS_ONLY)[0]["recommendation"]
    assert world.buckets.policy_writes == []


def test_compliant_bucket_costs_one_call_more(deploy: Deploy) -> None:
    counts = {}
    for mode in ("off", "enforce"):
        world = made_by_hand(deploy(TlsMode=mode))
        world.bucket.policy = policy(OURS)
        created(world)
        counts[mode] = len(world.account.calls)
        assert reported(world) == []

    assert counts["enforce"] == counts["off"] + 1
