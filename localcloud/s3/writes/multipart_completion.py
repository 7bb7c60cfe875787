"""CompleteMultipartUpload: the object gets the settings of CreateMultipartUpload (C19, C24)."""

from collections.abc import Callable
from functools import partial
from urllib.parse import parse_qsl
from xml.etree.ElementTree import ParseError, fromstring

from ministack.services import s3

from localcloud.request.calls import Response
from localcloud.s3 import checksums, preconditions, s3_errors
from localcloud.s3.objects import encryption_contexts, object_acls
from localcloud.s3.objects.object_encryption import SSE, opaque_etag
from localcloud.s3.objects.result_documents import describing
from localcloud.s3.stored_objects import Headers, Query, Record, subresource_version
from localcloud.s3.writes.object_writes import WRITTEN, amending

OK = 200
BEGUN, HEADERS = "localcloud_begun", "localcloud_headers"
WHOLE, COMPOSITE = "localcloud_whole_checksum", "checksum_algorithm"


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
    if refused := _refusal(upload, body, headers or {}, minimum):
        return refused
    with amending(bucket, key, partial(_amend, upload)):
        status, answer, result = original(bucket, key, body, query, headers)
    if status != OK:
        return status, answer, result
    record = s3._buckets[bucket]["objects"][key]
    _supply(upload[HEADERS], bucket, key, record)
    response = status, answer, describing(result, record)
    s3._completed_multipart_uploads[identity]["response"] = response
    return response


def _refusal(upload: Record, body: bytes, headers: Headers, minimum: int) -> Response | None:
    current = s3._buckets[upload["bucket"]]["objects"].get(upload["key"])
    if headers.get("if-match") and current and current[WRITTEN] > upload[BEGUN]:
        return preconditions.conflict("If-Match")  # even when the ETag matches (C19)
    parts = [upload["parts"][number] for number in _listed(body) if number in upload["parts"]]
    if any(part["size"] < minimum for part in parts[:-1]):  # C27
        return s3_errors.bad_request(
            "EntityTooSmall", "Your proposed upload is smaller than the minimum allowed size"
        )
    sent = headers.get(f"x-amz-checksum-{(upload[WHOLE] or '').lower()}")
    if sent and sent != s3._compute_s3_checksum(upload[WHOLE], b"".join(part["body"] for part in parts)):
        return s3_errors.bad_request(
            "BadDigest", f"The {upload[WHOLE]} you specified did not match the calculated checksum."
        )
    return None


def _listed(body: bytes) -> list[int]:
    """The numbers of the parts to join; empty if MiniStack will refuse the document."""
    try:
        elements = fromstring(body).iter()  # noqa: S314 - a local test's request
    except ParseError:
        return []
    numbers = [element.text or "" for element in elements if element.tag.endswith("PartNumber")]
    return sorted(int(number) for number in numbers if number.isdigit())


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
