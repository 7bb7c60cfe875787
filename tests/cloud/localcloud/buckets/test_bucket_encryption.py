"""Put, Get and DeleteBucketEncryption behave as documented."""

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

SetDefault = Callable[..., None]
SSE_S3 = {"SSEAlgorithm": "AES256"}


def rule_of(s3: Any, bucket: str) -> Any:
    return s3.get_bucket_encryption(Bucket=bucket)["ServerSideEncryptionConfiguration"]["Rules"][0]


def put_rules(s3: Any, bucket: str, rules: list[Any]) -> None:
    s3.put_bucket_encryption(Bucket=bucket, ServerSideEncryptionConfiguration={"Rules": rules})


def test_unconfigured_bucket_has_sse_s3_with_sse_c_blocked(s3: Any, bucket: str) -> None:
    assert rule_of(s3, bucket) == {
        "ApplyServerSideEncryptionByDefault": SSE_S3,
        "BucketKeyEnabled": False,
        "BlockedEncryptionTypes": {"EncryptionType": ["SSE-C"]},
    }


def test_whole_rule_is_returned_as_put(s3: Any, bucket: str, key_arn: str, set_default: SetDefault) -> None:
    set_default("aws:kms", key_arn, bucket_key=True, blocked=["SSE-C"])

    assert rule_of(s3, bucket) == {
        "ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": key_arn},
        "BucketKeyEnabled": True,
        "BlockedEncryptionTypes": {"EncryptionType": ["SSE-C"]},
    }


@pytest.mark.parametrize("blocked", ["SSE-C", "NONE"])
def test_put_without_blocked_types_keeps_them(
    s3: Any, bucket: str, key_arn: str, set_default: SetDefault, blocked: str
) -> None:
    set_default("AES256", blocked=[blocked])

    set_default("aws:kms", key_arn)

    assert rule_of(s3, bucket)["BlockedEncryptionTypes"] == {"EncryptionType": [blocked]}


def test_first_put_without_blocked_types_keeps_the_block_of_a_new_bucket(
    s3: Any, bucket: str, set_default: SetDefault
) -> None:
    set_default("AES256")

    assert rule_of(s3, bucket)["BlockedEncryptionTypes"] == {"EncryptionType": ["SSE-C"]}


def test_rule_with_only_blocked_types_is_accepted(s3: Any, bucket: str) -> None:
    put_rules(s3, bucket, [{"BlockedEncryptionTypes": {"EncryptionType": ["NONE"]}}])

    assert rule_of(s3, bucket) == {
        "ApplyServerSideEncryptionByDefault": SSE_S3,
        "BucketKeyEnabled": False,
        "BlockedEncryptionTypes": {"EncryptionType": ["NONE"]},
    }


@pytest.mark.parametrize(
    "key",
    [
        "11111111-2222-3333-4444-555555555555",
        "alias/nowhere",
        "arn:aws:kms:us-east-1:444455556666:key/11111111-2222-3333-4444-555555555555",
    ],
)
def test_key_is_neither_checked_nor_resolved(s3: Any, bucket: str, set_default: SetDefault, key: str) -> None:
    set_default("aws:kms", key)

    assert rule_of(s3, bucket)["ApplyServerSideEncryptionByDefault"]["KMSMasterKeyID"] == key


def test_delete_returns_to_the_state_of_a_new_bucket(
    s3: Any, bucket: str, key_arn: str, set_default: SetDefault
) -> None:
    new = rule_of(s3, bucket)
    set_default("aws:kms", key_arn)

    s3.delete_bucket_encryption(Bucket=bucket)
    s3.delete_bucket_encryption(Bucket=bucket)

    assert rule_of(s3, bucket) == new


ONE_RULE = {"ApplyServerSideEncryptionByDefault": SSE_S3}


@pytest.mark.parametrize(
    ("rules", "code"),
    [
        ([], "MalformedXML"),
        ([ONE_RULE, ONE_RULE], "MalformedXML"),
        ([{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "rot13"}}], "MalformedXML"),
        (
            [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256", "KMSMasterKeyID": "x"}}],
            "InvalidArgument",
        ),
    ],
    ids=["no rule", "two rules", "unknown algorithm", "key with SSE-S3"],
)
def test_invalid_document_is_refused(s3: Any, bucket: str, rules: list[Any], code: str) -> None:
    with pytest.raises(ClientError) as refused:
        put_rules(s3, bucket, rules)

    assert refused.value.response["Error"]["Code"] == code
    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400


@pytest.mark.parametrize("call", ["get_bucket_encryption", "delete_bucket_encryption"])
def test_unknown_bucket_is_no_such_bucket(s3: Any, call: str) -> None:
    with pytest.raises(ClientError, match="NoSuchBucket"):
        getattr(s3, call)(Bucket="nobody-has-this-bucket")
