"""CopyObject, so far as the encryption of the copy goes; preconditions and locks come later."""

from collections.abc import Callable

from ministack.services import s3

from localcloud import anchors
from localcloud.calls import Response
from localcloud.object_encryption import ETAG_IS_MD5, Headers, Record, copy_source, opaque_etag, stored_object

OK = 200


def install() -> None:
    """Replace MiniStack's copy."""
    anchors.replace("services.s3._copy_object", _copy_object)


def _copy_object(original: Callable[..., Response], bucket: str, key: str, headers: Headers) -> Response:
    """A copy under SSE-KMS, or of an object uploaded in parts, has an ETag of its own."""
    source = stored_object(*copy_source(headers["x-amz-copy-source"]))
    status, answer_headers, body = original(bucket, key, headers)
    if status != OK or source is None or (ETAG_IS_MD5.get() and "-" not in source["etag"]):
        return status, answer_headers, body
    old, new = source["etag"].strip('"'), opaque_etag()
    for record in _records_of_copy(bucket, key):
        record["etag"] = new
    return status, answer_headers, body.replace(old.encode(), new.strip('"').encode())


def _records_of_copy(bucket: str, key: str) -> list[Record]:
    copy: Record = s3._buckets[bucket]["objects"][key]
    versions = s3._object_versions.get((bucket, key), [])
    return [copy, *(version for version in versions if version["version_id"] == copy.get("version_id"))]
