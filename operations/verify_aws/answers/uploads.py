"""Uploads in parts: the conditions of their completion, and what it needs."""

from __future__ import annotations

import time
from email.utils import parsedate_to_datetime
from typing import Any

from operations.verify_aws.answers.buckets import CUSTOMER_KEY
from operations.verify_aws.answers.objects import under
from operations.verify_aws.bench import Bench, until
from operations.verify_aws.measurement import ACCEPTED, Expectation, Measurement, outcome

_OTHER_ETAG = '"00000000000000000000000000000000"'
_SECONDS = 3.0  # LastModified shows whole seconds


class Upload:
    """An upload of one part."""

    def __init__(self, bench: Bench, where: dict[str, str], **encryption: Any) -> None:
        self._s3, self._where = bench.s3, where
        self._parts_need = {name: encryption[name] for name in encryption if name in CUSTOMER_KEY}
        self.began = self._s3.create_multipart_upload(**where, **encryption)
        self._upload = {**where, "UploadId": self.began["UploadId"]}

    def complete(self, **conditions: Any) -> dict[str, Any]:
        """Upload the part and complete the upload."""
        part = self._s3.upload_part(**self._upload, PartNumber=1, Body=b"x", **self._parts_need)
        parts = {"Parts": [{"PartNumber": 1, "ETag": part["ETag"]}]}
        answer = self._s3.complete_multipart_upload(**self._upload, MultipartUpload=parts, **conditions)
        return dict(answer)


def _conditions(bench: Bench) -> str:
    where = {"Bucket": bench.bucket("upload"), "Key": "k"}
    seen = []

    def put() -> str:
        return str(bench.s3.put_object(**where, Body=b"x")["ETag"])

    etag = put()
    upload = Upload(bench, where)
    seen.append(outcome(lambda: upload.complete(IfMatch=_OTHER_ETAG)))
    put()
    seen.append(outcome(lambda: upload.complete(IfMatch=etag)))
    deleted = Upload(bench, where)
    bench.s3.delete_object(**where)
    seen.append(outcome(lambda: deleted.complete(IfMatch=etag)))
    put()
    again = Upload(bench, where)
    bench.s3.delete_object(**where)
    seen.append(outcome(lambda: again.complete(IfNoneMatch="*")))
    return ", ".join(seen)


def _customer_key(bench: Bench) -> str:
    where = {"Bucket": bench.sse_c_bucket("customer"), "Key": "k"}
    until(lambda: outcome(lambda: bench.s3.put_object(**where, Body=b"x", **CUSTOMER_KEY)), ACCEPTED.__eq__)
    upload = Upload(bench, where, **CUSTOMER_KEY)
    return outcome(upload.complete)


def _last_modified(bench: Bench) -> str:
    where = {"Bucket": bench.bucket("upload"), "Key": "k"}
    upload = Upload(bench, where)
    time.sleep(_SECONDS)
    completed = upload.complete()["ResponseMetadata"]["HTTPHeaders"]["date"]
    shown = bench.s3.head_object(**where)
    seconds = _moment(completed) - shown["LastModified"].timestamp()
    return "when it began" if seconds > _SECONDS / 2 else "when it was completed"


def _moment(header: str) -> float:
    return parsedate_to_datetime(header).timestamp()


def _answer_of_completion(bench: Bench) -> str:
    where, key = {"Bucket": bench.bucket("upload"), "Key": "k"}, bench.key("main")
    answer = Upload(bench, where, **under(key, BucketKeyEnabled=True)).complete()
    shown = answer.get("ServerSideEncryption"), answer.get("SSEKMSKeyId"), answer.get("BucketKeyEnabled")
    return "encryption, key and Bucket Key" if shown == ("aws:kms", key, True) else "less"


MEASUREMENTS = (
    Measurement(
        Expectation(
            name="conditions-of-a-completion",
            fact="C19",
            question="IfMatch with another ETag, with the same after a write, after a deletion; IfNoneMatch "
            "after a deletion",
            expected="PreconditionFailed, ConditionalRequestConflict, NoSuchKey, ConditionalRequestConflict",
        ),
        _conditions,
    ),
    Measurement(
        Expectation(
            name="completion-under-sse-c",
            fact="C38",
            question="CompleteMultipartUpload of an upload under SSE-C without the customer's key",
            expected="accepted",
        ),
        _customer_key,
    ),
    Measurement(
        Expectation(
            name="time-of-an-upload",
            fact="C36",
            question="The LastModified of an object uploaded in parts",
            expected="when it began",
        ),
        _last_modified,
    ),
    Measurement(
        Expectation(
            name="answer-of-a-completion",
            fact="A21",
            question="What CompleteMultipartUpload answers about the encryption",
            expected="encryption, key and Bucket Key",
        ),
        _answer_of_completion,
    ),
)
