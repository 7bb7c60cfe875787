"""A made-up policy requires something else of one bucket; the lane asks it for each."""

from __future__ import annotations

from dataclasses import replace

from reseal.core.policy.policy import Policy
from reseal.core.policy.requirements import Mode, Requirements
from reseal.core.resource import BucketResource, Resource
from reseal.core.state.bucket_encryption import BucketEncryption
from tests.support.builders import BUCKET, DSSE_KMS, SSE_KMS, K, a_body, a_key, a_policy, encryption
from tests.support.fakes.services import FakeCloud
from tests.unit.resources.bucket.stage import REPAIRED, deliver

FOUND = encryption(SSE_KMS, K)


class Stricter(Policy):
    """DSSE-KMS for one bucket."""

    def for_(self, resource: Resource) -> Requirements:
        required = super().for_(resource)
        is_strict = resource == BucketResource(bucket="strict")
        return replace(required, required=DSSE_KMS) if is_strict else required


class Watching(Policy):
    """Detect mode for one bucket."""

    def for_(self, resource: Resource) -> Requirements:
        required = super().for_(resource)
        is_watched = resource == BucketResource(bucket="strict")
        return replace(required, mode=Mode.DETECT) if is_watched else required


def two_buckets(found: BucketEncryption = FOUND) -> FakeCloud:
    return FakeCloud.holding({"strict": found, BUCKET: found}, {K: a_key(K)})


def call_on(bucket: str) -> str:
    return a_body(
        requestParameters={"bucketName": bucket},
        resources=[{"accountId": "111122223333", "type": "AWS::S3::Bucket", "ARN": f"arn:aws:s3:::{bucket}"}],
    )


def test_only_the_bucket_with_the_stricter_requirement_is_raised() -> None:
    cloud, policy = two_buckets(), Stricter(default=a_policy().default)

    for bucket in ("strict", BUCKET):
        deliver(cloud, policy=policy, body=call_on(bucket))

    assert cloud.buckets.state == {"strict": encryption(DSSE_KMS, K), BUCKET: FOUND}
    assert [finding["required"] for finding in cloud.topic.findings] == [
        "DSSE-KMS or stronger, under an approved key",
        "the Bucket Key on, under SSE-KMS",
    ]


def test_only_the_bucket_that_is_watched_is_left_as_it_is() -> None:
    cloud, policy = two_buckets(encryption()), Watching(default=a_policy().default)

    for bucket in ("strict", BUCKET):
        deliver(cloud, policy=policy, body=call_on(bucket))

    assert cloud.buckets.state == {"strict": encryption(), BUCKET: REPAIRED}
    assert [f["status"] for f in cloud.topic.findings] == ["DETECTED", "REMEDIATED"]
