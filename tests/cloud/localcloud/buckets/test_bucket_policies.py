"""The effect of bucket policies on callers of the local cloud."""

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError


def policy(bucket: str, **statement: Any) -> str:
    return json.dumps(
        {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Principal": "*",
                    "Resource": [f"arn:aws:s3:::{bucket}", f"arn:aws:s3:::{bucket}/*"],
                    **statement,
                }
            ],
        }
    )


@pytest.mark.parametrize(
    ("statement", "public"),
    [
        ({"Effect": "Allow", "Action": "s3:GetObject"}, True),
        (
            {
                "Effect": "Allow",
                "Action": "s3:GetObject",
                "Principal": {"AWS": "arn:aws:iam::111122223333:root"},
            },
            False,
        ),
        ({"Effect": "Deny", "Action": "s3:PutObject"}, False),
    ],
    ids=["anyone reads", "one account reads", "only a deny"],
)
def test_policy_status_shows_public_policies(
    s3: Any, bucket: str, statement: dict[str, Any], public: bool
) -> None:
    s3.delete_public_access_block(Bucket=bucket)
    s3.put_bucket_policy(Bucket=bucket, Policy=policy(bucket, **statement))

    assert s3.get_bucket_policy_status(Bucket=bucket)["PolicyStatus"] == {"IsPublic": public}


def test_policy_status_of_a_bucket_without_policy_is_an_error(s3: Any, bucket: str) -> None:
    with pytest.raises(ClientError, match="NoSuchBucketPolicy"):
        s3.get_bucket_policy_status(Bucket=bucket)


def test_tls_only_policy_admits_local_callers(s3: Any, bucket: str) -> None:
    s3.put_bucket_policy(
        Bucket=bucket,
        Policy=policy(
            bucket, Effect="Deny", Action="s3:*", Condition={"Bool": {"aws:SecureTransport": "false"}}
        ),
    )

    s3.get_bucket_encryption(Bucket=bucket)


def test_deny_in_a_bucket_policy_is_enforced(s3: Any, bucket: str) -> None:
    s3.put_bucket_policy(
        Bucket=bucket, Policy=policy(bucket, Effect="Deny", Action="s3:PutEncryptionConfiguration")
    )

    with pytest.raises(ClientError, match="AccessDenied"):
        s3.delete_bucket_encryption(Bucket=bucket)
