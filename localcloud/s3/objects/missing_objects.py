"""What a read tells of a key that is not there, and of the null version that is."""

from collections.abc import Callable

from ministack.services import s3

from localcloud.request import anchors
from localcloud.request.caller_rights import may
from localcloud.request.calls import Response
from localcloud.s3 import s3_errors
from localcloud.s3.stored_objects import NOT_FOUND, NULL_VERSION, Headers, Query, Record

VERSION = "x-amz-version-id"


def install() -> None:
    """Stand where Get and HeadObject answer."""
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
    """Whoever may not list the bucket is not told that an object is missing (C22)."""
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
    """Once a bucket has had versioning, an object without a version id has the id ``null``."""
    headers = original(record, bucket, key, include_checksums=include_checksums)
    return {VERSION: NULL_VERSION} | headers if s3._bucket_versioning.get(bucket) else headers
