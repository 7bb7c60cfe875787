"""The exact calls of a copy in parts, and that no upload is left behind, whatever happens."""

from __future__ import annotations

import time
from collections.abc import Callable
from io import StringIO
from threading import Event
from typing import Any

import pytest
from aws_lambda_powertools import Logger
from botocore.stub import Stubber

from reseal.aws.s3 import parts as s3_parts
from reseal.aws.s3.copies import S3Copies
from reseal.aws.s3.objects import S3Objects
from reseal.aws.s3.parts import S3Parts
from reseal.core.errors import (
    AccessDeniedError,
    ChangedError,
    NotFoundError,
    RefusalError,
    ResealError,
    TransientError,
)
from tests.support.builders import ACCOUNT, BUCKET, KEY, K, an_object, object_encryption
from tests.support.fakes.services import NOON, Crash
from tests.support.fakes.stubs import stubbed
from tests.support.names import unique
from tests.unit.aws.s3.stubs import (
    A_HEAD,
    A_HEAD_UNDER_K,
    ETAG,
    NAMED,
    SMALL_PARTS,
    UNDER_K,
    expect_head,
    refuse,
    stubbed_objects,
)
from tests.unit.aws.test_errors import client_error

UPLOAD = NAMED | {"UploadId": "upload-1"}
SOURCE = {"CopySource": {"Bucket": BUCKET, "Key": KEY}, "ExpectedSourceBucketOwner": ACCOUNT}
PARTS = [
    {"PartNumber": 1, "ETag": '"one"', "ChecksumCRC32": "b25l"},
    {"PartNumber": 2, "ETag": '"two"', "ChecksumCRC32": "dHdv"},
]
RANGES = ["bytes=0-3", "bytes=4-4"]
KMS_OBJECT = an_object(encryption=object_encryption("aws:kms", K))
SENT = {"ContentType": "text/csv", "Metadata": {"team": "data"}, "Tagging": "a=b"}


