"""What CopyObject refuses: failed preconditions, copies that change nothing, unreadable sources."""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

NO_ETAG = '"00000000000000000000000000000000"'
AGO, AHEAD = datetime.now(UTC) - timedelta(days=1), datetime.now(UTC) + timedelta(days=1)


def outcome(act: Callable[[], object]) -> tuple[str, int]:
    """The error code and status of a call; ``("", 200)`` if it succeeds."""
    try:
        act()
    except ClientError as error:
        answer = error.response
        return str(answer["Error"]["Code"]), int(answer["ResponseMetadata"]["HTTPStatusCode"])
    return "", 200


COPIES, FAILS, NO_KEY = ("", 200), ("PreconditionFailed", 412), ("NoSuchKey", 404)
NOT_IMPLEMENTED, ILLEGAL = ("NotImplemented", 501), ("InvalidRequest", 400)


def copy(s3: Any, bucket: str, **properties: Any) -> Callable[[], object]:
    request = {
        "Bucket": bucket,
        "Key": "k",
        "CopySource": {"Bucket": bucket, "Key": "k"},
        "ServerSideEncryption": "AES256",
    }
    return lambda: s3.copy_object(**request | properties)


@pytest.mark.parametrize(
    ("conditions", "expected"),
    [
        ({"IfMatch": "{etag}"}, COPIES),
        ({"IfMatch": NO_ETAG}, FAILS),
        ({"IfNoneMatch": "*"}, FAILS),
        ({"IfNoneMatch": "{etag}"}, NOT_IMPLEMENTED),
        ({"IfMatch": "*"}, NOT_IMPLEMENTED),
        ({"IfMatch": "{etag}", "IfNoneMatch": "*"}, NOT_IMPLEMENTED),
        ({"CopySourceIfMatch": "{etag}"}, COPIES),
        ({"CopySourceIfMatch": NO_ETAG}, FAILS),
        ({"CopySourceIfNoneMatch": NO_ETAG}, COPIES),
        ({"CopySourceIfNoneMatch": "{etag}"}, FAILS),
        ({"CopySourceIfUnmodifiedSince": AHEAD}, COPIES),
        ({"CopySourceIfUnmodifiedSince": AGO}, FAILS),
        ({"CopySourceIfModifiedSince": AGO}, COPIES),
        ({"CopySourceIfModifiedSince": AHEAD}, FAILS),
        ({"CopySourceIfMatch": "{etag}", "CopySourceIfUnmodifiedSince": AGO}, COPIES),
        ({"CopySourceIfNoneMatch": "{etag}", "CopySourceIfModifiedSince": AGO}, FAILS),
        ({"CopySourceIfMatch": "{etag}", "IfMatch": NO_ETAG}, FAILS),
        ({"CopySourceIfMatch": NO_ETAG, "IfMatch": "{etag}"}, FAILS),
    ],
    ids=lambda value: " and ".join(value) if isinstance(value, dict) else str(value),  # no times in a name
)
def test_copy_onto_itself_checks_its_conditions(
    s3: Any, bucket: str, conditions: dict[str, Any], expected: tuple[str, int]
) -> None:
    etag = s3.put_object(Bucket=bucket, Key="k", Body=b"x")["ETag"]
    given = {name: etag if value == "{etag}" else value for name, value in conditions.items()}

    assert outcome(copy(s3, bucket, **given)) == expected


def test_dates_are_compared_by_whole_seconds(s3: Any, bucket: str) -> None:
    s3.put_object(Bucket=bucket, Key="k", Body=b"x")
    written = s3.head_object(Bucket=bucket, Key="k")["LastModified"]

    assert outcome(copy(s3, bucket, CopySourceIfUnmodifiedSince=written)) == COPIES


def never_written(s3: Any, bucket: str) -> None:
    """Change nothing."""


def delete_it(s3: Any, bucket: str) -> None:
    s3.put_object(Bucket=bucket, Key="k", Body=b"x")
    s3.delete_object(Bucket=bucket, Key="k")


@pytest.mark.parametrize("prepare", [never_written, delete_it])
@pytest.mark.parametrize(
    ("conditions", "expected"), [({"IfMatch": NO_ETAG}, NO_KEY), ({"IfNoneMatch": "*"}, COPIES)]
)
def test_conditions_on_a_missing_target(
    s3: Any,
    versioned_bucket: str,
    prepare: Callable[[Any, str], None],
    conditions: dict[str, str],
    expected: tuple[str, int],
) -> None:
    prepare(s3, versioned_bucket)
    s3.put_object(Bucket=versioned_bucket, Key="source", Body=b"x")
    source = {"Bucket": versioned_bucket, "Key": "source"}

    assert outcome(copy(s3, versioned_bucket, CopySource=source, **conditions)) == expected


def test_put_object_checks_the_same_conditions(s3: Any, bucket: str) -> None:
    etag = s3.put_object(Bucket=bucket, Key="k", Body=b"x")["ETag"]

    def put(**conditions: str) -> tuple[str, int]:
        return outcome(lambda: s3.put_object(Bucket=bucket, Key="k", Body=b"x", **conditions))

    answers = [put(IfMatch=etag), put(IfMatch=NO_ETAG), put(IfNoneMatch="*"), put(IfMatch="*")]
    assert answers == [COPIES, FAILS, FAILS, NOT_IMPLEMENTED]


