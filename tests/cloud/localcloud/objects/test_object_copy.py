"""Which properties CopyObject keeps, and which it drops unless they are sent (C35)."""

import hashlib
import json
from collections.abc import Callable
from typing import Any

import pytest

from localcloud.client.handle import LocalCloud

CUSTOMER_KEY = {"SSECustomerAlgorithm": "AES256", "SSECustomerKey": "k" * 32}
FROM_CUSTOMER_KEY = {"CopySourceSSECustomerAlgorithm": "AES256", "CopySourceSSECustomerKey": "k" * 32}
CONTEXT = "eyJ0ZWFtIjoiYSJ9"
LATER = "2099-01-01T00:00:00Z"


def put(s3: Any, bucket: str, **properties: Any) -> Any:
    return s3.put_object(**{"Bucket": bucket, "Key": "k", "Body": b"content"} | properties)


def copy(s3: Any, bucket: str, **properties: Any) -> Any:
    """Copy the object onto itself, as a re-encryption does."""
    source = {"Bucket": bucket, "Key": "k"}
    request = {"Bucket": bucket, "Key": "k", "CopySource": source, "ServerSideEncryption": "AES256"}
    return s3.copy_object(**request | properties)


def head(s3: Any, bucket: str, **properties: Any) -> Any:
    return s3.head_object(Bucket=bucket, Key="k", **properties)


DESCRIPTION = {
    "ContentType": "text/csv",
    "CacheControl": "max-age=7",
    "ContentDisposition": "inline",
    "ContentEncoding": "gzip",
    "ContentLanguage": "de",
    "Metadata": {"a": "b"},
}


def described(answer: dict[str, Any]) -> dict[str, Any]:
    return {name: answer.get(name) for name in DESCRIPTION}


def test_metadata_and_content_headers_are_kept(s3: Any, bucket: str) -> None:
    put(s3, bucket, **DESCRIPTION)

    copy(s3, bucket)

    assert described(head(s3, bucket)) == DESCRIPTION


def test_replaced_metadata_is_only_what_was_sent(s3: Any, bucket: str) -> None:
    put(s3, bucket, **DESCRIPTION)

    copy(s3, bucket, MetadataDirective="REPLACE", Metadata={"c": "d"})

    assert described(head(s3, bucket)) == {
        "ContentType": "binary/octet-stream",
        "CacheControl": None,
        "ContentDisposition": None,
        "ContentEncoding": None,
        "ContentLanguage": None,
        "Metadata": {"c": "d"},
    }


@pytest.mark.parametrize(
    ("directive", "tags"),
    [
        ({}, [{"Key": "a", "Value": "b"}]),
        ({"TaggingDirective": "COPY"}, [{"Key": "a", "Value": "b"}]),
        ({"TaggingDirective": "REPLACE", "Tagging": "c=d"}, [{"Key": "c", "Value": "d"}]),
        ({"TaggingDirective": "REPLACE"}, []),
    ],
)
def test_tags_follow_the_tagging_directive(
    s3: Any, bucket: str, directive: dict[str, str], tags: list[dict[str, str]]
) -> None:
    put(s3, bucket, Tagging="a=b")

    copy(s3, bucket, **directive)

    assert s3.get_object_tagging(Bucket=bucket, Key="k")["TagSet"] == tags


@pytest.mark.parametrize(
    ("property_", "value"),
    [("StorageClass", "STANDARD_IA"), ("WebsiteRedirectLocation", "/elsewhere")],
)
def test_property_is_dropped_unless_it_is_sent(s3: Any, bucket: str, property_: str, value: str) -> None:
    put(s3, bucket, **{property_: value})

    copy(s3, bucket)
    dropped = head(s3, bucket).get(property_)
    copy(s3, bucket, **{property_: value})

    assert (dropped, head(s3, bucket)[property_]) == (None, value)


def grants(s3: Any, bucket: str) -> list[str]:
    acl = s3.get_object_acl(Bucket=bucket, Key="k")
    return [f"{grant['Grantee']['Type']} {grant['Permission']}" for grant in acl["Grants"]]


