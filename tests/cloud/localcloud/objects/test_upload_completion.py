"""How an upload in parts begins and completes: conditions, checksums, the list of parts, customer keys."""

import base64
import hashlib
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

FIRST, SECOND = b"first", b"second"
CONTENT = b"content"
CUSTOMER_KEY = {"SSECustomerAlgorithm": "AES256", "SSECustomerKey": "k" * 32}
OTHER_KEY = {"SSECustomerAlgorithm": "AES256", "SSECustomerKey": "x" * 32}
CONFLICT = ("ConditionalRequestConflict", 409)
FAILED = ("PreconditionFailed", 412)
INVALID_REQUEST = ("InvalidRequest", 400)

Change = Callable[[Any, str], None]


def outcome(act: Callable[[], object]) -> tuple[str, int] | None:
    """Error code and status; None if the call succeeds."""
    try:
        act()
    except ClientError as error:
        answer = error.response
        return answer["Error"]["Code"], answer["ResponseMetadata"]["HTTPStatusCode"]
    return None


class Upload:
    """An upload of two parts, of which a completion lists one."""

    def __init__(self, s3: Any, bucket: str, sent: dict[str, Any] | None = None, **properties: Any) -> None:
        self._s3 = s3
        begun = s3.create_multipart_upload(Bucket=bucket, Key="k", **properties)["UploadId"]
        self._place = {"Bucket": bucket, "Key": "k", "UploadId": begun}
        self.first, self.second = (
            s3.upload_part(**self._place, PartNumber=number, Body=CONTENT, **(sent or {}))
            for number in (1, 2)
        )

    def complete(self, *numbers: int, checksums: dict[str, str] | None = None, **sent: Any) -> Any:
        parts = [
            {"PartNumber": number, "ETag": self.first["ETag"], **(checksums or {})}
            for number in numbers or (1,)
        ]
        return self._s3.complete_multipart_upload(**self._place, MultipartUpload={"Parts": parts}, **sent)


def put_first(s3: Any, bucket: str) -> None:
    s3.put_object(Bucket=bucket, Key="k", Body=FIRST)


def put_second(s3: Any, bucket: str) -> None:
    s3.put_object(Bucket=bucket, Key="k", Body=SECOND)


def delete(s3: Any, bucket: str) -> None:
    s3.delete_object(Bucket=bucket, Key="k")


def delete_and_put_first(s3: Any, bucket: str) -> None:
    delete(s3, bucket)
    put_first(s3, bucket)


def nothing(s3: Any, bucket: str) -> None:
    """No change."""


def etag(content: bytes) -> str:
    return f'"{hashlib.md5(content, usedforsecurity=False).hexdigest()}"'


@pytest.mark.parametrize("versioned", [False, True])
@pytest.mark.parametrize(
    ("between", "if_match", "expected"),
    [
        (nothing, FIRST, None),
        (nothing, SECOND, FAILED),
        (put_first, FIRST, CONFLICT),
        (put_second, FIRST, FAILED),
        (put_second, SECOND, CONFLICT),
        (delete_and_put_first, FIRST, CONFLICT),
        (delete_and_put_first, SECOND, FAILED),
        (delete, FIRST, ("NoSuchKey", 404)),
    ],
)
def test_completion_with_if_match_compares_etags_before_it_looks_for_a_conflict(
    request: pytest.FixtureRequest,
    s3: Any,
    between: Change,
    if_match: bytes,
    expected: tuple[str, int] | None,
    versioned: bool,
) -> None:
    bucket = request.getfixturevalue("versioned_bucket" if versioned else "bucket")
    put_first(s3, bucket)
    upload = Upload(s3, bucket)
    between(s3, bucket)

    assert outcome(lambda: upload.complete(IfMatch=etag(if_match))) == expected


