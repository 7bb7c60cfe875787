"""Amazon S3: write a bucket policy. The only module that calls PutBucketPolicy."""

from __future__ import annotations

from typing import TYPE_CHECKING

from botocore.config import Config

from reseal.aws.errors import translated
from reseal.aws.s3.buckets import stay_in_region

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

    from reseal.core.state.bucket_policy import BucketPolicy

WRITE = "s3:PutBucketPolicy"

ONCE = Config(retries={"mode": "standard", "total_max_attempts": 1})
"""What the client must be configured with: a repeated request could take out a newer policy."""


class S3BucketPolicies:
    """`BucketPolicies` on Amazon S3. The client must not repeat requests (`ONCE`)."""

    def __init__(self, client: S3Client, account: str) -> None:
        self._client, self._account = client, account
        stay_in_region(client)

    def put_policy(self, bucket: str, policy: BucketPolicy) -> None:
        """Replace the bucket's policy, if this account still owns the bucket (C16)."""
        with translated(WRITE):
            self._client.put_bucket_policy(
                Bucket=bucket, ExpectedBucketOwner=self._account, Policy=policy.text or ""
            )
