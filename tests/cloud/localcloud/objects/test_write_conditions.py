"""The condition keys with which a bucket policy judges the encryption that a write asks for (F14)."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

SSE = "s3:x-amz-server-side-encryption"
KEY_ID = f"{SSE}-aws-kms-key-id"
CUSTOMER_ALGORITHM = f"{SSE}-customer-algorithm"
CUSTOMER_KEY = {"SSECustomerAlgorithm": "AES256", "SSECustomerKey": "k" * 32}
Write = Callable[..., None]
Deny = Callable[..., None]


def put(s3: Any, bucket: str, **encryption: Any) -> None:
    s3.put_object(Bucket=bucket, Key="k", Body=b"x", **encryption)


def copy(s3: Any, bucket: str, **encryption: Any) -> None:
    s3.copy_object(Bucket=bucket, Key="k", CopySource={"Bucket": bucket, "Key": "source"}, **encryption)


def upload(s3: Any, bucket: str, **encryption: Any) -> None:
    begun = s3.create_multipart_upload(Bucket=bucket, Key="k", **encryption)["UploadId"]
    part = {"Bucket": bucket, "Key": "k", "UploadId": begun}
    sent = encryption if "SSECustomerKey" in encryption else {}
    etag = s3.upload_part(PartNumber=1, Body=b"x", **part, **sent)["ETag"]
    s3.complete_multipart_upload(MultipartUpload={"Parts": [{"PartNumber": 1, "ETag": etag}]}, **part)


EVERY_WRITE = pytest.mark.parametrize("write", [put, copy, upload])


@pytest.fixture
def deny(s3: Any, unblocked_bucket: str) -> Deny:
    """Add a policy that denies writes under a condition; the source of copies is there before."""
    s3.put_object(Bucket=unblocked_bucket, Key="source", Body=b"x")

    def add(action: str = "s3:PutObject", **condition: Any) -> None:
        statement = {
            "Effect": "Deny",
            "Principal": "*",
            "Action": action,
            "Resource": f"arn:aws:s3:::{unblocked_bucket}/*",
            "Condition": condition,
        }
        policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        s3.put_bucket_policy(Bucket=unblocked_bucket, Policy=policy)

    return add


def denied(act: Callable[[], object]) -> bool:
    try:
        act()
    except ClientError as error:
        return bool(error.response["Error"]["Code"] == "AccessDenied")
    return False


@EVERY_WRITE
def test_deny_of_other_keys_admits_the_key_it_names(
    s3: Any, kms: Any, unblocked_bucket: str, key_arn: str, deny: Deny, write: Write
) -> None:
    other = kms.create_key()["KeyMetadata"]["Arn"]
    deny(StringNotEquals={KEY_ID: key_arn}, Null={KEY_ID: "false"})

    assert not denied(
        lambda: write(s3, unblocked_bucket, ServerSideEncryption="aws:kms", SSEKMSKeyId=key_arn)
    )
    assert denied(lambda: write(s3, unblocked_bucket, ServerSideEncryption="aws:kms", SSEKMSKeyId=other))
    assert not denied(lambda: write(s3, unblocked_bucket))


@EVERY_WRITE
def test_key_of_the_bucket_default_is_not_asked_for(
    s3: Any, unblocked_bucket: str, key_arn: str, set_default: Callable[..., None], deny: Deny, write: Write
) -> None:
    set_default("aws:kms", key_arn)
    deny(StringNotEquals={KEY_ID: key_arn})

    assert denied(lambda: write(s3, unblocked_bucket))


@EVERY_WRITE
def test_deny_of_customer_keys_stops_only_them(
    s3: Any, unblocked_bucket: str, deny: Deny, write: Write
) -> None:
    deny(Null={CUSTOMER_ALGORITHM: "false"})

    assert denied(lambda: write(s3, unblocked_bucket, **CUSTOMER_KEY))
    assert not denied(lambda: write(s3, unblocked_bucket, ServerSideEncryption="AES256"))


@EVERY_WRITE
def test_deny_of_other_algorithms_stops_only_them(
    s3: Any, unblocked_bucket: str, deny: Deny, write: Write
) -> None:
    deny(StringNotEquals={SSE: ["aws:kms", "aws:kms:dsse"]})

    assert denied(lambda: write(s3, unblocked_bucket, ServerSideEncryption="AES256"))
    assert denied(lambda: write(s3, unblocked_bucket))
    assert not denied(lambda: write(s3, unblocked_bucket, ServerSideEncryption="aws:kms"))
    assert not denied(lambda: write(s3, unblocked_bucket, ServerSideEncryption="aws:kms:dsse"))


def test_deny_of_other_keys_admits_an_update_to_the_key_it_names(
    s3: Any, kms: Any, unblocked_bucket: str, key_arn: str, deny: Deny
) -> None:
    other = kms.create_key()["KeyMetadata"]["Arn"]
    deny("s3:UpdateObjectEncryption", StringNotEquals={KEY_ID: key_arn, SSE: "x"})

    def update(key: str) -> None:
        s3.update_object_encryption(
            Bucket=unblocked_bucket, Key="source", ObjectEncryption={"SSEKMS": {"KMSKeyArn": key}}
        )

    assert denied(lambda: update(other))
    assert not denied(lambda: update(key_arn))