def test_acl_is_dropped_unless_it_is_sent(s3: Any, acl_bucket: str) -> None:
    put(s3, acl_bucket, ACL="public-read")

    copy(s3, acl_bucket)
    dropped = grants(s3, acl_bucket)
    copy(s3, acl_bucket, ACL="public-read")

    assert dropped == ["CanonicalUser FULL_CONTROL"]
    assert grants(s3, acl_bucket) == ["CanonicalUser FULL_CONTROL", "Group READ"]


def test_copy_has_the_grants_that_are_sent(s3: Any, acl_bucket: str) -> None:
    put(s3, acl_bucket)

    copy(s3, acl_bucket, GrantRead='uri="http://acs.amazonaws.com/groups/global/AllUsers"')

    assert grants(s3, acl_bucket) == ["Group READ"]


def test_lock_is_dropped_unless_it_is_sent(s3: Any, lock_bucket: str) -> None:
    put(
        s3,
        lock_bucket,
        ObjectLockMode="GOVERNANCE",
        ObjectLockRetainUntilDate=LATER,
        ObjectLockLegalHoldStatus="ON",
    )

    copy(s3, lock_bucket)
    dropped = head(s3, lock_bucket)
    copy(s3, lock_bucket, ObjectLockMode="COMPLIANCE", ObjectLockRetainUntilDate=LATER)

    kept = head(s3, lock_bucket)
    assert (dropped.get("ObjectLockMode"), dropped.get("ObjectLockLegalHoldStatus")) == (None, None)
    assert (kept["ObjectLockMode"], kept.get("ObjectLockLegalHoldStatus")) == ("COMPLIANCE", None)


def test_default_retention_of_the_bucket_applies_to_the_copy(s3: Any, lock_bucket: str) -> None:
    put(s3, lock_bucket)
    rule = {"DefaultRetention": {"Mode": "GOVERNANCE", "Days": 1}}
    configuration = {"ObjectLockEnabled": "Enabled", "Rule": rule}
    s3.put_object_lock_configuration(Bucket=lock_bucket, ObjectLockConfiguration=configuration)

    copy(s3, lock_bucket)

    assert head(s3, lock_bucket)["ObjectLockMode"] == "GOVERNANCE"


