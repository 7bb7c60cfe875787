"""MiniStack's objects: the record for a request, and S3's errors if there is none."""

from typing import Any
from urllib.parse import parse_qs, unquote

from ministack.core import responses
from ministack.services import s3

from localcloud.request.calls import Response
from localcloud.s3 import s3_errors

NULL_VERSION = "null"
NOT_FOUND, METHOD_NOT_ALLOWED = 404, 405

Headers = dict[str, str]
Query = dict[str, list[str]]
Record = dict[str, Any]


def copy_source(header: str) -> tuple[str, str, str]:
    """Bucket, key and version id in an x-amz-copy-source."""
    path, _, query = header.lstrip("/").partition("?")
    bucket, _, key = unquote(path).partition("/")
    return bucket, key, parse_qs(query).get("versionId", [""])[0]


def version_asked(query: Query) -> str:
    """The version id in a request's query, or nothing."""
    return query.get("versionId", [""])[0]


def stored_object(bucket: str, key: str, version: str = "") -> Record | None:
    """MiniStack's record of an object or of one version; a delete marker is a record too."""
    owner = s3._bucket_owner_account(bucket)
    if owner is None:
        return None
    with responses.request_scope(owner, responses.get_region()):
        current: Record | None = s3._buckets[bucket]["objects"].get(key)
        if not version or (current and (current.get("version_id") or NULL_VERSION) == version):
            return current
        versions = s3._object_versions.get((bucket, key), [])
        return next((found for found in versions if found["version_id"] == version), None)


def is_delete_marker(record: Record) -> bool:
    """Whether a record marks a deletion; only an explicit version id selects one (C9)."""
    return bool(record.get("is_delete_marker"))


def records_of(bucket: str, key: str, record: Record) -> list[Record]:
    """Every record MiniStack keeps of the same version: the current object and its entry in the index."""
    version = record.get("version_id") or NULL_VERSION
    current = s3._buckets[bucket]["objects"].get(key)
    found = [current, *s3._object_versions.get((bucket, key), [])]
    return [item for item in found if item and (item.get("version_id") or NULL_VERSION) == version]


def subresource_version(record: Record) -> str | None:
    """The version id under which MiniStack keeps tags, ACLs and locks: none for the null version."""
    version = record.get("version_id")
    return None if version in {None, NULL_VERSION} else str(version)


def not_found(bucket: str, key: str, version: str) -> Response:
    """404, or 405 if the requested version is a delete marker (C9)."""
    marker = stored_object(bucket, key, version) if version else None
    if marker and is_delete_marker(marker):
        refused: Response = s3._delete_marker_read_refused(marker)
        return refused
    if version:
        return s3_errors.error(
            "NoSuchVersion", "The specified version does not exist.", NOT_FOUND, f"{bucket}/{key}"
        )
    status, headers, body = s3_errors.error(
        "NoSuchKey", "The specified key does not exist.", NOT_FOUND, f"{bucket}/{key}"
    )
    return status, headers | s3._delete_marker_404_headers(bucket, key), body
