"""Versions, delete markers and listed times as AWS answered them (C39)."""

import time
from typing import Any

import pytest
from botocore.exceptions import ClientError

INVALID = "invalid-version-id"


def status(act: Any) -> int:
    try:
        answer = act()
    except ClientError as error:
        return int(error.response["ResponseMetadata"]["HTTPStatusCode"])
    return int(answer["ResponseMetadata"]["HTTPStatusCode"])


@pytest.fixture
def marker(s3: Any, versioned_bucket: str) -> str:
    """The version id of the delete marker that is the current version of `k`."""
    s3.put_object(Bucket=versioned_bucket, Key="k", Body=b"x", Tagging="a=b")
    return str(s3.delete_object(Bucket=versioned_bucket, Key="k")["VersionId"])


def test_copy_into_a_bucket_with_suspended_versioning_has_the_null_version(
    s3: Any, versioned_bucket: str
) -> None:
    s3.put_object(Bucket=versioned_bucket, Key="k", Body=b"x")
    s3.put_bucket_versioning(Bucket=versioned_bucket, VersioningConfiguration={"Status": "Suspended"})

    copy = s3.copy_object(
        Bucket=versioned_bucket, Key="copy", CopySource={"Bucket": versioned_bucket, "Key": "k"}
    )

    assert copy["VersionId"] == "null"


def test_copy_into_a_bucket_without_versions_has_no_version(s3: Any, bucket: str) -> None:
    s3.put_object(Bucket=bucket, Key="k", Body=b"x")

    assert "VersionId" not in s3.copy_object(
        Bucket=bucket, Key="copy", CopySource={"Bucket": bucket, "Key": "k"}
    )


@pytest.mark.parametrize(
    ("call", "arguments"),
    [
        ("get_object_tagging", {}),
        ("put_object_tagging", {"Tagging": {"TagSet": []}}),
        ("delete_object_tagging", {}),
        ("get_object_acl", {}),
        ("get_object_attributes", {"ObjectAttributes": ["ETag"]}),
        ("get_object", {}),
        ("head_object", {}),
    ],
)
def test_delete_marker_named_by_its_version_is_405(
    s3: Any, versioned_bucket: str, marker: str, call: str, arguments: dict[str, Any]
) -> None:
    act = lambda: getattr(s3, call)(Bucket=versioned_bucket, Key="k", VersionId=marker, **arguments)  # noqa: E731

    assert status(act) == 405


@pytest.mark.parametrize(
    ("call", "expected"), [("get_object_tagging", 405), ("get_object_acl", 404), ("get_object", 404)]
)
def test_current_delete_marker_is_405_only_for_its_tags(
    s3: Any, versioned_bucket: str, marker: str, call: str, expected: int
) -> None:
    assert status(lambda: getattr(s3, call)(Bucket=versioned_bucket, Key="k")) == expected


def test_delete_marker_itself_can_be_deleted(s3: Any, versioned_bucket: str, marker: str) -> None:
    s3.delete_object(Bucket=versioned_bucket, Key="k", VersionId=marker)

    assert s3.get_object(Bucket=versioned_bucket, Key="k")["Body"].read() == b"x"


@pytest.mark.parametrize(
    "call", ["get_object", "head_object", "get_object_tagging", "get_object_acl", "delete_object"]
)
def test_version_of_a_bucket_without_versions_is_a_bad_request(s3: Any, bucket: str, call: str) -> None:
    s3.put_object(Bucket=bucket, Key="k", Body=b"x")

    assert status(lambda: getattr(s3, call)(Bucket=bucket, Key="k", VersionId=INVALID)) == 400
    assert s3.get_object(Bucket=bucket, Key="k")["Body"].read() == b"x"


def test_null_version_of_a_bucket_without_versions_is_the_object(s3: Any, bucket: str) -> None:
    s3.put_object(Bucket=bucket, Key="k", Body=b"x")

    assert s3.get_object(Bucket=bucket, Key="k", VersionId="null")["Body"].read() == b"x"


def test_listed_times_are_whole_seconds_and_those_of_the_header(s3: Any, versioned_bucket: str) -> None:
    time.sleep((0.5 - time.time()) % 1)  # in the middle of a second
    s3.put_object(Bucket=versioned_bucket, Key="k", Body=b"x")
    head = s3.head_object(Bucket=versioned_bucket, Key="k")["LastModified"]

    times = [
        s3.list_objects(Bucket=versioned_bucket)["Contents"][0]["LastModified"],
        s3.list_objects_v2(Bucket=versioned_bucket)["Contents"][0]["LastModified"],
        s3.list_object_versions(Bucket=versioned_bucket)["Versions"][0]["LastModified"],
    ]

    assert times == [head] * 3


def test_times_of_uploads_parts_and_copies_are_whole_seconds(s3: Any, bucket: str) -> None:
    time.sleep((0.5 - time.time()) % 1)
    upload = s3.create_multipart_upload(Bucket=bucket, Key="k")["UploadId"]
    s3.upload_part(Bucket=bucket, Key="k", UploadId=upload, PartNumber=1, Body=b"x")
    s3.put_object(Bucket=bucket, Key="source", Body=b"x")

    times = [
        s3.list_multipart_uploads(Bucket=bucket)["Uploads"][0]["Initiated"],
        s3.list_parts(Bucket=bucket, Key="k", UploadId=upload)["Parts"][0]["LastModified"],
        s3.copy_object(Bucket=bucket, Key="c", CopySource=f"{bucket}/source")["CopyObjectResult"][
            "LastModified"
        ],
    ]

    assert [moment.microsecond for moment in times] == [0, 0, 0]


def test_content_that_looks_like_a_listing_is_not_changed(s3: Any, bucket: str) -> None:
    content = b"<LastModified>2026-01-01T00:00:00.123Z</LastModified>"
    s3.put_object(Bucket=bucket, Key="k", Body=content)

    assert s3.get_object(Bucket=bucket, Key="k")["Body"].read() == content