@pytest.mark.parametrize(
    ("sent", "expected"),
    [
        ({}, ILLEGAL),
        ({"TaggingDirective": "REPLACE", "Tagging": "a=b"}, ILLEGAL),
        ({"MetadataDirective": "COPY"}, ILLEGAL),
        ({"StorageClass": "STANDARD"}, COPIES),
        ({"ServerSideEncryption": "AES256"}, COPIES),
        ({"WebsiteRedirectLocation": "/x"}, COPIES),
        ({"MetadataDirective": "REPLACE"}, COPIES),
    ],
    ids=str,
)
def test_copy_onto_itself_must_send_a_change(
    s3: Any, bucket: str, sent: dict[str, str], expected: tuple[str, int]
) -> None:
    s3.put_object(Bucket=bucket, Key="k", Body=b"x")
    source = {"Bucket": bucket, "Key": "k"}

    assert outcome(lambda: s3.copy_object(Bucket=bucket, Key="k", CopySource=source, **sent)) == expected


def test_acl_alone_does_not_count_as_a_change(s3: Any, acl_bucket: str) -> None:
    s3.put_object(Bucket=acl_bucket, Key="k", Body=b"x")
    source = {"Bucket": acl_bucket, "Key": "k"}

    act = outcome(lambda: s3.copy_object(Bucket=acl_bucket, Key="k", CopySource=source, ACL="public-read"))

    assert act == ILLEGAL


def under_another_algorithm(s3: Any, bucket: str) -> None:
    s3.put_object(Bucket=bucket, Key="k", Body=b"x", ServerSideEncryption="aws:kms")


def with_a_configured_bucket(s3: Any, bucket: str) -> None:
    s3.put_object(Bucket=bucket, Key="k", Body=b"x")
    rule = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}
    s3.put_bucket_encryption(Bucket=bucket, ServerSideEncryptionConfiguration={"Rules": [rule]})


@pytest.mark.parametrize("prepare", [under_another_algorithm, with_a_configured_bucket])
def test_copy_onto_itself_may_send_nothing_if_the_default_changes_it(
    s3: Any, bucket: str, prepare: Callable[[Any, str], None]
) -> None:
    prepare(s3, bucket)
    source = {"Bucket": bucket, "Key": "k"}

    assert outcome(lambda: s3.copy_object(Bucket=bucket, Key="k", CopySource=source)) == COPIES


@pytest.mark.parametrize(
    ("storage_class", "expected"),
    [
        ("GLACIER", ("InvalidObjectState", 403)),
        ("DEEP_ARCHIVE", ("InvalidObjectState", 403)),
        ("GLACIER_IR", COPIES),
        ("STANDARD_IA", COPIES),
    ],
)
def test_archived_source_must_be_restored_first(
    s3: Any, bucket: str, storage_class: str, expected: tuple[str, int]
) -> None:
    s3.put_object(Bucket=bucket, Key="k", Body=b"x", StorageClass=storage_class)

    assert outcome(copy(s3, bucket)) == expected


def test_restored_source_is_copied(s3: Any, bucket: str) -> None:
    s3.put_object(Bucket=bucket, Key="k", Body=b"x", StorageClass="GLACIER")
    s3.restore_object(Bucket=bucket, Key="k", RestoreRequest={"Days": 1})
    deadline = time.monotonic() + 30
    while 'ongoing-request="true"' in s3.head_object(Bucket=bucket, Key="k")["Restore"]:
        assert time.monotonic() < deadline
        time.sleep(0.1)

    assert outcome(copy(s3, bucket)) == COPIES


def test_delete_marker_cannot_be_a_source(s3: Any, versioned_bucket: str) -> None:
    s3.put_object(Bucket=versioned_bucket, Key="k", Body=b"x")
    marker = s3.delete_object(Bucket=versioned_bucket, Key="k")["VersionId"]
    named = {"Bucket": versioned_bucket, "Key": "k", "VersionId": marker}

    answers = [
        outcome(copy(s3, versioned_bucket)),
        outcome(copy(s3, versioned_bucket, CopySource=named)),
    ]
    assert answers == [NO_KEY, ILLEGAL]


@pytest.mark.parametrize(
    ("sent", "expected"),
    [
        ({}, ILLEGAL),
        (
            {"CopySourceSSECustomerAlgorithm": "AES256", "CopySourceSSECustomerKey": "w" * 32},
            ("AccessDenied", 403),
        ),
        ({"CopySourceSSECustomerAlgorithm": "AES256", "CopySourceSSECustomerKey": "k" * 32}, COPIES),
    ],
    ids=["no key", "wrong key", "its key"],
)
def test_source_under_a_customer_key_needs_that_key(
    s3: Any, unblocked_bucket: str, sent: dict[str, str], expected: tuple[str, int]
) -> None:
    key = {"SSECustomerAlgorithm": "AES256", "SSECustomerKey": "k" * 32}
    s3.put_object(Bucket=unblocked_bucket, Key="k", Body=b"x", **key)

    assert outcome(copy(s3, unblocked_bucket, **sent)) == expected


def test_refused_copy_changes_nothing(s3: Any, versioned_bucket: str) -> None:
    version = s3.put_object(Bucket=versioned_bucket, Key="k", Body=b"x")["VersionId"]

    outcome(copy(s3, versioned_bucket, IfMatch=NO_ETAG))

    assert s3.head_object(Bucket=versioned_bucket, Key="k")["VersionId"] == version
