"""CompleteMultipartUpload: the object gets the settings of CreateMultipartUpload (C19, C24)."""

from collections.abc import Callable
from functools import partial
from urllib.parse import parse_qsl

from ministack.services import s3

from localcloud.request.calls import Response
from localcloud.s3 import checksums
from localcloud.s3.objects import encryption_contexts, object_acls
from localcloud.s3.objects.object_encryption import (
    CUSTOMER_ALGORITHM,
    CUSTOMER_KEY,
    CUSTOMER_MD5,
    SSE,
    opaque_etag,
)
from localcloud.s3.objects.result_documents import describing
from localcloud.s3.stored_objects import Headers, Query, Record, subresource_version
from localcloud.s3.writes import multipart_refusals
from localcloud.s3.writes.multipart_refusals import WHOLE
from localcloud.s3.writes.object_writes import amending

OK = 200
HEADERS = "localcloud_headers"
CUSTOMER_HEADERS = (CUSTOMER_ALGORITHM, CUSTOMER_KEY, CUSTOMER_MD5)


def complete(
    original: Callable[..., Response],
    bucket: str,
    key: str,
    body: bytes,
    query: Query,
    headers: Headers | None = None,
    *,
    minimum: int,
) -> Response:
    """Complete an upload and keep the response, because a repeated completion returns it again."""
    identity = query["uploadId"][0]
    upload = s3._multipart_uploads.get(identity)
    if upload is None or bucket not in s3._buckets or (upload["bucket"], upload["key"]) != (bucket, key):
        return original(bucket, key, body, query, headers)
    request = headers or {}
    if refused := multipart_refusals.of_completion(upload, body, request, minimum):
        return refused
    if not request.keys() & set(CUSTOMER_HEADERS):  # only parts need the customer's key (C38)
        request = request | {
            name: upload[HEADERS][name] for name in CUSTOMER_HEADERS if name in upload[HEADERS]
        }
    with amending(bucket, key, partial(_amend, upload)):
        status, answer, result = original(bucket, key, body, query, request)
    if status != OK:
        return status, answer, result
    record = s3._buckets[bucket]["objects"][key]
    _supply(upload[HEADERS], bucket, key, record)
    response = status, answer, describing(result, record)
    s3._completed_multipart_uploads[identity]["response"] = response
    return response


def _amend(upload: Record, record: Record) -> None:
    """The ETag contains the number of parts; it depends on their content only under SSE-S3.

    The object's time is the start of its upload (C36).
    """
    record["last_modified"] = upload["created"]
    if record["preserved_headers"].get(SSE) != "AES256":
        record["etag"] = f'{opaque_etag()[:-1]}-{len(record["parts"])}"'
    if not record["checksums"]:
        record |= checksums.full_object(record, [upload[WHOLE]] if upload[WHOLE] else [])


def _supply(request: Headers, bucket: str, key: str, record: Record) -> None:
    """Tags, ACL, lock and encryption context, which MiniStack ignores in CreateMultipartUpload (C24)."""
    version = subresource_version(record)
    if tags := dict(parse_qsl(request.get("x-amz-tagging", ""), keep_blank_values=True)):
        s3._object_tags[bucket, key, version] = tags
    acl, _ = object_acls.requested(bucket, request)
    if acl:
        s3._object_acl[bucket, key, version] = acl
    s3._apply_object_lock_from_headers(bucket, key, request, version)
    encryption_contexts.keep(bucket, key, record, request.get(encryption_contexts.CONTEXT))
