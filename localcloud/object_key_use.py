"""What the KMS key of a stored object allows: reads, copies and parts use it with the caller's rights."""

from collections.abc import Callable

from ministack.services import s3

from localcloud import anchors
from localcloud.calls import Response
from localcloud.object_encryption import KEY_ID, refused_by_key
from localcloud.stored_objects import Headers, Query, Record, copy_source, stored_object, version_asked

CONTENT_QUERY = frozenset({"versionId", "partNumber", "x-id"})


def install() -> None:
    """Stand before every object call."""
    anchors.replace("services.s3._dispatch", _dispatch)


def _dispatch(
    original: Callable[..., Response],
    method: str,
    bucket: str,
    key: str,
    headers: Headers,
    body: bytes,
    query: Query,
) -> Response:
    for key_id, actions in _keys_used(method, bucket, key, headers, query):
        if refused := refused_by_key(key_id, *actions):
            return refused
    return original(method, bucket, key, headers, body, query)


def _keys_used(
    method: str, bucket: str, key: str, headers: Headers, query: Query
) -> list[tuple[str, tuple[str, ...]]]:
    """The stored keys a request uses beside that of what it writes: reads, copy sources, parts (F12)."""
    used: list[tuple[Record | None, tuple[str, ...]]] = []
    if "uploadId" in query:
        used.append((s3._multipart_uploads.get(query["uploadId"][0]), ("kms:GenerateDataKey", "kms:Decrypt")))
    elif key and _reads_content(method, headers, query):
        used.append((stored_object(bucket, key, version_asked(query)), ("kms:Decrypt",)))
    if source := headers.get("x-amz-copy-source"):
        used.append((stored_object(*copy_source(source)), ("kms:Decrypt",)))
    stored = [((record or {}).get("preserved_headers", {}).get(KEY_ID), actions) for record, actions in used]
    return [(key_id, actions) for key_id, actions in stored if key_id]


def _reads_content(method: str, headers: Headers, query: Query) -> bool:
    """GetObject does; HeadObject only when it is asked for the checksum (C23)."""
    if query.keys() - CONTENT_QUERY:
        return False
    asks_checksum = headers.get("x-amz-checksum-mode", "").upper() == "ENABLED"
    return method == "GET" or (method == "HEAD" and asks_checksum)
