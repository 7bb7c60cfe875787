"""A bucket on the deployed stack that must answer over TLS only."""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.deployment import Deployment, deployed

CHECK, SID = "S3.BucketTlsOnly", "ResealDenyInsecureTransport"
PATIENCE_SECONDS = 60.0


@pytest.fixture(scope="module")
def tls_only(built: Path) -> Iterator[Deployment]:
    with deployed(TlsMode="enforce") as deployment:
        yield deployment


def statements_of(stack: Deployment, bucket: str) -> list[dict[str, Any]]:
    try:
        answer = stack.s3.get_bucket_policy(Bucket=bucket)
    except stack.s3.exceptions.ClientError:
        return []
    found: list[dict[str, Any]] = json.loads(answer["Policy"])["Statement"]
    return found


def outcome(stack: Deployment, bucket: str, count: int) -> list[tuple[str, bool]]:
    """The status of each finding about the bucket's policy, and whether it names an actor."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    found: list[dict[str, Any]] = []
    while len(found) < count and time.monotonic() < deadline:
        stack.arrivals.poll()
        found = [
            one
            for one in stack.arrivals.findings
            if one["resource"]["name"] == bucket and one["check"] == CHECK
        ]
        time.sleep(0.1)
    return [(one["status"], one["actor"] is not None) for one in found]


def test_new_bucket_is_handed_to_the_policy_lane_and_denies_plain_http_then(tls_only: Deployment) -> None:
    bucket = f"tls-{uuid.uuid4().hex[:12]}"

    tls_only.s3.create_bucket(Bucket=bucket)

    assert outcome(tls_only, bucket, 2) == [("DETECTED", True), ("REMEDIATED", False)]
    assert [one["Sid"] for one in statements_of(tls_only, bucket)] == [SID]


def test_website_is_left_alone(tls_only: Deployment) -> None:
    bucket = f"tls-{uuid.uuid4().hex[:12]}"
    with tls_only.without_events():
        tls_only.s3.create_bucket(Bucket=bucket)
        website = {"IndexDocument": {"Suffix": "index.html"}}
        tls_only.s3.put_bucket_website(Bucket=bucket, WebsiteConfiguration=website)
    role = "arn:aws:iam::000000000000:root"
    statement = {
        "Sid": "Read",
        "Effect": "Allow",
        "Principal": {"AWS": role},
        "Action": "s3:GetObject",
        "Resource": f"arn:aws:s3:::{bucket}/*",
    }
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})

    tls_only.after(
        lambda: tls_only.s3.put_bucket_policy(Bucket=bucket, Policy=policy), bucket, "PutBucketPolicy"
    )

    assert outcome(tls_only, bucket, 1) == [("MANUAL", True)]
    assert [one["Sid"] for one in statements_of(tls_only, bucket)] == ["Read"]