def test_encryption_context_is_dropped_unless_it_is_sent(
    local_cloud: LocalCloud, s3: Any, bucket: str, key_arn: str
) -> None:
    under_key = {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": key_arn}
    put(s3, bucket, **under_key, SSEKMSEncryptionContext=CONTEXT)
    before = local_cloud.encryption_context(bucket, "k")

    copy(s3, bucket, **under_key)
    dropped = local_cloud.encryption_context(bucket, "k")
    answer = copy(s3, bucket, **under_key, SSEKMSEncryptionContext=CONTEXT)

    assert (before, dropped, local_cloud.encryption_context(bucket, "k")) == (CONTEXT, None, CONTEXT)
    assert answer["SSEKMSEncryptionContext"] == CONTEXT


@pytest.mark.parametrize(
    ("default", "sent", "expected"),
    [
        (True, {}, True),
        (False, {}, None),
        (True, {"BucketKeyEnabled": False}, None),
        (False, {"BucketKeyEnabled": True}, True),
    ],
)
def test_bucket_key_is_as_sent_otherwise_as_in_the_bucket_default(
    s3: Any,
    bucket: str,
    key_arn: str,
    set_default: Callable[..., None],
    default: bool,
    sent: dict[str, bool],
    expected: bool | None,
) -> None:
    put(s3, bucket)
    set_default("aws:kms", key_arn, bucket_key=default)

    copy(s3, bucket, ServerSideEncryption="aws:kms", SSEKMSKeyId=key_arn, **sent)

    assert head(s3, bucket).get("BucketKeyEnabled") is expected


@pytest.mark.parametrize("algorithm", ["CRC32", "CRC32C", "CRC64NVME", "SHA1", "SHA256"])
def test_checksum_is_kept(
    local_cloud: LocalCloud, user: Any, bucket: str, key_arn: str, algorithm: str
) -> None:
    s3 = local_cloud.client("s3", user, request_checksum_calculation="when_required")
    put(s3, bucket)
    copy(s3, bucket, ChecksumAlgorithm=algorithm)
    before = head(s3, bucket, ChecksumMode="ENABLED")[f"Checksum{algorithm}"]

    copy(s3, bucket, ServerSideEncryption="aws:kms", SSEKMSKeyId=key_arn)

    after = head(s3, bucket, ChecksumMode="ENABLED")
    assert (after[f"Checksum{algorithm}"], after["ChecksumType"]) == (before, "FULL_OBJECT")


def test_object_without_a_checksum_gains_crc64nvme(local_cloud: LocalCloud, user: Any, bucket: str) -> None:
    s3 = local_cloud.client("s3", user, request_checksum_calculation="when_required")
    put(s3, bucket, Body=b"123456789")

    answer = copy(s3, bucket)

    assert answer["CopyObjectResult"]["ChecksumCRC64NVME"] == "rosUhgp5mIg="


def upload_in_parts(s3: Any, bucket: str, **properties: Any) -> None:
    upload = s3.create_multipart_upload(Bucket=bucket, Key="k", **properties)["UploadId"]
    checksum = {name: value for name, value in properties.items() if name == "ChecksumAlgorithm"}
    part = s3.upload_part(Bucket=bucket, Key="k", UploadId=upload, PartNumber=1, Body=b"content", **checksum)
    named = {name: value for name, value in part.items() if name.startswith("Checksum")}
    parts = {"Parts": [{"PartNumber": 1, "ETag": part["ETag"], **(named if checksum else {})}]}
    s3.complete_multipart_upload(Bucket=bucket, Key="k", UploadId=upload, MultipartUpload=parts)


def test_composite_checksum_becomes_a_full_object_checksum(s3: Any, bucket: str) -> None:
    upload_in_parts(s3, bucket, ChecksumAlgorithm="SHA256")
    composite = head(s3, bucket, ChecksumMode="ENABLED")

    copy(s3, bucket)

    whole = head(s3, bucket, ChecksumMode="ENABLED")
    assert (composite["ChecksumType"], whole["ChecksumType"]) == ("COMPOSITE", "FULL_OBJECT")
    assert composite["ChecksumSHA256"].endswith("-1")
    assert not whole["ChecksumSHA256"].endswith("-1")


def test_etag_stays_from_sse_s3_to_sse_s3(s3: Any, bucket: str) -> None:
    before = put(s3, bucket)["ETag"]

    assert copy(s3, bucket)["CopyObjectResult"]["ETag"] == before == head(s3, bucket)["ETag"]


def test_etag_of_parts_becomes_the_md5_of_the_whole(s3: Any, bucket: str) -> None:
    upload_in_parts(s3, bucket)

    answer = copy(s3, bucket)

    assert answer["CopyObjectResult"]["ETag"] == f'"{hashlib.md5(b"content").hexdigest()}"'


@pytest.mark.parametrize("algorithm", ["aws:kms", "aws:kms:dsse"])
def test_etag_under_a_kms_key_is_new_with_each_copy(
    s3: Any, bucket: str, key_arn: str, algorithm: str
) -> None:
    under_key = {"ServerSideEncryption": algorithm, "SSEKMSKeyId": key_arn}
    etags = [put(s3, bucket)["ETag"]]

    etags += [copy(s3, bucket, **under_key)["CopyObjectResult"]["ETag"] for _ in range(2)]

    assert len(set(etags)) == 3
    assert head(s3, bucket)["ETag"] == etags[-1]


def test_copy_replaces_the_customer_key_of_the_source(s3: Any, unblocked_bucket: str, key_arn: str) -> None:
    put(s3, unblocked_bucket, **CUSTOMER_KEY)
    under_key = {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": key_arn}

    copy(s3, unblocked_bucket, **under_key, **FROM_CUSTOMER_KEY)

    assert head(s3, unblocked_bucket)["SSEKMSKeyId"] == key_arn


def put_annotation(s3: Any, bucket: str) -> None:
    s3.put_object_annotation(Bucket=bucket, Key="k", AnnotationName="note", AnnotationPayload=b"of interest")


def annotations(s3: Any, bucket: str) -> list[str]:
    answer = s3.list_object_annotations(Bucket=bucket, Key="k")
    return [found["AnnotationName"] for found in answer.get("Annotations", [])]


@pytest.mark.parametrize(
    ("directive", "kept"),
    [({}, ["note"]), ({"AnnotationDirective": "COPY"}, ["note"]), ({"AnnotationDirective": "EXCLUDE"}, [])],
)
def test_annotations_follow_their_directive(
    s3: Any, bucket: str, directive: dict[str, str], kept: list[str]
) -> None:
    put(s3, bucket)
    put_annotation(s3, bucket)

    copy(s3, bucket, **directive)

    assert annotations(s3, bucket) == kept


def test_copy_in_a_versioned_bucket_leaves_the_old_version(s3: Any, versioned_bucket: str) -> None:
    old = put(s3, versioned_bucket)["VersionId"]

    answer = copy(s3, versioned_bucket)

    versions = s3.list_object_versions(Bucket=versioned_bucket)["Versions"]
    assert [(found["VersionId"], found["IsLatest"]) for found in versions] == [
        (answer["VersionId"], True),
        (old, False),
    ]
    assert answer["CopySourceVersionId"] == old


def test_copy_of_an_old_version_becomes_the_current_one(s3: Any, versioned_bucket: str) -> None:
    old = put(s3, versioned_bucket, Body=b"old")["VersionId"]
    put(s3, versioned_bucket, Body=b"new")

    copy(s3, versioned_bucket, CopySource={"Bucket": versioned_bucket, "Key": "k", "VersionId": old})

    assert s3.get_object(Bucket=versioned_bucket, Key="k")["Body"].read() == b"old"


@pytest.mark.parametrize("status", [None, "Enabled", "Suspended"])
def test_null_version_can_be_named_as_the_source(s3: Any, bucket: str, status: str | None) -> None:
    put(s3, bucket)
    if status:
        s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": status})

    copy(s3, bucket, CopySource={"Bucket": bucket, "Key": "k", "VersionId": "null"})

    assert s3.get_object(Bucket=bucket, Key="k")["Body"].read() == b"content"


def test_copy_while_versioning_is_suspended_replaces_the_null_version(s3: Any, versioned_bucket: str) -> None:
    s3.put_bucket_versioning(Bucket=versioned_bucket, VersioningConfiguration={"Status": "Suspended"})
    put(s3, versioned_bucket, Tagging="a=b")

    copy(s3, versioned_bucket)

    versions = s3.list_object_versions(Bucket=versioned_bucket)["Versions"]
    assert [found["VersionId"] for found in versions] == ["null"]
    assert s3.get_object_tagging(Bucket=versioned_bucket, Key="k")["TagSet"]


def test_object_key_of_any_characters_can_be_copied_onto_itself(s3: Any, bucket: str) -> None:
    key = "dir/a b+c%2Fü&=?versionId=x#.txt"
    put(s3, bucket, Key=key)

    copy(s3, bucket, Key=key, CopySource={"Bucket": bucket, "Key": key}, StorageClass="STANDARD_IA")

    assert s3.head_object(Bucket=bucket, Key=key)["StorageClass"] == "STANDARD_IA"


def test_copy_is_notified_with_its_etag(
    s3: Any, bucket: str, key_arn: str, make_queue: Callable[[], Any]
) -> None:
    put(s3, bucket)
    queue = make_queue()
    queue.admit("s3.amazonaws.com", f"arn:aws:s3:::{bucket}")
    wanted = {"QueueArn": queue.arn, "Events": ["s3:ObjectCreated:*"]}
    s3.put_bucket_notification_configuration(
        Bucket=bucket, NotificationConfiguration={"QueueConfigurations": [wanted]}
    )

    copy(s3, bucket, ServerSideEncryption="aws:kms", SSEKMSKeyId=key_arn)

    [test_event, event] = queue.receive_json(2)
    record = event["Records"][0]
    assert (test_event["Event"], record["eventName"]) == ("s3:TestEvent", "ObjectCreated:Copy")
    assert record["s3"]["object"]["eTag"] == json.loads(head(s3, bucket)["ETag"])


def test_overwriting_an_object_leaves_none_of_its_tags(s3: Any, bucket: str) -> None:
    put(s3, bucket, Tagging="a=b")

    put(s3, bucket)

    assert s3.get_object_tagging(Bucket=bucket, Key="k")["TagSet"] == []
