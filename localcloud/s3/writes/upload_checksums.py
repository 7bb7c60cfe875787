"""An object uploaded without a checksum gets S3's default one, and the answer shows the object's (C40)."""

from collections.abc import Callable
from typing import Any

from ministack.services import s3

from localcloud.request import anchors
from localcloud.request.calls import CURRENT, Response
from localcloud.s3 import checksums, s3_requests
from localcloud.s3.s3_requests import Answer, S3Request
from localcloud.s3.stored_objects import Record

OK = 200
UPLOADS = frozenset({"PutObject", "PostObject"})


def install() -> None:
    """Wrap MiniStack's recording of versions, and the answers to uploads."""
    anchors.replace("services.s3._record_object_version", _record_version)
    s3_requests.wrap_dispatch(_answer)


def _is_upload() -> bool:
    call = CURRENT.get()
    return call is not None and call.operation in UPLOADS


def _record_version(
    original: Callable[..., str | None],
    bucket: str,
    key: str,
    prior: Record | None,
    record: Record,
    data: Any,
) -> str | None:
    if _is_upload():
        record |= checksums.of_upload(record)
    return original(bucket, key, prior, record, data)


def _answer(request: S3Request, answer: Answer) -> Response:
    status, headers, body = answer(request)
    if status != OK or not request.key or request.method != "PUT" or not _is_upload():
        return status, headers, body
    record = s3._buckets[request.bucket]["objects"][request.key]
    return status, headers | checksums.headers(record), body
