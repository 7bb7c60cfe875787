"""Who owns an object that another account wrote (F21)."""

import json
import uuid
from typing import Any

import pytest
from botocore.exceptions import ClientError

from localcloud.client.handle import LocalCloud

OTHER = "222222222222"


@pytest.fixture(scope="module")
def writer(local_cloud: LocalCloud) -> Any:
    """S3 as another account's root user."""
    return local_cloud.client("s3", local_cloud.account_root(OTHER))


def make_bucket(s3: Any, ownership: str) -> str:
    """A bucket in which the other account may write."""
    name = f"shared-{uuid.uuid4().hex[:12]}"
    s3.create_bucket(Bucket=name, ObjectOwnership=ownership)
    statement = {
        "Effect": "Allow",
        "Principal": {"AWS": OTHER},
        "Action": ["s3:PutObject", "s3:PutObjectAcl"],
        "Resource": f"arn:aws:s3:::{name}/*",
    }
    s3.put_bucket_policy(Bucket=name, Policy=json.dumps({"Version": "2012-10-17", "Statement": [statement]}))
    return name


def owner_of(client: Any, bucket: str) -> str:
    return str(client.get_object_acl(Bucket=bucket, Key="k")["Owner"]["ID"])


def identity(client: Any) -> str:
    return str(client.list_buckets()["Owner"]["ID"])


@pytest.mark.parametrize(
    ("ownership", "acl", "belongs_to_the_writer"),
    [
        ("ObjectWriter", None, True),
        ("ObjectWriter", "bucket-owner-full-control", True),
        ("BucketOwnerPreferred", None, True),
        ("BucketOwnerPreferred", "bucket-owner-full-control", False),
        ("BucketOwnerEnforced", None, False),
    ],
)
def test_object_belongs_to(
    s3: Any, writer: Any, ownership: str, acl: str | None, belongs_to_the_writer: bool
) -> None:
    bucket = make_bucket(s3, ownership)

    writer.put_object(Bucket=bucket, Key="k", Body=b"x", **({"ACL": acl} if acl else {}))

    reader = writer if belongs_to_the_writer else s3
    assert owner_of(reader, bucket) == identity(reader)


@pytest.mark.parametrize(
    ("call", "arguments"),
    [
        ("get_object", {}),
        ("head_object", {}),
        ("get_object_acl", {}),
        ("get_object_tagging", {}),
        ("put_object_acl", {"ACL": "private"}),
    ],
)
def test_owner_of_the_bucket_reads_neither_the_object_nor_its_acl(
    s3: Any, writer: Any, call: str, arguments: dict[str, Any]
) -> None:
    bucket = make_bucket(s3, "ObjectWriter")
    writer.put_object(Bucket=bucket, Key="k", Body=b"x")

    with pytest.raises(ClientError) as refused:
        getattr(s3, call)(Bucket=bucket, Key="k", **arguments)

    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 403


def test_owner_of_the_bucket_does_not_copy_the_object(s3: Any, writer: Any) -> None:
    bucket = make_bucket(s3, "ObjectWriter")
    writer.put_object(Bucket=bucket, Key="k", Body=b"x")

    with pytest.raises(ClientError, match="AccessDenied"):
        s3.copy_object(Bucket=bucket, Key="k", CopySource=f"{bucket}/k", ServerSideEncryption="AES256")


def test_owner_of_the_bucket_reads_what_the_writer_granted(s3: Any, writer: Any) -> None:
    bucket = make_bucket(s3, "ObjectWriter")
    writer.put_object(Bucket=bucket, Key="k", Body=b"x", ACL="bucket-owner-full-control")

    assert s3.get_object(Bucket=bucket, Key="k")["Body"].read() == b"x"
    grants = s3.get_object_acl(Bucket=bucket, Key="k")["Grants"]
    assert {grant["Grantee"]["ID"]: grant["Permission"] for grant in grants} == {
        identity(writer): "FULL_CONTROL",
        identity(s3): "FULL_CONTROL",
    }


def test_owner_of_the_bucket_deletes_and_replaces_the_object(s3: Any, writer: Any) -> None:
    bucket = make_bucket(s3, "ObjectWriter")
    writer.put_object(Bucket=bucket, Key="k", Body=b"x")

    s3.delete_object(Bucket=bucket, Key="k")
    s3.put_object(Bucket=bucket, Key="k", Body=b"mine")

    assert owner_of(s3, bucket) == identity(s3)


def test_own_object_in_such_a_bucket_is_the_owners(s3: Any) -> None:
    bucket = make_bucket(s3, "ObjectWriter")
    s3.put_object(Bucket=bucket, Key="k", Body=b"x")

    assert owner_of(s3, bucket) == identity(s3)
