"""Uploads in parts: properties set at the start, parts sent or copied, completion under conditions."""

import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from localcloud.client.handle import LocalCloud

SMALL = ("--minimum-part-size", "4")
LATER = "2099-01-01T00:00:00Z"
NO_ETAG = '"00000000000000000000000000000000"'
CONTENT = b"0123456789"


@pytest.fixture(scope="module")
def small_parts(cloud_python: str) -> Iterator[LocalCloud]:
    """A cloud in which parts may be as small as four bytes."""
    with LocalCloud.start(python=cloud_python, switches=SMALL) as cloud:
        yield cloud


@pytest.fixture(scope="module")
def s3(small_parts: LocalCloud) -> Any:
    return small_parts.client("s3")


@pytest.fixture(scope="module")
def kms(small_parts: LocalCloud) -> Any:
    return small_parts.client("kms")


def begin(s3: Any, bucket: str, **properties: Any) -> str:
    return str(s3.create_multipart_upload(Bucket=bucket, Key="k", **properties)["UploadId"])


def copy_parts(s3: Any, bucket: str, upload: str, *ranges: str, **conditions: Any) -> list[dict[str, Any]]:
    """The source in parts of these byte ranges, as CompleteMultipartUpload names them."""
    parts = []
    for number, span in enumerate(ranges or ("0-5", "6-9"), 1):
        answer = s3.upload_part_copy(
            Bucket=bucket,
            Key="k",
            UploadId=upload,
            PartNumber=number,
            CopySource={"Bucket": bucket, "Key": "source"},
            CopySourceRange=f"bytes={span}",
            **conditions,
        )
        named = {name: value for name, value in answer["CopyPartResult"].items() if name != "LastModified"}
        parts.append({"PartNumber": number, **named})
    return parts


def complete(s3: Any, bucket: str, upload: str, parts: list[dict[str, Any]], **conditions: Any) -> Any:
    return s3.complete_multipart_upload(
        Bucket=bucket, Key="k", UploadId=upload, MultipartUpload={"Parts": parts}, **conditions
    )


def copy_in_parts(s3: Any, bucket: str, **properties: Any) -> Any:
    """The object ``source`` as ``k``, in two parts."""
    s3.put_object(Bucket=bucket, Key="source", Body=CONTENT)
    upload = begin(s3, bucket, **properties)
    return complete(s3, bucket, upload, copy_parts(s3, bucket, upload))


def code(act: Callable[[], object]) -> tuple[str, int]:
    with pytest.raises(ClientError) as refused:
        act()
    answer = refused.value.response
    return answer["Error"]["Code"], answer["ResponseMetadata"]["HTTPStatusCode"]


def test_copied_parts_give_the_whole_object(s3: Any, bucket: str) -> None:
    answer = copy_in_parts(s3, bucket)

    found = s3.get_object(Bucket=bucket, Key="k")
    assert (found["Body"].read(), found["ETag"]) == (CONTENT, answer["ETag"])
    assert answer["ETag"].endswith('-2"')


def test_object_gets_everything_set_at_the_start(s3: Any, bucket: str, key_arn: str) -> None:
    properties = {
        "Metadata": {"a": "b"},
        "ContentType": "text/csv",
        "CacheControl": "max-age=7",
        "ContentDisposition": "inline",
        "ContentEncoding": "gzip",
        "ContentLanguage": "de",
        "StorageClass": "STANDARD_IA",
        "WebsiteRedirectLocation": "/elsewhere",
        "ServerSideEncryption": "aws:kms",
        "SSEKMSKeyId": key_arn,
        "BucketKeyEnabled": True,
    }

    copy_in_parts(s3, bucket, **properties)

    found = s3.head_object(Bucket=bucket, Key="k")
    assert {name: found.get(name) for name in properties} == properties


def test_properties_not_set_at_the_start_are_lost(s3: Any, bucket: str) -> None:
    s3.put_object(Bucket=bucket, Key="k", Body=b"x", Metadata={"a": "b"}, Tagging="a=b")
    s3.put_object_annotation(Bucket=bucket, Key="k", AnnotationName="note", AnnotationPayload=b"x")

    copy_in_parts(s3, bucket)

    assert s3.head_object(Bucket=bucket, Key="k")["Metadata"] == {}
    assert s3.get_object_tagging(Bucket=bucket, Key="k")["TagSet"] == []
    assert s3.list_object_annotations(Bucket=bucket, Key="k").get("Annotations", []) == []


