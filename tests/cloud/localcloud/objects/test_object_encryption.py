"""How a bucket's default and a request's headers determine an object's encryption."""

import hashlib
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

SetDefault = Callable[..., None]
CUSTOMER_KEY = {"SSECustomerAlgorithm": "AES256", "SSECustomerKey": "k" * 32}


def encryption(answer: dict[str, Any]) -> tuple[Any, Any, Any]:
    return answer.get("ServerSideEncryption"), answer.get("SSEKMSKeyId"), answer.get("BucketKeyEnabled")


def upload_in_parts(s3: Any, bucket: str, key: str) -> dict[str, Any]:
    upload = s3.create_multipart_upload(Bucket=bucket, Key=key)["UploadId"]
    part = s3.upload_part(Bucket=bucket, Key=key, UploadId=upload, PartNumber=1, Body=b"x")
    parts = {"Parts": [{"PartNumber": 1, "ETag": part["ETag"]}]}
    return dict(s3.complete_multipart_upload(Bucket=bucket, Key=key, UploadId=upload, MultipartUpload=parts))


def put(s3: Any, bucket: str) -> None:
    s3.put_object(Bucket=bucket, Key="k", Body=b"x")


def put_in_parts(s3: Any, bucket: str) -> None:
    upload_in_parts(s3, bucket, "k")


def copy(s3: Any, bucket: str) -> None:
    s3.put_object(Bucket=bucket, Key="source", Body=b"x", ServerSideEncryption="AES256")
    s3.copy_object(Bucket=bucket, Key="k", CopySource={"Bucket": bucket, "Key": "source"})


WRITES = pytest.mark.parametrize("write", [put, put_in_parts, copy])


@WRITES
def test_write_without_header_takes_the_bucket_default(
    s3: Any, bucket: str, key_arn: str, set_default: SetDefault, write: Callable[..., None]
) -> None:
    set_default("aws:kms", key_arn, bucket_key=True)

    write(s3, bucket)

    assert encryption(s3.head_object(Bucket=bucket, Key="k")) == ("aws:kms", key_arn, True)


@WRITES
def test_write_to_a_bucket_never_configured_is_sse_s3(
    s3: Any, bucket: str, write: Callable[..., None]
) -> None:
    write(s3, bucket)

    assert encryption(s3.head_object(Bucket=bucket, Key="k")) == ("AES256", None, None)


def test_put_answers_the_encryption_it_applied(
    s3: Any, bucket: str, key_arn: str, set_default: SetDefault
) -> None:
    set_default("aws:kms", key_arn, bucket_key=True)

    assert encryption(s3.put_object(Bucket=bucket, Key="k", Body=b"x")) == ("aws:kms", key_arn, True)


def test_default_key_given_by_bare_id_is_shown_by_arn(
    s3: Any, bucket: str, key_arn: str, set_default: SetDefault
) -> None:
    set_default("aws:kms", key_arn.rpartition("/")[2])

    assert s3.put_object(Bucket=bucket, Key="k", Body=b"x")["SSEKMSKeyId"] == key_arn


def test_default_key_given_by_alias_is_shown_by_arn(
    s3: Any, kms: Any, bucket: str, key_arn: str, set_default: SetDefault
) -> None:
    kms.create_alias(AliasName=f"alias/{bucket}", TargetKeyId=key_arn)
    set_default("aws:kms", f"alias/{bucket}")

    assert s3.put_object(Bucket=bucket, Key="k", Body=b"x")["SSEKMSKeyId"] == key_arn


def test_header_wins_over_the_bucket_default(
    s3: Any, bucket: str, key_arn: str, set_default: SetDefault
) -> None:
    set_default("aws:kms", key_arn)

    s3.put_object(Bucket=bucket, Key="k", Body=b"x", ServerSideEncryption="AES256")

    assert encryption(s3.head_object(Bucket=bucket, Key="k")) == ("AES256", None, None)


def test_kms_without_a_key_is_the_aws_managed_key(s3: Any, kms: Any, bucket: str) -> None:
    written = s3.put_object(Bucket=bucket, Key="k", Body=b"x", ServerSideEncryption="aws:kms")

    managed = kms.describe_key(KeyId="alias/aws/s3")["KeyMetadata"]
    assert (written["SSEKMSKeyId"], managed["KeyManager"]) == (managed["Arn"], "AWS")


