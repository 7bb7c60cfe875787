"""Reads, copies and parts use the KMS key of a stored object with the caller's permissions."""

from ministack.services import s3

from localcloud.request.calls import Response
from localcloud.s3 import s3_requests
from localcloud.s3.objects.object_encryption import KEY_ID, refused_by_key
from localcloud.s3.s3_requests import Answer, S3Request
from localcloud.s3.stored_objects import Record, copy_source, stored_object, version_asked

CONTENT_QUERY = frozenset({"versionId", "partNumber", "x-id"})


def install() -> None:
    """Wrap every object call."""
    s3_requests.wrap_dispatch(_answer)


def _answer(request: S3Request, answer: Answer) -> Response:
    for key_id, actions in _keys_used(request):
        if refused := refused_by_key(key_id, *actions):
            return refused
    return answer(request)


def _keys_used(request: S3Request) -> list[tuple[str, tuple[str, ...]]]:
    """The KMS keys of stored objects that a request uses: reads, copy sources, parts (F12)."""
    used: list[tuple[Record | None, tuple[str, ...]]] = []
    if uploads := request.query.get("uploadId"):
        used.append((s3._multipart_uploads.get(uploads[0]), ("kms:GenerateDataKey", "kms:Decrypt")))
    elif request.key and _reads_content(request):
        record = stored_object(request.bucket, request.key, version_asked(request.query))
        used.append((record, ("kms:Decrypt",)))
    if source := request.headers.get("x-amz-copy-source"):
        used.append((stored_object(*copy_source(source)), ("kms:Decrypt",)))
    stored = [((record or {}).get("preserved_headers", {}).get(KEY_ID), actions) for record, actions in used]
    return [(key_id, actions) for key_id, actions in stored if key_id]


def _reads_content(request: S3Request) -> bool:
    """GetObject does; HeadObject only if it requests the checksum (C23)."""
    if request.query.keys() - CONTENT_QUERY:
        return False
    asks_checksum = request.headers.get("x-amz-checksum-mode", "").upper() == "ENABLED"
    return request.method == "GET" or (request.method == "HEAD" and asks_checksum)