def test_object_gets_the_tags_set_at_the_start(s3: Any, bucket: str) -> None:
    copy_in_parts(s3, bucket, Tagging="a=b%20c&d=")

    tags = s3.get_object_tagging(Bucket=bucket, Key="k")["TagSet"]
    assert tags == [{"Key": "a", "Value": "b c"}, {"Key": "d", "Value": ""}]


@pytest.mark.parametrize(
    ("sent", "permission"),
    [
        ({"ACL": "public-read"}, "READ"),
        ({"GrantWriteACP": 'uri="http://acs.amazonaws.com/groups/global/AuthenticatedUsers"'}, "WRITE_ACP"),
    ],
    ids=["canned", "grant"],
)
def test_object_gets_the_acl_set_at_the_start(
    s3: Any, acl_bucket: str, sent: dict[str, str], permission: str
) -> None:
    copy_in_parts(s3, acl_bucket, **sent)

    assert s3.get_object_acl(Bucket=acl_bucket, Key="k")["Grants"][-1]["Permission"] == permission


@pytest.mark.parametrize(
    ("sent", "error"),
    [
        ({"ACL": "nonsense"}, "InvalidArgument"),
        ({"ACL": "private", "GrantRead": f"id={'0' * 64}"}, "InvalidRequest"),
    ],
)
def test_invalid_acl_is_refused_at_the_start(
    s3: Any, acl_bucket: str, sent: dict[str, str], error: str
) -> None:
    assert code(lambda: begin(s3, acl_bucket, **sent)) == (error, 400)


def test_object_gets_the_lock_set_at_the_start(s3: Any, lock_bucket: str) -> None:
    copy_in_parts(
        s3,
        lock_bucket,
        ObjectLockMode="GOVERNANCE",
        ObjectLockRetainUntilDate=LATER,
        ObjectLockLegalHoldStatus="ON",
    )

    found = s3.head_object(Bucket=lock_bucket, Key="k")
    assert (found["ObjectLockMode"], found["ObjectLockLegalHoldStatus"]) == ("GOVERNANCE", "ON")


def test_object_gets_the_encryption_context_set_at_the_start(
    small_parts: LocalCloud, s3: Any, bucket: str
) -> None:
    copy_in_parts(s3, bucket, ServerSideEncryption="aws:kms", SSEKMSEncryptionContext="e30=")

    assert small_parts.encryption_context(bucket, "k") == "e30="


def test_object_keeps_the_bucket_default_of_its_start(
    s3: Any, bucket: str, key_arn: str, set_default: Callable[..., None]
) -> None:
    s3.put_object(Bucket=bucket, Key="source", Body=CONTENT)
    set_default("aws:kms", key_arn, bucket_key=True)
    upload = begin(s3, bucket)
    set_default("AES256")

    complete(s3, bucket, upload, copy_parts(s3, bucket, upload))

    found = s3.head_object(Bucket=bucket, Key="k")
    assert (found["ServerSideEncryption"], found["SSEKMSKeyId"], found["BucketKeyEnabled"]) == (
        "aws:kms",
        key_arn,
        True,
    )


def test_last_modified_of_an_object_of_parts_is_its_upload_start(s3: Any, bucket: str) -> None:
    s3.put_object(Bucket=bucket, Key="source", Body=CONTENT)
    upload = begin(s3, bucket)
    parts = copy_parts(s3, bucket, upload)
    time.sleep(1.1)
    s3.put_object(Bucket=bucket, Key="k", Body=b"meanwhile")
    meanwhile = s3.head_object(Bucket=bucket, Key="k")["LastModified"]

    complete(s3, bucket, upload, parts)

    assert s3.head_object(Bucket=bucket, Key="k")["LastModified"] < meanwhile


def test_etag_of_parts_under_a_kms_key_is_new_each_time(s3: Any, bucket: str) -> None:
    etags = {copy_in_parts(s3, bucket, ServerSideEncryption="aws:kms")["ETag"] for _ in range(2)}

    assert len(etags) == 2
    assert {etag[-3:] for etag in etags} == {'-2"'}


@pytest.mark.parametrize(
    ("sent", "kind"),
    [
        ({"ChecksumAlgorithm": "SHA256"}, "COMPOSITE"),
        ({"ChecksumAlgorithm": "CRC32"}, "COMPOSITE"),
        ({"ChecksumAlgorithm": "CRC32", "ChecksumType": "FULL_OBJECT"}, "FULL_OBJECT"),
        ({"ChecksumAlgorithm": "CRC64NVME"}, "FULL_OBJECT"),
    ],
    ids=str,
)
def test_checksum_is_of_the_algorithm_and_type_set_at_the_start(
    s3: Any, bucket: str, sent: dict[str, str], kind: str
) -> None:
    copy_in_parts(s3, bucket, **sent)

    found = s3.head_object(Bucket=bucket, Key="k", ChecksumMode="ENABLED")
    assert found["ChecksumType"] == kind
    assert found[f"Checksum{sent['ChecksumAlgorithm']}"].endswith("-2") is (kind == "COMPOSITE")


