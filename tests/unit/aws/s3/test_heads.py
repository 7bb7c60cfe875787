"""What HeadObject shows becomes an ObservedObject, and what it refuses becomes an error."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import boto3
import pytest
from aws_lambda_powertools import Logger
from botocore.awsrequest import AWSResponse, HeadersDict

from reseal.aws.s3.objects import S3Objects
from reseal.core.errors import (
    AccessDeniedError,
    CustomerKeyError,
    NotFoundError,
    RefusalError,
    TransientError,
    WrongRegionError,
)
from reseal.core.state.s3_object import Checksum, Lock, ObservedObject
from tests.support.builders import ACCOUNT, BUCKET, KEY, K, an_object, object_encryption
from tests.unit.aws.s3.stubs import A_HEAD, A_HEAD_UNDER_K, NAMED, expect_head, refuse, stubbed_objects

NEXT_YEAR, EPOCH = datetime(2027, 1, 1, tzinfo=UTC), datetime(1970, 1, 1, tzinfo=UTC)
HEADERS = {
    "CacheControl": "no-cache",
    "ContentDisposition": "attachment",
    "ContentEncoding": "gzip",
    "ContentLanguage": "de",
    "ContentType": "text/csv",
    "Expires": NEXT_YEAR,
}
SHOWN: list[tuple[dict[str, Any], dict[str, Any]]] = [
    ({}, {}),
    ({"VersionId": "v1"}, {"version_id": "v1"}),
    ({"StorageClass": "GLACIER_IR"}, {"storage_class": "GLACIER_IR"}),
    (
        {"StorageClass": "INTELLIGENT_TIERING", "ArchiveStatus": "ARCHIVE_ACCESS"},
        {"storage_class": "INTELLIGENT_TIERING", "archive": "ARCHIVE_ACCESS"},
    ),
    ({"Metadata": {"team": "data"}, "MissingMeta": 2}, {"metadata": {"team": "data"}, "lost_metadata": 2}),
    (HEADERS, {"headers": HEADERS}),
    ({"WebsiteRedirectLocation": "/new"}, {"website_redirect": "/new"}),
    ({"TagCount": 3}, {"tag_count": 3}),
    (
        {"ObjectLockMode": "COMPLIANCE", "ObjectLockRetainUntilDate": NEXT_YEAR},
        {"lock": Lock(mode="COMPLIANCE", until=NEXT_YEAR)},
    ),
    ({"ObjectLockLegalHoldStatus": "ON"}, {"lock": Lock(legal_hold=True)}),
    ({"ObjectLockLegalHoldStatus": "OFF"}, {"lock": Lock()}),
    ({"ObjectLockEventHold": "ON"}, {"lock": Lock(event_hold=True)}),
    ({"ObjectLockEventHold": "OFF", "ObjectLockEventHoldDurationDays": 30}, {"lock": Lock()}),
    (
        {"ChecksumSHA256": "abc=", "ChecksumType": "FULL_OBJECT"},
        {"checksum": Checksum(algorithm="SHA256", type="FULL_OBJECT", value="abc=")},
    ),
    (
        {"ChecksumCRC32": "abc=-3"},
        {"checksum": Checksum(algorithm="CRC32", type="COMPOSITE", value="abc=-3")},
    ),
    ({"ChecksumSHA1": "abc="}, {"checksum": Checksum(algorithm="SHA1", type="FULL_OBJECT", value="abc=")}),
    (A_HEAD_UNDER_K, {"encryption": object_encryption("aws:kms", K, bucket_key=True)}),
    (
        {"ServerSideEncryption": "aws:kms:dsse", "SSEKMSKeyId": K},
        {"encryption": object_encryption("aws:kms:dsse", K)},
    ),
    ({"ServerSideEncryption": "aws:fsx"}, {"encryption": object_encryption("aws:fsx")}),
]


def read(answer: dict[str, Any]) -> ObservedObject:
    with stubbed_objects() as (objects, stub):
        expect_head(stub, answer)
        return objects.read(BUCKET, KEY, None)


@pytest.mark.parametrize(
    ("answer", "shown"), SHOWN, ids=[",".join(answer)[:40] or "plain" for answer, _ in SHOWN]
)
def test_what_s3_shows_is_observed(answer: dict[str, Any], shown: dict[str, Any]) -> None:
    assert read(A_HEAD | answer) == an_object(**shown)


class Empty:
    """A body without bytes."""

    def stream(self, **_: object) -> Iterator[bytes]:
        yield b""


@pytest.mark.parametrize(
    ("expires", "shown"),
    [
        ("Fri, 01 Jan 2027 00:00:00 GMT", {"headers": {"Expires": NEXT_YEAR}}),
        ("soon", {"unreadable_expires": True}),
        ("0", {"unreadable_expires": True, "headers": {"Expires": EPOCH}}),
        ("2027-01-01T00:00:00Z", {"unreadable_expires": True, "headers": {"Expires": NEXT_YEAR}}),
        ("Fri, 01 Jan 2027 00:00:00 +0000", {"unreadable_expires": True, "headers": {"Expires": NEXT_YEAR}}),
    ],
)
def test_expires_header_is_a_date_or_no_parts_can_carry_it(expires: str, shown: dict[str, Any]) -> None:
    """As botocore parses it: no stub of parameters and answers shows that."""
    headers = {"Expires": expires, "ETag": an_object().etag, "Content-Length": "5"}
    headers |= {"Last-Modified": "Mon, 23 Nov 2026 12:00:00 GMT", "x-amz-server-side-encryption": "AES256"}
    client = boto3.client("s3", "us-east-1", aws_access_key_id="stub", aws_secret_access_key="stub")
    client.meta.events.register(
        "before-send.s3.HeadObject",
        lambda request, **_: AWSResponse(request.url, 200, HeadersDict(headers), Empty()),
    )

    observed = S3Objects(client, ACCOUNT, Logger(service="objects")).read(BUCKET, KEY, None)

    assert observed == an_object(**shown)


def test_object_never_encrypted_has_no_algorithm() -> None:
    answer = {name: value for name, value in A_HEAD.items() if name != "ServerSideEncryption"}

    assert read(answer).encryption == object_encryption(None)


def test_customer_key_that_s3_shows_is_sse_c() -> None:
    answer = {name: value for name, value in A_HEAD.items() if name != "ServerSideEncryption"}

    assert read(answer | {"SSECustomerAlgorithm": "AES256"}).encryption.has_customer_key


@pytest.mark.parametrize("version", ["v1", "null"])
def test_version_that_is_named_is_looked_at(version: str) -> None:
    with stubbed_objects() as (objects, stub):
        expect_head(stub, A_HEAD, VersionId=version)

        assert objects.read(BUCKET, KEY, version).version_id == version


@pytest.mark.parametrize(("code", "status"), [("403", 403), ("400", 400)], ids=["no right", "key disabled"])
def test_checksum_that_the_key_keeps_from_us_is_done_without(code: str, status: int) -> None:
    with stubbed_objects() as (objects, stub):
        refuse(stub, "head_object", code, status)
        stub.add_response("head_object", A_HEAD, NAMED)

        assert objects.read(BUCKET, KEY, None) == an_object()


@pytest.mark.parametrize("version", [None, "v1"])
def test_denied_look_names_its_action(version: str | None) -> None:
    with stubbed_objects() as (objects, stub):
        refuse(stub, "head_object", "403", 403)
        refuse(stub, "head_object", "403", 403)

        with pytest.raises(AccessDeniedError) as raised:
            objects.read(BUCKET, KEY, version)

    assert raised.value.action == ("s3:GetObjectVersion" if version else "s3:GetObject")


@pytest.mark.parametrize("denied", [False, True], ids=["tags are shown", "tags are denied"])
def test_object_that_s3_shows_to_nobody_without_its_key_is_under_sse_c(*, denied: bool) -> None:
    with stubbed_objects() as (objects, stub):
        refuse(stub, "head_object", "400", 400)
        refuse(stub, "head_object", "400", 400)
        if denied:
            refuse(stub, "get_object_tagging", "AccessDenied", 403)
        else:
            stub.add_response("get_object_tagging", {"TagSet": []}, NAMED)

        with pytest.raises(CustomerKeyError):
            objects.read(BUCKET, KEY, None)


@pytest.mark.parametrize(
    ("code", "status", "error"),
    [
        ("ExpiredToken", 400, TransientError),
        ("InvalidArgument", 400, RefusalError),
        ("NoSuchKey", 404, NotFoundError),
    ],
)
def test_other_bad_requests_are_not_taken_for_sse_c(code: str, status: int, error: type[Exception]) -> None:
    with stubbed_objects() as (objects, stub):
        refuse(stub, "head_object", "400", 400)
        refuse(stub, "head_object", "400", 400)
        refuse(stub, "get_object_tagging", code, status)

        with pytest.raises(error, match=code) as raised:
            objects.read(BUCKET, KEY, None)

    assert type(raised.value) is error


@pytest.mark.parametrize(
    ("code", "status", "error"),
    [
        ("404", 404, NotFoundError),
        ("405", 405, NotFoundError),
        ("503", 503, TransientError),
        ("301", 301, WrongRegionError),
    ],
)
def test_head_has_no_other_code_than_its_status(code: str, status: int, error: type[Exception]) -> None:
    with stubbed_objects() as (objects, stub):
        refuse(stub, "head_object", code, status)

        with pytest.raises(error):
            objects.read(BUCKET, KEY, None)


def test_second_look_fails_in_its_own_way() -> None:
    with stubbed_objects() as (objects, stub):
        refuse(stub, "head_object", "403", 403)
        refuse(stub, "head_object", "404", 404)

        with pytest.raises(NotFoundError):
            objects.read(BUCKET, KEY, None)
