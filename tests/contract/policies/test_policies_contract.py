"""`read_policy` and `put_policy` on moto and the local cloud: what is written is read back."""

from __future__ import annotations

from typing import Any

import pytest

from reseal.aws.s3.bucket_policies import S3BucketPolicies
from reseal.aws.s3.buckets import S3Buckets
from reseal.core.errors import NotFoundError, RefusalError
from reseal.core.state.bucket_policy import BucketPolicy
from reseal.core.state.deny_insecure_transport import DenyInsecureTransport
from tests.contract.worlds.services import Backend
from tests.support.fakes.services import FakeClock
from tests.support.names import unique


@pytest.fixture(params=["moto_backend", "cloud_backend"])
def s3(request: pytest.FixtureRequest) -> tuple[Any, str]:
    backend: Backend = request.getfixturevalue(request.param)
    return backend.client("s3"), backend.account


def change(bucket: str) -> DenyInsecureTransport:
    return DenyInsecureTransport(bucket_arn=f"arn:aws:s3:::{bucket}")


def test_bucket_without_a_policy_gets_its_first(s3: tuple[Any, str]) -> None:
    client, account = s3
    bucket = unique("policies")
    client.create_bucket(Bucket=bucket)
    buckets, policies = S3Buckets(client, account, FakeClock()), S3BucketPolicies(client, account)
    before = buckets.read_policy(bucket)
    written = change(bucket).applied_to(before)

    policies.put_policy(bucket, written)

    assert before == BucketPolicy()
    assert buckets.read_policy(bucket).equals(written)


def test_statement_is_added_to_the_policy_that_is_there(s3: tuple[Any, str]) -> None:
    client, account = s3
    bucket = unique("policies")
    client.create_bucket(Bucket=bucket)
    allow = {
        "Sid": "Read",
        "Effect": "Allow",
        "Principal": {"AWS": f"arn:aws:iam::{account}:root"},
        "Action": "s3:GetObject",
        "Resource": f"arn:aws:s3:::{bucket}/*",
    }
    theirs = BucketPolicy.of({"Version": "2012-10-17", "Statement": allow})
    client.put_bucket_policy(Bucket=bucket, Policy=theirs.text)
    buckets, policies = S3Buckets(client, account, FakeClock()), S3BucketPolicies(client, account)
    written = change(bucket).applied_to(buckets.read_policy(bucket))

    policies.put_policy(bucket, written)

    found = buckets.read_policy(bucket)
    assert found.meets(written)
    assert [statement.get("Sid") for statement in found.statements] == ["Read", "ResealDenyInsecureTransport"]


def test_bucket_that_is_gone_is_not_found(s3: tuple[Any, str]) -> None:
    client, account = s3

    policies = S3BucketPolicies(client, account)

    with pytest.raises(NotFoundError):
        policies.put_policy(unique("gone"), change("gone").applied_to(BucketPolicy()))


def test_malformed_policy_is_refused_with_the_text_of_s3(cloud_backend: Backend) -> None:
    client, bucket = cloud_backend.client("s3"), unique("policies")
    client.create_bucket(Bucket=bucket)

    with pytest.raises(RefusalError) as refused:
        S3BucketPolicies(client, cloud_backend.account).put_policy(bucket, BucketPolicy('{"Statement": 1}'))

    assert refused.value.code == "MalformedPolicy"
    assert refused.value.message