@pytest.mark.parametrize("versioned", [False, True])
@pytest.mark.parametrize(
    ("before", "between", "expected"),
    [
        (nothing, nothing, None),
        (nothing, put_first, FAILED),
        (put_first, nothing, FAILED),
        (put_first, delete, CONFLICT),
        (put_first, delete_and_put_first, FAILED),
    ],
)
def test_completion_with_if_none_match_conflicts_with_a_deletion_since_the_beginning(
    request: pytest.FixtureRequest,
    s3: Any,
    before: Change,
    between: Change,
    expected: tuple[str, int] | None,
    versioned: bool,
) -> None:
    bucket = request.getfixturevalue("versioned_bucket" if versioned else "bucket")
    before(s3, bucket)
    upload = Upload(s3, bucket)
    between(s3, bucket)

    assert outcome(lambda: upload.complete(IfNoneMatch="*")) == expected


def test_upload_begun_after_the_deletion_completes_with_if_none_match(s3: Any, bucket: str) -> None:
    put_first(s3, bucket)
    delete(s3, bucket)

    assert outcome(lambda: Upload(s3, bucket).complete(IfNoneMatch="*")) is None


def test_completion_without_a_condition_replaces_what_was_written_since_the_beginning(
    s3: Any, bucket: str
) -> None:
    put_first(s3, bucket)
    upload = Upload(s3, bucket)
    put_second(s3, bucket)

    assert outcome(upload.complete) is None


def test_etag_of_any_is_not_implemented(s3: Any, bucket: str) -> None:
    put_first(s3, bucket)

    assert outcome(lambda: Upload(s3, bucket).complete(IfMatch="*")) == ("NotImplemented", 501)


@pytest.mark.parametrize(
    ("algorithm", "kind", "expected"),
    [
        ("CRC64NVME", "COMPOSITE", INVALID_REQUEST),
        ("CRC64NVME", "FULL_OBJECT", None),
        ("SHA1", "FULL_OBJECT", INVALID_REQUEST),
        ("SHA256", "FULL_OBJECT", INVALID_REQUEST),
        ("SHA256", "COMPOSITE", None),
        ("CRC32", "FULL_OBJECT", None),
        ("CRC32", "COMPOSITE", None),
        (None, "FULL_OBJECT", INVALID_REQUEST),
        (None, "COMPOSITE", INVALID_REQUEST),
    ],
)
def test_upload_begins_only_with_a_checksum_type_that_its_algorithm_has(
    s3: Any, bucket: str, algorithm: str | None, kind: str, expected: tuple[str, int] | None
) -> None:
    sent = {"ChecksumAlgorithm": algorithm} if algorithm else {}

    begun = outcome(lambda: s3.create_multipart_upload(Bucket=bucket, Key="k", ChecksumType=kind, **sent))

    assert begun == expected


CRC32 = {"ChecksumAlgorithm": "CRC32"}
COMPOSITE_CRC32 = {**CRC32, "ChecksumType": "COMPOSITE"}
FULL_CRC32 = {**CRC32, "ChecksumType": "FULL_OBJECT"}


def base64_of(number: int) -> str:
    return base64.b64encode(number.to_bytes(4, "big")).decode()


@pytest.mark.parametrize(
    ("properties", "checksums", "expected"),
    [
        (CRC32, ["ChecksumCRC32"], None),
        (CRC32, [], INVALID_REQUEST),
        (COMPOSITE_CRC32, [], INVALID_REQUEST),
        (CRC32, ["ChecksumSHA1"], ("BadDigest", 400)),
        (FULL_CRC32, [], None),
        (FULL_CRC32, ["ChecksumCRC32"], None),
        ({}, [], None),
        ({}, ["ChecksumCRC32"], ("InvalidPart", 400)),
    ],
)
def test_parts_are_listed_with_the_checksums_that_the_upload_needs(
    s3: Any,
    bucket: str,
    properties: dict[str, str],
    checksums: list[str],
    expected: tuple[str, int] | None,
) -> None:
    upload = Upload(s3, bucket, CRC32, **properties)
    listed = {name: upload.first.get(name, base64_of(1)) for name in checksums}

    assert outcome(lambda: upload.complete(checksums=listed)) == expected


