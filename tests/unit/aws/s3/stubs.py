"""An S3Objects on a client that expects exact parameters, and the answers that a test starts from."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, TextIO

from aws_lambda_powertools import Logger
from botocore.stub import Stubber

from reseal.aws.s3.objects import S3Objects
from reseal.core.state.s3_object import ObservedObject
from tests.support.builders import ACCOUNT, BUCKET, KEY, K, an_object, object_encryption
from tests.support.fakes.services import NOON
from tests.support.fakes.stubs import stubbed
from tests.support.names import unique

ETAG = an_object().etag
NAMED = {"Bucket": BUCKET, "Key": KEY, "ExpectedBucketOwner": ACCOUNT, "RequestPayer": "requester"}
UNDER_K = object_encryption("aws:kms", K, bucket_key=True)
A_HEAD = {"ETag": ETAG, "LastModified": NOON, "ContentLength": 5, "ServerSideEncryption": "AES256"}
A_HEAD_UNDER_K = A_HEAD | {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": K, "BucketKeyEnabled": True}
SMALL_PARTS = 4
AN_OBJECT: ObservedObject = an_object()


@contextmanager
def stubbed_objects(log: TextIO | None = None) -> Iterator[tuple[S3Objects, Stubber]]:
    with stubbed("s3") as (client, stub):
        logger = Logger(service=unique("objects"), stream=log)
        yield S3Objects(client, ACCOUNT, logger, part_size=SMALL_PARTS), stub


def expect_head(stub: Stubber, answer: dict[str, Any], **named: str) -> None:
    stub.add_response("head_object", answer, NAMED | named | {"ChecksumMode": "ENABLED"})


def refuse(stub: Stubber, method: str, code: str, status: int, *, repeated: int = 0) -> None:
    """An error, after so many repetitions by botocore."""
    meta = {"RetryAttempts": repeated}
    stub.add_client_error(method, code, "as S3 puts it", http_status_code=status, response_meta=meta)