def test_dsse_is_kept_and_has_no_bucket_key(
    s3: Any, bucket: str, key_arn: str, set_default: SetDefault
) -> None:
    set_default("aws:kms:dsse", key_arn, bucket_key=True)

    assert encryption(s3.put_object(Bucket=bucket, Key="k", Body=b"x")) == ("aws:kms:dsse", key_arn, None)


def test_etag_is_the_md5_only_under_sse_s3(s3: Any, bucket: str, key_arn: str) -> None:
    md5 = f'"{hashlib.md5(b"x").hexdigest()}"'

    plain = s3.put_object(Bucket=bucket, Key="plain", Body=b"x")["ETag"]
    under_kms = s3.put_object(
        Bucket=bucket, Key="kms", Body=b"x", ServerSideEncryption="aws:kms", SSEKMSKeyId=key_arn
    )["ETag"]

    assert plain == md5
    assert under_kms != md5
    assert under_kms == s3.head_object(Bucket=bucket, Key="kms")["ETag"]


def test_customer_key_is_refused_if_the_bucket_blocks_it(s3: Any, bucket: str) -> None:
    with pytest.raises(ClientError, match="AccessDenied"):
        s3.put_object(Bucket=bucket, Key="k", Body=b"x", **CUSTOMER_KEY)


def test_customer_key_is_accepted_once_the_bucket_unblocks_it(
    s3: Any, bucket: str, set_default: SetDefault
) -> None:
    set_default("AES256", blocked=["NONE"])

    written = s3.put_object(Bucket=bucket, Key="k", Body=b"x", **CUSTOMER_KEY)

    assert (written["SSECustomerAlgorithm"], written.get("ServerSideEncryption")) == ("AES256", None)


def disable(kms: Any, key: str) -> None:
    kms.disable_key(KeyId=key)


def schedule_deletion(kms: Any, key: str) -> None:
    kms.schedule_key_deletion(KeyId=key, PendingWindowInDays=7)


UNUSABLE = pytest.mark.parametrize(
    ("break_key", "code"),
    [(disable, "KMS.DisabledException"), (schedule_deletion, "KMS.KMSInvalidStateException")],
)


@UNUSABLE
def test_write_under_an_unusable_key_fails(
    s3: Any,
    kms: Any,
    bucket: str,
    key_arn: str,
    set_default: SetDefault,
    break_key: Callable[..., None],
    code: str,
) -> None:
    set_default("aws:kms", key_arn)
    break_key(kms, key_arn)

    with pytest.raises(ClientError) as refused:
        put(s3, bucket)

    assert refused.value.response["Error"]["Code"] == code
    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400


@UNUSABLE
def test_read_under_an_unusable_key_fails(
    s3: Any,
    kms: Any,
    bucket: str,
    key_arn: str,
    set_default: SetDefault,
    break_key: Callable[..., None],
    code: str,
) -> None:
    set_default("aws:kms", key_arn)
    put(s3, bucket)
    break_key(kms, key_arn)

    with pytest.raises(ClientError, match=code):
        s3.get_object(Bucket=bucket, Key="k")


@pytest.mark.parametrize(
    ("key", "message"),
    [
        ("arn:aws:kms:us-east-1:111122223333:key/11111111-2222-3333-4444-555555555555", "does not exist"),
        (
            "arn:aws:kms:eu-west-1:111122223333:key/11111111-2222-3333-4444-555555555555",
            "Invalid arn eu-west-1",
        ),
        ("arn:nonsense", "does not exist"),
        ("alias/nowhere", "does not exist"),
    ],
    ids=["unknown", "other Region", "no ARN", "no alias"],
)
def test_write_under_a_key_not_found_fails(
    s3: Any, bucket: str, set_default: SetDefault, key: str, message: str
) -> None:
    set_default("aws:kms", key)

    with pytest.raises(ClientError, match=f"KMS.NotFoundException.*{message}"):
        put(s3, bucket)
