"""The responses to a read of a missing object, and the version id of a null version."""

from collections.abc import Callable

from ministack.services import s3

from localcloud.request import anchors
from localcloud.request.caller_rights import may
from localcloud.request.calls import Response
from localcloud.s3 import s3_errors
from localcloud.s3.stored_objects import NOT_FOUND, NULL_VERSION, Headers, Query, Record

VERSION = "x-amz-version-id"


def install() -> None:
    """Wrap GetObject and HeadObject."""
    anchors.replace("services.s3._get_object", _read)
    anchors.replace("services.s3._head_object", _read)
    anchors.replace("services.s3._object_response_headers", _headers)


def _read(
    original: Callable[..., Response],
    bucket: str,
    key: str,
    headers: Headers | None = None,
    query: Query | None = None,
) -> Response:
    """A caller without s3:ListBucket gets 403 for a missing object, not 404 (C22)."""
    answer = original(bucket, key, headers, query)
    if (
        answer[0] == NOT_FOUND
        and bucket in s3._buckets
        and not may("s3:ListBucket", f"arn:aws:s3:::{bucket}")
    ):
        return s3_errors.access_denied(bucket)
    return answer


def _headers(
    original: Callable[..., Headers],
    record: Record,
    bucket: str = "",
    key: str = "",
    include_checksums: object = None,
) -> Headers:
    """Once a bucket has had versioning, an object without a version id has the id `null`."""
    headers = original(record, bucket, key, include_checksums=include_checksums)
    return {VERSION: NULL_VERSION} | headers if s3._bucket_versioning.get(bucket) else headers
