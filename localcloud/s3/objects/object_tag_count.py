"""The number of an object's tags, shown to callers that may read the tags (C22)."""

from collections.abc import Callable

from ministack.services import s3

from localcloud.request import anchors
from localcloud.request.caller_rights import may
from localcloud.request.calls import CURRENT, Response
from localcloud.s3.stored_objects import (
    Headers,
    Query,
    is_delete_marker,
    stored_object,
    subresource_version,
    version_asked,
)

OK = 200


def install() -> None:
    """Wrap MiniStack's tag count of GetObject, and HeadObject, for which it counts none."""
    anchors.replace("services.s3._object_tagging_count_header", _count)
    anchors.replace("services.s3._head_object", _head)


def _count(original: Callable[..., Headers], bucket: str, key: str, version: str | None) -> Headers:
    call = CURRENT.get()
    names_version = call is not None and "versionId" in call.query
    action = "s3:GetObjectVersionTagging" if names_version else "s3:GetObjectTagging"
    counted = original(bucket, key, version)
    return counted if counted and may(action) else {}


def _head(
    original: Callable[..., Response],
    bucket: str,
    key: str,
    headers: Headers | None = None,
    query: Query | None = None,
) -> Response:
    status, answer, body = original(bucket, key, headers, query)
    record = stored_object(bucket, key, version_asked(query or {}))
    if status == OK and record and not is_delete_marker(record):
        answer |= s3._object_tagging_count_header(bucket, key, subresource_version(record))
    return status, answer, body