def test_old_version_keeps_its_composite_checksum(s3: Any, versioned_bucket: str) -> None:
    version = copy_in_parts(s3, versioned_bucket, ChecksumAlgorithm="SHA256")["VersionId"]
    s3.put_object(Bucket=versioned_bucket, Key="k", Body=b"newer")

    found = s3.head_object(Bucket=versioned_bucket, Key="k", VersionId=version, ChecksumMode="ENABLED")

    assert found["ChecksumType"] == "COMPOSITE"


def test_wrong_checksum_of_the_whole_is_refused(s3: Any, bucket: str) -> None:
    s3.put_object(Bucket=bucket, Key="source", Body=CONTENT)
    upload = begin(s3, bucket, ChecksumAlgorithm="CRC32", ChecksumType="FULL_OBJECT")
    parts = copy_parts(s3, bucket, upload)

    assert code(lambda: complete(s3, bucket, upload, parts, ChecksumCRC32="AAAAAA==")) == ("BadDigest", 400)


def test_part_below_the_minimum_is_refused_unless_it_is_the_last(s3: Any, bucket: str) -> None:
    s3.put_object(Bucket=bucket, Key="source", Body=CONTENT)
    upload = begin(s3, bucket)
    parts = copy_parts(s3, bucket, upload, "0-2", "3-9")

    assert code(lambda: complete(s3, bucket, upload, parts)) == ("EntityTooSmall", 400)


def test_default_minimum_part_size_is_5_mib(local_cloud: LocalCloud) -> None:
    s3 = local_cloud.client("s3")
    s3.create_bucket(Bucket="five-mebibytes")
    s3.put_object(Bucket="five-mebibytes", Key="source", Body=CONTENT)
    upload = begin(s3, "five-mebibytes")
    parts = copy_parts(s3, "five-mebibytes", upload)

    assert code(lambda: complete(s3, "five-mebibytes", upload, parts)) == ("EntityTooSmall", 400)


@pytest.mark.parametrize(
    ("condition", "error"),
    [
        ({"CopySourceIfMatch": NO_ETAG}, ("PreconditionFailed", 412)),
        ({"CopySourceIfUnmodifiedSince": "2001-01-01T00:00:00Z"}, ("PreconditionFailed", 412)),
        ({"CopySourceIfModifiedSince": "2099-01-01T00:00:00Z"}, ("PreconditionFailed", 412)),
    ],
    ids=str,
)
def test_part_is_copied_under_conditions(
    s3: Any, bucket: str, condition: dict[str, str], error: tuple[str, int]
) -> None:
    s3.put_object(Bucket=bucket, Key="source", Body=CONTENT)
    upload = begin(s3, bucket)

    assert code(lambda: copy_parts(s3, bucket, upload, **condition)) == error


def test_archived_source_is_not_copied_in_parts(s3: Any, bucket: str) -> None:
    s3.put_object(Bucket=bucket, Key="source", Body=CONTENT, StorageClass="GLACIER")
    upload = begin(s3, bucket)

    assert code(lambda: copy_parts(s3, bucket, upload)) == ("InvalidObjectState", 403)


def test_part_for_another_key_is_refused(s3: Any, bucket: str) -> None:
    s3.put_object(Bucket=bucket, Key="source", Body=CONTENT)
    upload = begin(s3, bucket)

    refused = code(
        lambda: s3.upload_part_copy(
            Bucket=bucket,
            Key="another",
            UploadId=upload,
            PartNumber=1,
            CopySource={"Bucket": bucket, "Key": "source"},
        )
    )

    assert refused == ("NoSuchUpload", 404)


def test_repeated_completion_gets_the_same_answer(s3: Any, bucket: str) -> None:
    s3.put_object(Bucket=bucket, Key="source", Body=CONTENT)
    upload = begin(s3, bucket, ServerSideEncryption="aws:kms")
    parts = copy_parts(s3, bucket, upload)

    answers = {complete(s3, bucket, upload, parts)["ETag"] for _ in range(2)}

    assert answers == {s3.head_object(Bucket=bucket, Key="k")["ETag"]}