def test_wrong_checksum_of_a_part_is_refused(s3: Any, bucket: str) -> None:
    upload = Upload(s3, bucket, CRC32, **CRC32)

    refused = outcome(lambda: upload.complete(checksums={"ChecksumCRC32": base64_of(1)}))

    assert refused == ("InvalidPart", 400)


@pytest.mark.parametrize(
    ("properties", "kind", "expected"),
    [
        (CRC32, "COMPOSITE", None),
        (CRC32, "FULL_OBJECT", INVALID_REQUEST),
        (FULL_CRC32, "FULL_OBJECT", None),
        (FULL_CRC32, "COMPOSITE", INVALID_REQUEST),
        ({}, "COMPOSITE", INVALID_REQUEST),
        ({}, "FULL_OBJECT", INVALID_REQUEST),
    ],
)
def test_completion_names_the_checksum_type_of_the_beginning(
    s3: Any, bucket: str, properties: dict[str, str], kind: str, expected: tuple[str, int] | None
) -> None:
    upload = Upload(s3, bucket, CRC32, **properties)
    listed = {"ChecksumCRC32": upload.first["ChecksumCRC32"]} if properties else {}

    assert outcome(lambda: upload.complete(checksums=listed, ChecksumType=kind)) == expected


@pytest.mark.parametrize(
    ("numbers", "expected"),
    [((2, 1), ("InvalidPartOrder", 400)), ((2,), None), ((3,), ("InvalidPart", 400))],
)
def test_parts_are_listed_in_ascending_order(
    s3: Any, bucket: str, numbers: tuple[int, ...], expected: tuple[str, int] | None
) -> None:
    upload = Upload(s3, bucket)

    assert outcome(lambda: upload.complete(*numbers)) == expected


def test_empty_list_of_parts_is_refused(s3: Any, bucket: str) -> None:
    begun = s3.create_multipart_upload(Bucket=bucket, Key="k")["UploadId"]

    refused = outcome(
        lambda: s3.complete_multipart_upload(
            Bucket=bucket, Key="k", UploadId=begun, MultipartUpload={"Parts": []}
        )
    )

    assert refused == INVALID_REQUEST


@pytest.mark.parametrize("versioned", [False, True])
def test_refused_upload_can_still_be_completed(
    request: pytest.FixtureRequest, s3: Any, versioned: bool
) -> None:
    bucket = request.getfixturevalue("versioned_bucket" if versioned else "bucket")
    upload = Upload(s3, bucket)
    assert outcome(lambda: upload.complete(2, 1)) == ("InvalidPartOrder", 400)

    upload.complete()

    assert s3.get_object(Bucket=bucket, Key="k")["Body"].read() == CONTENT


@pytest.mark.parametrize("sent", [{}, CUSTOMER_KEY], ids=["no key", "the key"])
def test_upload_under_a_customer_key_completes_without_the_key(
    s3: Any, unblocked_bucket: str, sent: dict[str, str]
) -> None:
    Upload(s3, unblocked_bucket, CUSTOMER_KEY, **CUSTOMER_KEY).complete(**sent)

    found = s3.get_object(Bucket=unblocked_bucket, Key="k", **CUSTOMER_KEY)
    assert (found["Body"].read(), found["SSECustomerAlgorithm"]) == (CONTENT, "AES256")


def test_part_of_an_upload_under_a_customer_key_needs_the_key(s3: Any, unblocked_bucket: str) -> None:
    assert outcome(lambda: Upload(s3, unblocked_bucket, None, **CUSTOMER_KEY)) == INVALID_REQUEST
    assert outcome(lambda: Upload(s3, unblocked_bucket, OTHER_KEY, **CUSTOMER_KEY)) == INVALID_REQUEST


def test_completion_with_another_customer_key_is_refused(s3: Any, unblocked_bucket: str) -> None:
    upload = Upload(s3, unblocked_bucket, CUSTOMER_KEY, **CUSTOMER_KEY)

    assert outcome(lambda: upload.complete(**OTHER_KEY)) == INVALID_REQUEST
