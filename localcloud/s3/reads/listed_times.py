"""The times in S3's documents are in whole seconds, like those in its headers (C39)."""

import re

from localcloud.request.calls import Response
from localcloud.s3 import s3_requests
from localcloud.s3.s3_requests import Answer, S3Request

_TIME = re.compile(rb"(<(?:LastModified|Initiated|CreationDate)>[^<.]+)\.\d+Z")


def install() -> None:
    """Wrap the listings and the copies."""
    s3_requests.wrap_dispatch(_answer)


def _answer(request: S3Request, answer: Answer) -> Response:
    status, headers, body = answer(request)
    if not _is_document(request) or not isinstance(body, bytes):
        return status, headers, body
    return status, headers, _TIME.sub(rb"\1.000Z", body)


def _is_document(request: S3Request) -> bool:
    """Whether the answer is S3's own text, and not the content of an object."""
    if request.method == "GET":
        return not request.key or "uploadId" in request.query
    return request.method == "PUT" and "x-amz-copy-source" in request.headers
