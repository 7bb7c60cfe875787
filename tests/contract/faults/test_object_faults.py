"""The object adapters, with clients configured as in the function, under faults of the local cloud."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from aws_lambda_powertools import Logger

from localcloud.client.handle import Credentials, LocalCloud
from reseal.aws.dynamodb.ledger import DynamoDbLedger, retry_conflicts
from reseal.aws.s3.objects import S3Objects
from reseal.core.errors import AccessDeniedError, RefusalError, TransientError, WrongRegionError
from reseal.core.state.object_encryption import ObjectEncryption
from reseal.core.state.s3_object import ObservedObject
from reseal.runtime.wiring.objects import COPIES, OBJECT_CALLS
from tests.contract.worlds.calls import ACCOUNT, Calls
from tests.contract.worlds.evidence import new_table
from tests.contract.worlds.objects import MIB, PART
from tests.support.entries import OF_BUCKET, applied, by_id, of_object
from tests.support.fakes.services import NOON
from tests.support.names import unique

KEY = "2026/salaries.csv"
AS_DEPLOYED: dict[str, Any] = dict(OBJECT_CALLS._user_provided_options)
COPIES_AS_DEPLOYED: dict[str, Any] = dict(COPIES._user_provided_options)
SENT = {"MetadataDirective": "COPY"}
NOTHING_LEFT: dict[str, Any] = {"seconds_left": lambda: 300.0, "confirm": lambda: None}


class ObjectTarget:
    """One bucket for one object after another, and the adapter."""

    def __init__(self, cloud: LocalCloud, user: Credentials) -> None:
        self.cloud, self.s3 = cloud, cloud.client("s3", user)
        self.bucket = unique("object-faults")
        self.s3.create_bucket(Bucket=self.bucket)
        client = cloud.client("s3", user, **AS_DEPLOYED)
        copying = cloud.client("s3", user, **COPIES_AS_DEPLOYED)
        logger = Logger(service=unique("faults"))
        self.objects = S3Objects(client, ACCOUNT, logger, copying=copying, part_size=PART)
        key = cloud.client("kms", user).create_key()["KeyMetadata"]["Arn"]
        self.under_k = ObjectEncryption(algorithm="aws:kms", key_id=key, bucket_key=True)

    def put(self, body: bytes = b"bytes", **properties: Any) -> ObservedObject:
        self.s3.put_object(Bucket=self.bucket, Key=KEY, Body=body, **properties)
        self.cloud.make_older(self.bucket, KEY, 60)
        return self.now()

    def now(self) -> ObservedObject:
        return self.objects.read(self.bucket, KEY, None)

    def uploads(self) -> int:
        return len(self.s3.list_multipart_uploads(Bucket=self.bucket).get("Uploads", []))


@pytest.fixture(scope="module")
def target(cloud: LocalCloud, user: Credentials) -> ObjectTarget:
    return ObjectTarget(cloud, user)


@pytest.mark.parametrize("kms", [False, True], ids=["ETag of the content", "ETag of its own"])
def test_copy_with_a_lost_answer_is_recognised_as_own(
    calls: Calls, target: ObjectTarget, *, kms: bool
) -> None:
    own_etag = {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": target.under_k.key_id}
    head = target.put(**(own_etag if kms else {}))
    calls.fail("s3", "CopyObject", kind="lost_response", status=500)

    target.objects.copy(head, target.under_k, SENT)

    assert calls.made("CopyObject") == 2
    assert target.now().encryption == target.under_k


def test_temporary_conflict_is_retried(calls: Calls, target: ObjectTarget) -> None:
    head = target.put()
    calls.fail("s3", "CopyObject", status=409, code="OperationAborted")

    target.objects.copy(head, target.under_k, SENT)

    assert calls.made("CopyObject") == 2


@pytest.mark.parametrize(("status", "code"), [(503, "SlowDown"), (500, "InternalError")])
def test_temporary_failure_is_retried(calls: Calls, target: ObjectTarget, status: int, code: str) -> None:
    head = target.put()
    calls.fail("s3", "UpdateObjectEncryption", status=status, code=code)

    target.objects.update_encryption(head, target.under_k)

    assert calls.made("UpdateObjectEncryption") == 2


@pytest.mark.parametrize(
    ("status", "code", "error"),
    [
        (403, "AccessDenied", AccessDeniedError),
        (400, "InvalidRequest", RefusalError),
        (409, "ConditionalRequestConflict", TransientError),
        (301, "PermanentRedirect", WrongRegionError),
    ],
)
def test_refusal_is_not_retried(
    calls: Calls, target: ObjectTarget, status: int, code: str, error: type[Exception]
) -> None:
    head = target.put()
    calls.fail("s3", "CopyObject", status=status, code=code, times=None)

    with pytest.raises(error, match=code):
        target.objects.copy(head, target.under_k, SENT)

    assert (calls.made("CopyObject"), target.now()) == (1, head)


def test_permanent_failure_of_one_part_aborts_the_upload(calls: Calls, target: ObjectTarget) -> None:
    head = target.put(b"0" * (PART * 2 + MIB))
    calls.fail("s3", "UploadPartCopy", status=403, code="AccessDenied")

    with pytest.raises(AccessDeniedError):
        target.objects.copy_in_parts(head, target.under_k, {}, **NOTHING_LEFT)

    assert (target.uploads(), target.now()) == (0, head)


def test_part_that_fails_once_is_retried(calls: Calls, target: ObjectTarget) -> None:
    head = target.put(b"0" * (PART + MIB))
    calls.fail("s3", "UploadPartCopy", status=503, code="SlowDown")

    target.objects.copy_in_parts(head, target.under_k, {}, **NOTHING_LEFT)

    assert (calls.made("UploadPartCopy"), target.now().encryption) == (3, target.under_k)


def test_completion_with_a_lost_answer_leaves_the_copy_and_no_upload(
    calls: Calls, target: ObjectTarget
) -> None:
    head = target.put(b"0" * (PART + MIB))
    calls.fail("s3", "CompleteMultipartUpload", kind="lost_response", status=500)

    target.objects.copy_in_parts(head, target.under_k, {}, **NOTHING_LEFT)

    assert (target.uploads(), target.now().encryption) == (0, target.under_k)


def test_failed_abort_does_not_hide_the_first_error(calls: Calls, target: ObjectTarget) -> None:
    head = target.put()
    calls.fail("s3", "UploadPartCopy", status=403, code="AccessDenied")
    calls.fail("s3", "AbortMultipartUpload", status=400, code="InvalidRequest", times=None)

    with pytest.raises(AccessDeniedError, match="s3:PutObject"):
        target.objects.copy_in_parts(head, target.under_k, {}, **NOTHING_LEFT)

    assert target.uploads() == 1
    left = target.s3.list_multipart_uploads(Bucket=target.bucket)["Uploads"][0]["UploadId"]
    target.cloud.clear_faults()
    target.s3.abort_multipart_upload(Bucket=target.bucket, Key=KEY, UploadId=left)


ONE, OTHER = of_object(1), of_object(2)


@pytest.mark.parametrize(
    ("entries", "opened_by", "closed_by"),
    [
        ([ONE, OTHER], "TransactWriteItems", "TransactWriteItems"),
        ([ONE], "PutItem", "TransactWriteItems"),
        ([OF_BUCKET], "PutItem", "PutItem"),
    ],
    ids=["several", "a copy", "a bucket"],
)
def test_ledger_write_with_a_lost_answer_is_retried(
    cloud: LocalCloud, user: Credentials, calls: Calls, entries: list[Any], opened_by: str, closed_by: str
) -> None:
    client = cloud.client("dynamodb", user, **AS_DEPLOYED)
    retry_conflicts(client)
    ledger = DynamoDbLedger(client, new_table(client), timedelta(days=400))
    closed = [applied(entry) for entry in entries]

    calls.fail("dynamodb", opened_by, kind="lost_response", status=500)
    opened = ledger.open_all(entries, NOON)
    calls.fail("dynamodb", closed_by, kind="lost_response", status=500)
    held = ledger.close_all(closed, NOON)

    assert (opened, held) == (by_id(*entries), {})
    assert ledger.read_all([entry.entry_id for entry in entries]) == by_id(*closed)
