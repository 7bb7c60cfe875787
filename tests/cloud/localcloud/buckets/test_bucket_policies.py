"""The effect of bucket policies on callers of the local cloud."""

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from localcloud.client.handle import ACCOUNT, LocalCloud


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


@pytest.fixture
def denied_to_all(local_cloud: LocalCloud, bucket: str) -> Any:
    """The root user's S3 client; a bucket policy denies everything to everybody."""
    root = local_cloud.client("s3")
    root.put_object(Bucket=bucket, Key="k", Body=b"x")
    root.put_bucket_policy(Bucket=bucket, Policy=policy(bucket, Effect="Deny", Action="s3:*"))
    return root


@pytest.mark.parametrize(
    ("call", "arguments"),
    [
        ("put_object", {"Key": "k", "Body": b"x"}),
        ("head_object", {"Key": "k"}),
        ("delete_object", {"Key": "k"}),
        ("list_objects_v2", {}),
        ("get_bucket_encryption", {}),
        ("delete_bucket_encryption", {}),
        ("get_bucket_policy_status", {}),
        ("delete_bucket", {}),
    ],
)
def test_deny_in_a_bucket_policy_stops_the_root_user(
    denied_to_all: Any, bucket: str, call: str, arguments: dict[str, Any]
) -> None:
    with pytest.raises(ClientError) as refused:
        getattr(denied_to_all, call)(Bucket=bucket, **arguments)

    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 403


def test_root_user_reads_replaces_and_deletes_a_policy_that_denies_it_everything(
    denied_to_all: Any, bucket: str
) -> None:
    denied_to_all.get_bucket_policy(Bucket=bucket)
    denied_to_all.put_bucket_policy(Bucket=bucket, Policy=policy(bucket, Effect="Deny", Action="s3:*"))
    denied_to_all.delete_bucket_policy(Bucket=bucket)

    denied_to_all.head_object(Bucket=bucket, Key="k")


def test_deny_under_a_condition_stops_the_root_user_only_where_it_applies(
    local_cloud: LocalCloud, bucket: str
) -> None:
    root = local_cloud.client("s3")
    others = {"StringNotEquals": {"aws:PrincipalArn": f"arn:aws:iam::{ACCOUNT}:root"}}
    deny = {"Effect": "Deny", "Action": "s3:PutObject"}

    root.put_bucket_policy(Bucket=bucket, Policy=policy(bucket, **deny, Condition=others))
    root.put_object(Bucket=bucket, Key="k", Body=b"x")
    unencrypted = {"Null": {"s3:x-amz-server-side-encryption": "true"}}
    root.put_bucket_policy(Bucket=bucket, Policy=policy(bucket, **deny, Condition=unencrypted))
    root.put_object(Bucket=bucket, Key="k", Body=b"x", ServerSideEncryption="AES256")

    with pytest.raises(ClientError, match="AccessDenied"):
        root.put_object(Bucket=bucket, Key="k", Body=b"x")


def test_deny_in_a_queue_policy_stops_the_root_user(local_cloud: LocalCloud) -> None:
    sqs = local_cloud.client("sqs")
    url = sqs.create_queue(QueueName="denies-root")["QueueUrl"]
    deny = {"Effect": "Deny", "Principal": "*", "Action": "sqs:SendMessage", "Resource": "*"}
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": json.dumps({"Statement": [deny]})})

    with pytest.raises(ClientError, match="AccessDenied"):
        sqs.send_message(QueueUrl=url, MessageBody="x")
