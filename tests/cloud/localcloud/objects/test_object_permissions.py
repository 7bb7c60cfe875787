"""The permissions that a write needs for its properties (C6): each is needed, all are sufficient."""

import uuid
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from localcloud.client.handle import LocalCloud

LATER = "2099-01-01T00:00:00Z"


@pytest.fixture
def caller(local_cloud: LocalCloud) -> Callable[[list[str]], Any]:
    """The S3 client of a user with only these permissions."""

    def make(actions: list[str]) -> Any:
        allow = {"Effect": "Allow", "Action": actions, "Resource": "*"}
        name = f"caller-{uuid.uuid4().hex[:8]}"
        user = local_cloud.create_user(name, {"Version": "2012-10-17", "Statement": [allow]})
        return local_cloud.client("s3", user)

    return make


def put(client: Any, bucket: str, **carried: Any) -> None:
    client.put_object(Bucket=bucket, Key="k", Body=b"x", **carried)


def begin(client: Any, bucket: str, **carried: Any) -> None:
    client.create_multipart_upload(Bucket=bucket, Key="k", **carried)


def copy(client: Any, bucket: str, **carried: Any) -> None:
    source = {"Bucket": bucket, "Key": "source"}
    client.copy_object(Bucket=bucket, Key="k", CopySource=source, **carried)


def refused(act: Callable[[], None]) -> bool:
    try:
        act()
    except ClientError as error:
        return bool(error.response["Error"]["Code"] == "AccessDenied")
    return False


WRITE = ["s3:PutObject"]
COPY = ["s3:PutObject", "s3:GetObject"]
TAGGED: dict[str, Any] = {"Tagging": "a=b"}
HELD: dict[str, Any] = {"ObjectLockLegalHoldStatus": "ON"}
RETAINED: dict[str, Any] = {"ObjectLockMode": "GOVERNANCE", "ObjectLockRetainUntilDate": LATER}
REPLACED: dict[str, Any] = {"TaggingDirective": "REPLACE", **TAGGED}


@pytest.mark.parametrize(
    ("write", "carried", "permissions", "needed"),
    [
        (put, TAGGED, WRITE, "s3:PutObjectTagging"),
        (put, {"ACL": "private"}, WRITE, "s3:PutObjectAcl"),
        (put, RETAINED, WRITE, "s3:PutObjectRetention"),
        (put, HELD, WRITE, "s3:PutObjectLegalHold"),
        (begin, TAGGED, WRITE, "s3:PutObjectTagging"),
        (begin, HELD, WRITE, "s3:PutObjectLegalHold"),
        (copy, {}, ["s3:PutObject"], "s3:GetObject"),
        (copy, {}, ["s3:GetObject"], "s3:PutObject"),
        (copy, REPLACED, COPY, "s3:PutObjectTagging"),
        (copy, {"ACL": "private"}, COPY, "s3:PutObjectAcl"),
        (copy, RETAINED, COPY, "s3:PutObjectRetention"),
        (copy, HELD, COPY, "s3:PutObjectLegalHold"),
    ],
)
def test_each_property_of_a_write_needs_its_permission(
    s3: Any,
    lock_bucket: str,
    caller: Callable[[list[str]], Any],
    write: Callable[..., None],
    carried: dict[str, Any],
    permissions: list[str],
    needed: str,
) -> None:
    s3.put_object(Bucket=lock_bucket, Key="source", Body=b"x")

    assert refused(lambda: write(caller(permissions), lock_bucket, **carried))
    assert not refused(lambda: write(caller([*permissions, needed]), lock_bucket, **carried))


def put_tagged(s3: Any, bucket: str) -> None:
    s3.put_object(Bucket=bucket, Key="source", Body=b"x", Tagging="a=b")


def put_annotated(s3: Any, bucket: str) -> None:
    s3.put_object(Bucket=bucket, Key="source", Body=b"x")
    s3.put_object_annotation(Bucket=bucket, Key="source", AnnotationName="n", AnnotationPayload=b"x")


@pytest.mark.parametrize(
    ("prepare", "needed"),
    [
        (put_tagged, {"s3:GetObjectTagging", "s3:PutObjectTagging"}),
        (put_annotated, {"s3:GetObjectAnnotation", "s3:PutObjectAnnotation"}),
    ],
)
def test_each_property_of_a_copy_needs_read_and_write_permission(
    s3: Any,
    bucket: str,
    caller: Callable[[list[str]], Any],
    prepare: Callable[[Any, str], None],
    needed: set[str],
) -> None:
    prepare(s3, bucket)

    for missing in needed:
        assert refused(lambda: copy(caller([*COPY, *(needed - {missing})]), bucket))  # noqa: B023
    assert not refused(lambda: copy(caller([*COPY, *needed]), bucket))


def test_tags_of_a_named_version_need_their_own_permission(
    s3: Any, versioned_bucket: str, caller: Callable[[list[str]], Any]
) -> None:
    version = s3.put_object(Bucket=versioned_bucket, Key="source", Body=b"x", Tagging="a=b")["VersionId"]
    source = {"Bucket": versioned_bucket, "Key": "source", "VersionId": version}
    base = ["s3:PutObject", "s3:GetObjectVersion", "s3:PutObjectTagging"]

    def copies(*more: str) -> bool:
        client = caller([*base, *more])
        return not refused(lambda: client.copy_object(Bucket=versioned_bucket, Key="k", CopySource=source))

    assert (copies("s3:GetObjectTagging"), copies("s3:GetObjectVersionTagging")) == (False, True)


def test_condition_on_the_target_needs_the_right_to_read_it(
    s3: Any, bucket: str, caller: Callable[[list[str]], Any]
) -> None:
    etag = s3.put_object(Bucket=bucket, Key="k", Body=b"x")["ETag"]

    assert refused(lambda: put(caller(WRITE), bucket, IfMatch=etag))
    assert not refused(lambda: put(caller(COPY), bucket, IfMatch=etag))
