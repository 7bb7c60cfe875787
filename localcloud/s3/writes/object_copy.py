"""CopyObject: what S3 keeps, what it drops unless the request sends it, what it refuses (C.1 to C.3)."""

import hashlib
from collections.abc import Callable
from functools import partial

from ministack.services import s3

from localcloud.request import anchors
from localcloud.request.calls import Response
from localcloud.s3 import checksums
from localcloud.s3.objects.object_encryption import SSE, opaque_etag
from localcloud.s3.objects.result_documents import describing
from localcloud.s3.stored_objects import NULL_VERSION, Headers, Record, subresource_version
from localcloud.s3.writes import copy_rules
from localcloud.s3.writes.object_writes import amending

OK = 200
REDIRECT = "x-amz-website-redirect-location"
STORAGE_CLASS = "x-amz-storage-class"


def install(*, limit: int) -> None:
    """Extend MiniStack's copy; sources above `limit` bytes are refused."""
    anchors.replace("services.s3._copy_object", partial(_copy_object, limit=limit))


def _copy_object(
    original: Callable[..., Response], bucket: str, key: str, headers: Headers, *, limit: int
) -> Response:
    if refused := copy_rules.refusal(bucket, key, headers, limit):
        return refused
    request = copy_rules.addressable(headers) | {STORAGE_CLASS: headers.get(STORAGE_CLASS) or "STANDARD"}
    with amending(bucket, key, partial(_amend, headers)):
        status, answer, body = original(bucket, key, request)
    if status != OK:
        return status, answer, body
    copy = s3._buckets[bucket]["objects"][key]
    _lock(bucket, key, headers, copy)
    if s3._bucket_versioning.get(bucket) == "Suspended":
        answer["x-amz-version-id"] = NULL_VERSION
    return status, answer, describing(body, copy)


def _amend(headers: Headers, copy: Record) -> None:
    """Remove what MiniStack copies and S3 does not, and add the reverse (C35)."""
    if REDIRECT in headers:
        copy["preserved_headers"][REDIRECT] = headers[REDIRECT]
    else:
        copy["preserved_headers"].pop(REDIRECT, None)
    if headers.get("x-amz-metadata-directive", "").upper() == "REPLACE":
        copy["content_type"] = headers.get("content-type", "binary/octet-stream")
        copy["content_encoding"] = headers.get("content-encoding")
    copy["etag"] = _etag(copy)
    copy |= checksums.of_copy(copy, checksums.asked_algorithm(headers))


def _etag(copy: Record) -> str:
    """The MD5 of the content only under SSE-S3, even if the source was uploaded in parts."""
    if copy["preserved_headers"].get(SSE) != "AES256":
        return opaque_etag()
    return f'"{hashlib.md5(copy["body"], usedforsecurity=False).hexdigest()}"'


def _lock(bucket: str, key: str, headers: Headers, copy: Record) -> None:
    """Retention and legal hold only as sent, or from the bucket's default retention."""
    version = subresource_version(copy)
    for store in (s3._object_retention, s3._object_legal_hold):
        store.pop((bucket, key, version), None)
    s3._apply_object_lock_from_headers(bucket, key, headers, version)