@pytest.fixture(autouse=True)
def one_part_after_another(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(s3_parts, "AT_ONCE", 1)


def enough() -> float:
    return 300.0


def nothing() -> None:
    pass


def copy(
    objects: S3Objects,
    head: Any = KMS_OBJECT,
    *,
    seconds_left: Callable[[], float] = enough,
    confirm: Callable[[], None] = nothing,
) -> None:
    objects.copy_in_parts(head, UNDER_K, SENT, seconds_left=seconds_left, confirm=confirm)


def expect_create(stub: Stubber) -> None:
    encryption = {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": K, "BucketKeyEnabled": True}
    stub.add_response("create_multipart_upload", {"UploadId": "upload-1"}, NAMED | encryption | SENT)


def expect_parts(stub: Stubber, condition: dict[str, Any]) -> None:
    for part, bounds in zip(PARTS, RANGES, strict=True):
        result = {name: value for name, value in part.items() if name != "PartNumber"}
        expected = UPLOAD | SOURCE | {"PartNumber": part["PartNumber"], "CopySourceRange": bounds} | condition
        stub.add_response("upload_part_copy", {"CopyPartResult": result}, expected)


def expect_everything_until_completion(stub: Stubber) -> None:
    expect_create(stub)
    expect_parts(stub, {"CopySourceIfUnmodifiedSince": NOON})


def expect_abort(stub: Stubber) -> None:
    stub.add_response("abort_multipart_upload", {}, UPLOAD)
    refuse(stub, "abort_multipart_upload", "NoSuchUpload", 404)


@pytest.mark.parametrize("head", [KMS_OBJECT, an_object()], ids=["SSE-KMS", "SSE-S3"])
def test_parts_become_the_object_if_it_is_still_the_same(head: Any) -> None:
    log = StringIO()
    with stubbed_objects(log) as (objects, stub):
        expect_create(stub)
        expect_parts(stub, {"CopySourceIfUnmodifiedSince": NOON})
        completion = {"MultipartUpload": {"Parts": PARTS}, "MpuObjectSize": 5, "IfMatch": ETAG}
        stub.add_response("complete_multipart_upload", {}, UPLOAD | completion)

        copy(objects, head)

    assert not log.getvalue()


def test_what_is_read_at_the_end_can_stop_the_copy() -> None:
    def confirm() -> None:
        raise TransientError("the tags were changed meanwhile")

    log = StringIO()
    with stubbed_objects(log) as (objects, stub):
        expect_everything_until_completion(stub)
        expect_abort(stub)

        with pytest.raises(TransientError, match="the tags"):
            copy(objects, confirm=confirm)

    assert not log.getvalue()


def test_what_copies_has_a_client_of_its_own_that_waits_longer() -> None:
    logger = Logger(service=unique("parts"))
    with stubbed("s3") as (client, stub), stubbed("s3") as (copying, copy_stub):
        expect_create(stub)
        expect_parts(copy_stub, {"CopySourceIfUnmodifiedSince": NOON})
        copy_stub.add_response("complete_multipart_upload", {})

        copy(S3Objects(client, ACCOUNT, logger, copying=copying, part_size=SMALL_PARTS))


def test_the_other_client_aborts_what_could_not_be_copied() -> None:
    logger = Logger(service=unique("parts"))
    with stubbed("s3") as (client, stub), stubbed("s3") as (copying, copy_stub):
        expect_create(stub)
        refuse(copy_stub, "upload_part_copy", "AccessDenied", 403)
        expect_abort(stub)

        with pytest.raises(AccessDeniedError):
            copy(S3Objects(client, ACCOUNT, logger, copying=copying, part_size=SMALL_PARTS))


def test_the_time_that_a_part_needs_can_be_given() -> None:
    with stubbed("s3") as (client, _):
        objects = S3Objects(client, ACCOUNT, Logger(service=unique("parts")), seconds_kept=87.0)

        with pytest.raises(TransientError, match="too little time"):
            copy(objects, seconds_left=lambda: 86.9)


def test_without_time_nothing_is_begun() -> None:
    with stubbed_objects() as (objects, _), pytest.raises(TransientError, match="too little time"):
        copy(objects, seconds_left=lambda: 59.0)


def test_time_that_runs_out_between_two_parts_aborts() -> None:
    left = iter([300.0, 300.0, 59.0])
    with stubbed_objects() as (objects, stub):
        expect_create(stub)
        stub.add_response("upload_part_copy", {"CopyPartResult": {"ETag": '"one"'}})
        expect_abort(stub)

        with pytest.raises(TransientError, match="too little time"):
            copy(objects, seconds_left=lambda: next(left))


@pytest.mark.parametrize("error", [ValueError("unforeseen"), Crash()], ids=["unforeseen", "end of process"])
def test_whatever_stops_the_copy_aborts_it(error: BaseException) -> None:
    def confirm() -> None:
        raise error

    with stubbed_objects() as (objects, stub):
        expect_everything_until_completion(stub)
        expect_abort(stub)

        with pytest.raises(type(error)):
            copy(objects, confirm=confirm)


@pytest.mark.parametrize(
    ("code", "status", "error"),
    [
        ("PreconditionFailed", 412, ChangedError),
        ("NoSuchKey", 404, NotFoundError),
        ("AccessDenied", 403, AccessDeniedError),
        ("KMS.DisabledException", 400, RefusalError),
        ("NoSuchUpload", 404, TransientError),
        ("SlowDown", 503, TransientError),
    ],
)
def test_refused_part_aborts(code: str, status: int, error: type[ResealError]) -> None:
    with stubbed_objects() as (objects, stub):
        expect_create(stub)
        refuse(stub, "upload_part_copy", code, status)
        if code == "PreconditionFailed":
            expect_head(stub, A_HEAD | {"ETag": '"another"'})
        expect_abort(stub)

        with pytest.raises(error, match=code):
            copy(objects)


@pytest.mark.parametrize(
    ("code", "status", "error"),
    [
        ("PreconditionFailed", 412, ChangedError),
        ("ConditionalRequestConflict", 409, ChangedError),
        ("NoSuchKey", 404, NotFoundError),
        ("InvalidRequest", 400, RefusalError),
    ],
)
def test_refused_completion_aborts(code: str, status: int, error: type[ResealError]) -> None:
    with stubbed_objects() as (objects, stub):
        expect_everything_until_completion(stub)
        refuse(stub, "complete_multipart_upload", code, status)
        if code == "ConditionalRequestConflict":
            expect_head(stub, A_HEAD | {"ETag": '"another"'})
        expect_abort(stub)

        with pytest.raises(error, match=code):
            copy(objects)


@pytest.mark.parametrize(("code", "status"), [("PreconditionFailed", 412), ("NoSuchUpload", 404)])
def test_completion_of_reseal_whose_answer_was_lost_is_done(code: str, status: int) -> None:
    with stubbed_objects() as (objects, stub):
        expect_everything_until_completion(stub)
        refuse(stub, "complete_multipart_upload", code, status, repeated=1)
        expect_head(stub, A_HEAD_UNDER_K | {"ETag": '"new"', "ContentType": "text/csv"})

        copy(objects, an_object(encryption=KMS_OBJECT.encryption, headers={"ContentType": "text/csv"}))


def test_upload_that_was_never_begun_is_not_aborted() -> None:
    with stubbed_objects() as (objects, stub):
        refuse(stub, "create_multipart_upload", "AccessDenied", 403)

        with pytest.raises(AccessDeniedError):
            copy(objects)


LOST = "a multipart upload without parts may be left behind"


def test_upload_that_had_to_be_begun_twice_is_reported() -> None:
    log = StringIO()
    with stubbed_objects(log) as (objects, stub):
        answer = {"UploadId": "upload-1", "ResponseMetadata": {"RetryAttempts": 1}}
        stub.add_response("create_multipart_upload", answer)
        expect_parts(stub, {"CopySourceIfUnmodifiedSince": NOON})
        stub.add_response("complete_multipart_upload", {})

        copy(objects)

    assert LOST in log.getvalue()
    assert all(f'"{name}"' in log.getvalue() for name in (BUCKET, KEY))


@pytest.mark.parametrize(("repeated", "logged"), [(1, True), (0, False)])
def test_upload_that_could_not_be_begun_is_reported_if_an_answer_was_lost(
    *, repeated: int, logged: bool
) -> None:
    log = StringIO()
    with stubbed_objects(log) as (objects, stub):
        refuse(stub, "create_multipart_upload", "InternalError", 500, repeated=repeated)

        with pytest.raises(TransientError, match="InternalError"):
            copy(objects)

    assert (LOST in log.getvalue()) == logged


def test_upload_that_stays_is_aborted_three_times() -> None:
    with stubbed_objects() as (objects, stub):
        expect_create(stub)
        refuse(stub, "upload_part_copy", "SlowDown", 503)
        for _ in range(3):
            stub.add_response("abort_multipart_upload", {}, UPLOAD)

        with pytest.raises(TransientError, match="SlowDown"):
            copy(objects)


def test_failed_abort_is_loud_and_does_not_hide_why() -> None:
    log = StringIO()
    with stubbed_objects(log) as (objects, stub):
        expect_create(stub)
        refuse(stub, "upload_part_copy", "NoSuchKey", 404)
        refuse(stub, "abort_multipart_upload", "AccessDenied", 403)

        with pytest.raises(NotFoundError):
            copy(objects)

    logged = log.getvalue()
    assert "a multipart upload was left behind" in logged
    assert all(f'"{name}"' in logged for name in (BUCKET, KEY, "upload-1"))
    assert "s3:AbortMultipartUpload: AccessDenied" in logged


class SlowClient:
    """Refuses the first part at once, while the second one takes its time."""

    def __init__(self) -> None:
        self.ended: list[str] = []
        self._running = Event()

    def create_multipart_upload(self, **_: object) -> dict[str, str]:
        return {"UploadId": "upload-1"}

    def upload_part_copy(self, **parameters: Any) -> dict[str, Any]:
        if parameters["PartNumber"] == 1:
            self._running.wait(5)
            raise client_error("SlowDown", 503)
        self._running.set()
        time.sleep(0.2)
        self.ended.append("part 2")
        return {"CopyPartResult": {"ETag": "two"}}

    def abort_multipart_upload(self, **_: object) -> None:
        self.ended.append("abort")
        raise client_error("NoSuchUpload", 404)


def test_upload_is_aborted_when_no_part_runs_any_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(s3_parts, "AT_ONCE", 2)
    client: Any = SlowClient()
    copies = S3Copies(client, ACCOUNT, lambda *_: KMS_OBJECT)
    parts = S3Parts(client, ACCOUNT, copies, Logger(service=unique("parts")), part_size=4)

    with pytest.raises(TransientError):
        parts.copy(KMS_OBJECT, UNDER_K, {}, enough, nothing)

    assert client.ended == ["part 2", "abort"]
