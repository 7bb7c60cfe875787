"""Uploads as AWS answered them: checksums that nobody sent, newer algorithms, encryption headers (C40)."""

import base64
import hashlib
from typing import Any

import pytest
from botocore.exceptions import ClientError

from localcloud.client.handle import Credentials, LocalCloud

BODY = b"hello"
DEFAULT = {"ChecksumCRC64NVME": "M3eFcAZSQlc=", "ChecksumType": "FULL_OBJECT"}
SHA512 = base64.b64encode(hashlib.sha512(BODY).digest()).decode()
MD5 = base64.b64encode(hashlib.md5(BODY, usedforsecurity=False).digest()).decode()
XXHASH64 = base64.b64encode((0x26C7827D889F6DA3).to_bytes(8, "big")).decode()  # of the reference program
NEEDS_KMS = "Server Side Encryption with AWS KMS managed key requires HTTP header"


@pytest.fixture(scope="session")
def plain(local_cloud: LocalCloud, user: Credentials) -> Any:
    """A client that sends no checksum of its own accord."""
    return local_cloud.client("s3", user, request_checksum_calculation="when_required")


def checksums(answer: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in answer.items() if name.startswith("Checksum")}


def test_upload_without_a_checksum_gets_the_default_one(plain: Any, bucket: str) -> None:
    answer = plain.put_object(Bucket=bucket, Key="k", Body=BODY)

    assert checksums(answer) == DEFAULT
    assert checksums(plain.head_object(Bucket=bucket, Key="k", ChecksumMode="ENABLED")) == DEFAULT


def test_upload_with_a_checksum_gets_no_other(plain: Any, bucket: str) -> None:
    answer = plain.put_object(Bucket=bucket, Key="k", Body=BODY, ChecksumAlgorithm="CRC32")

    assert checksums(answer).keys() == {"ChecksumCRC32", "ChecksumType"}


def test_old_version_keeps_its_default_checksum(plain: Any, versioned_bucket: str) -> None:
    version = plain.put_object(Bucket=versioned_bucket, Key="k", Body=BODY)["VersionId"]
    plain.put_object(Bucket=versioned_bucket, Key="k", Body=b"other")

    head = plain.head_object(Bucket=versioned_bucket, Key="k", VersionId=version, ChecksumMode="ENABLED")

    assert checksums(head) == DEFAULT


@pytest.mark.parametrize(
    ("algorithm", "value"),
    [("SHA512", SHA512), ("MD5", MD5), ("XXHASH64", XXHASH64)],
    ids=lambda value: value[:8],
)
def test_newer_algorithms_are_verified_and_kept_by_a_copy(
    plain: Any, bucket: str, algorithm: str, value: str
) -> None:
    name = f"Checksum{algorithm}"
    plain.put_object(Bucket=bucket, Key="k", Body=BODY, **{name: value})

    copy = plain.copy_object(Bucket=bucket, Key="copy", CopySource={"Bucket": bucket, "Key": "k"})

    assert copy["CopyObjectResult"][name] == value
    with pytest.raises(ClientError, match="BadDigest"):
        plain.put_object(Bucket=bucket, Key="k", Body=b"other", **{name: value})


@pytest.mark.parametrize("algorithm", ["XXHASH3", "XXHASH128"])
def test_algorithm_that_the_local_cloud_lacks_is_refused_not_ignored(
    plain: Any, bucket: str, algorithm: str
) -> None:
    with pytest.raises(ClientError, match="not supported"):
        plain.put_object(Bucket=bucket, Key="k", Body=BODY, **{f"Checksum{algorithm}": "AAAA"})


@pytest.mark.parametrize("algorithm", ["AES256", None])
@pytest.mark.parametrize("call", ["put_object", "copy_object", "create_multipart_upload"])
def test_key_without_sse_kms_is_refused(
    s3: Any, bucket: str, key_arn: str, call: str, algorithm: str | None
) -> None:
    s3.put_object(Bucket=bucket, Key="source", Body=BODY)
    source = {"CopySource": {"Bucket": bucket, "Key": "source"}} if call == "copy_object" else {}
    chosen = {"ServerSideEncryption": algorithm} if algorithm else {}

    with pytest.raises(ClientError, match=NEEDS_KMS) as refused:
        getattr(s3, call)(Bucket=bucket, Key="k", SSEKMSKeyId=key_arn, **source, **chosen)

    assert refused.value.response["Error"]["Code"] == "InvalidArgument"


@pytest.mark.parametrize("account", ["abc", "11112222333", "1111222233334", "11112222333a", ""])
def test_expected_owner_that_is_no_account_is_a_bad_request(s3: Any, bucket: str, account: str) -> None:
    with pytest.raises(ClientError, match="InvalidBucketOwnerAWSAccountID") as refused:
        s3.get_bucket_encryption(Bucket=bucket, ExpectedBucketOwner=account)

    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400


def test_expected_owner_of_the_source_that_is_no_account_is_a_bad_request(s3: Any, bucket: str) -> None:
    s3.put_object(Bucket=bucket, Key="k", Body=BODY)

    with pytest.raises(ClientError, match="InvalidBucketOwnerAWSAccountID"):
        s3.copy_object(
            Bucket=bucket,
            Key="copy",
            CopySource={"Bucket": bucket, "Key": "k"},
            ExpectedSourceBucketOwner="nobody",
        )
