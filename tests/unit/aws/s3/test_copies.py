"""The exact CopyObject, its preconditions, and what is made of every refusal."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from botocore.exceptions import ReadTimeoutError
from botocore.stub import Stubber

from reseal.core.errors import (
    AccessDeniedError,
    ChangedError,
    NotFoundError,
    RefusalError,
    ResealError,
    TransientError,
)
from reseal.core.state.object_encryption import ObjectEncryption
from tests.support.builders import ACCOUNT, BUCKET, KEY, K, an_object, object_encryption
from tests.support.fakes.services import NOON
from tests.unit.aws.s3.stubs import (
    A_HEAD,
    A_HEAD_UNDER_K,
    ETAG,
    NAMED,
    UNDER_K,
    expect_head,
    refuse,
    stubbed_objects,
)

BY_TIME, BY_ETAG = {"CopySourceIfUnmodifiedSince": NOON}, {"CopySourceIfMatch": ETAG}
UNDER_K_PARAMETERS = {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": K, "BucketKeyEnabled": True}
KMS_OBJECT = an_object(encryption=object_encryption("aws:kms", K))
LATER = NOON + timedelta(seconds=1)
REFUSED: list[tuple[str, int, type[ResealError]]] = [
    ("NoSuchKey", 404, NotFoundError),
    ("NoSuchVersion", 404, NotFoundError),
    ("AccessDenied", 403, AccessDeniedError),
    ("InvalidRequest", 400, RefusalError),
    ("InvalidObjectState", 403, RefusalError),
    ("KMS.NotFoundException", 400, RefusalError),
    ("KMS.DisabledException", 400, RefusalError),
    ("KMS.KMSInvalidStateException", 400, RefusalError),
    ("KMS.ThrottlingException", 400, TransientError),
    ("InternalError", 500, TransientError),
    ("OperationAborted", 409, TransientError),
]


def expected(
    condition: dict[str, Any], encryption: dict[str, Any] = UNDER_K_PARAMETERS, **more: Any
) -> dict[str, Any]:
    source = {"CopySource": {"Bucket": BUCKET, "Key": KEY}, "ExpectedSourceBucketOwner": ACCOUNT}
    return NAMED | source | encryption | {"IfMatch": ETAG} | condition | more


def expect_copy(stub: Stubber, condition: dict[str, Any], **more: Any) -> None:
    stub.add_response("copy_object", {}, expected(condition, **more))


@pytest.mark.parametrize(
    ("intended", "parameters"),
    [
        (UNDER_K, UNDER_K_PARAMETERS),
        (object_encryption("aws:kms", K), UNDER_K_PARAMETERS | {"BucketKeyEnabled": False}),
        (
            object_encryption("aws:kms:dsse", K),
            {"ServerSideEncryption": "aws:kms:dsse", "SSEKMSKeyId": K},
        ),
    ],
    ids=["Bucket Key on", "Bucket Key off", "DSSE-KMS"],
)
def test_copy_states_the_whole_encryption(intended: ObjectEncryption, parameters: dict[str, Any]) -> None:
    with stubbed_objects() as (objects, stub):
        stub.add_response("copy_object", {}, expected(BY_TIME, parameters))

        objects.copy(an_object(), intended, {})


def test_what_is_to_be_sent_is_sent_as_it_is() -> None:
    sent = {"StorageClass": "STANDARD_IA", "MetadataDirective": "COPY", "GrantRead": 'id="them"'}
    with stubbed_objects() as (objects, stub):
        expect_copy(stub, BY_TIME, **sent)

        objects.copy(an_object(), UNDER_K, sent)


@pytest.mark.parametrize("version", ["v1", "null"])
def test_version_that_was_looked_at_is_what_is_copied(version: str) -> None:
    source = {"Bucket": BUCKET, "Key": KEY, "VersionId": version}
    with stubbed_objects() as (objects, stub):
        expect_copy(stub, BY_TIME, CopySource=source)

        objects.copy(an_object(version_id=version), UNDER_K, {})


def test_object_under_kms_is_copied_on_the_same_conditions() -> None:
    with stubbed_objects() as (objects, stub):
        expect_copy(stub, BY_TIME)

        objects.copy(KMS_OBJECT, UNDER_K, {})


def test_time_that_s3_compares_more_finely_than_it_shows_is_looked_up() -> None:
    with stubbed_objects() as (objects, stub):
        stub.add_client_error("copy_object", "PreconditionFailed", expected_params=expected(BY_TIME))
        expect_head(stub, A_HEAD)
        expect_copy(stub, BY_ETAG)

        objects.copy(an_object(), UNDER_K, {})


@pytest.mark.parametrize(
    "now",
    [{"LastModified": LATER}, {"ETag": '"another"'}],
    ids=["the same bytes again", "other bytes"],
)
def test_newer_write_is_left_alone(now: dict[str, Any]) -> None:
    with stubbed_objects() as (objects, stub):
        refuse(stub, "copy_object", "PreconditionFailed", 412)
        expect_head(stub, A_HEAD | now)

        with pytest.raises(ChangedError):
            objects.copy(an_object(), UNDER_K, {})


def test_second_refusal_of_an_object_that_looks_the_same_is_final() -> None:
    with stubbed_objects() as (objects, stub):
        refuse(stub, "copy_object", "PreconditionFailed", 412)
        expect_head(stub, A_HEAD)
        refuse(stub, "copy_object", "PreconditionFailed", 412)

        with pytest.raises(ChangedError):
            objects.copy(an_object(), UNDER_K, {})


def test_object_that_went_between_two_looks_is_gone() -> None:
    with stubbed_objects() as (objects, stub):
        refuse(stub, "copy_object", "PreconditionFailed", 412)
        refuse(stub, "head_object", "404", 404)

        with pytest.raises(NotFoundError):
            objects.copy(an_object(), UNDER_K, {})


@pytest.mark.parametrize(("code", "status", "error"), REFUSED, ids=[code for code, _, _ in REFUSED])
def test_code_becomes_its_error(code: str, status: int, error: type[ResealError]) -> None:
    with stubbed_objects() as (objects, stub):
        refuse(stub, "copy_object", code, status)

        with pytest.raises(error, match=f"s3:PutObject: {code}") as raised:
            objects.copy(an_object(), UNDER_K, {})

    assert type(raised.value) is error


@pytest.mark.parametrize(
    ("code", "status"),
    [("PreconditionFailed", 412), ("ConditionalRequestConflict", 409), ("InternalError", 500)],
)
def test_copy_of_reseal_whose_answer_was_lost_is_done(code: str, status: int) -> None:
    with stubbed_objects() as (objects, stub):
        refuse(stub, "copy_object", code, status, repeated=1)
        for _ in range(2 if code == "PreconditionFailed" else 1):  # a refused time is looked up as well
            expect_head(stub, A_HEAD_UNDER_K | {"ETag": '"new"', "LastModified": LATER})

        objects.copy(KMS_OBJECT, UNDER_K, {})


@pytest.mark.parametrize(
    "now",
    [A_HEAD, A_HEAD_UNDER_K | {"ContentLength": 6}, A_HEAD_UNDER_K | {"Metadata": {"a": "b"}}],
    ids=["another encryption", "another length", "other metadata"],
)
@pytest.mark.parametrize("repeated", [0, 1])
def test_write_of_another_writer_is_not_taken_for_reseals(now: dict[str, Any], repeated: int) -> None:
    with stubbed_objects() as (objects, stub):
        refuse(stub, "copy_object", "ConditionalRequestConflict", 409, repeated=repeated)
        expect_head(stub, now | {"ETag": '"new"', "LastModified": LATER})

        with pytest.raises(ChangedError):
            objects.copy(KMS_OBJECT, UNDER_K, {})


@pytest.mark.parametrize("repeated", [0, 1], ids=["another writer's", "perhaps Reseal's"])
def test_write_that_is_under_way_is_waited_for(repeated: int) -> None:
    with stubbed_objects() as (objects, stub):
        refuse(stub, "copy_object", "ConditionalRequestConflict", 409, repeated=repeated)
        expect_head(stub, A_HEAD)

        with pytest.raises(TransientError, match="another write is in progress"):
            objects.copy(KMS_OBJECT, UNDER_K, {})


@pytest.mark.parametrize("now", [A_HEAD, A_HEAD | {"ETag": '"new"'}], ids=["as before", "written again"])
def test_failure_that_may_pass_stays_one_where_nothing_was_done(now: dict[str, Any]) -> None:
    with stubbed_objects() as (objects, stub):
        refuse(stub, "copy_object", "SlowDown", 503, repeated=3)
        expect_head(stub, now)

        with pytest.raises(TransientError, match="SlowDown"):
            objects.copy(KMS_OBJECT, UNDER_K, {})


def test_copy_whose_answer_never_came_is_looked_up() -> None:
    with stubbed_objects() as (objects, stub):
        client: Any = objects._client
        expect_head(stub, A_HEAD_UNDER_K | {"ETag": '"new"', "LastModified": LATER})

        def hang(**_: object) -> None:
            raise ReadTimeoutError(endpoint_url="https://s3")

        client.meta.events.register_first("before-call.s3.CopyObject", hang)

        objects.copy(KMS_OBJECT, UNDER_K, {})
