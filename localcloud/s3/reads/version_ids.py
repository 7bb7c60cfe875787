"""Version ids that S3 refuses: of a bucket without versions, and of delete markers (C9, C39)."""

from ministack.services import s3

from localcloud.request.calls import Response
from localcloud.s3 import s3_errors, s3_requests
from localcloud.s3.s3_requests import Answer, S3Request
from localcloud.s3.stored_objects import (
    NULL_VERSION,
    Record,
    is_delete_marker,
    stored_object,
    version_asked,
)

OF_AN_OBJECT = frozenset({"acl", "annotation", "attributes", "legal-hold", "retention", "tagging"})


def install() -> None:
    """Wrap every object call."""
    s3_requests.wrap_dispatch(_answer)


def _answer(request: S3Request, answer: Answer) -> Response:
    bucket, version = request.bucket, version_asked(request.query)
    if not request.key or bucket not in s3._buckets:
        return answer(request)
    if version not in {"", NULL_VERSION} and not s3._bucket_versioning.get(bucket):
        return s3_errors.bad_request("InvalidArgument", "Invalid version id specified")
    marker = _marker(request, version)
    if marker is None:
        return answer(request)
    refused: Response = s3._delete_marker_read_refused(marker)
    return refused


def _marker(request: S3Request, version: str) -> Record | None:
    """The delete marker whose properties a request names; GetObjectTagging names the current one too."""
    if not OF_AN_OBJECT & request.query.keys():
        return None
    if version:
        record = stored_object(request.bucket, request.key, version)
    elif request.method == "GET" and "tagging" in request.query:
        versions = s3._object_versions.get((request.bucket, request.key), [])
        record = versions[-1] if versions else None
    else:
        return None
    return record if record and is_delete_marker(record) else None
