"""The copies that S3 refuses, for CopyObject and UploadPartCopy."""

import time

from ministack.services import s3

from localcloud.request.calls import Response
from localcloud.s3 import preconditions, s3_errors
from localcloud.s3.objects.object_encryption import CUSTOMER_ALGORITHM, SSE
from localcloud.s3.objects.object_state import ARCHIVE_STATUS
from localcloud.s3.stored_objects import (
    NULL_VERSION,
    Headers,
    Record,
    copy_source,
    is_delete_marker,
    stored_object,
)

CHANGES = (SSE, CUSTOMER_ALGORITHM, "x-amz-storage-class", "x-amz-website-redirect-location")
UNCHANGED = (
    "This copy request is illegal because it is trying to copy an object to itself without changing the "
    "object's metadata, storage class, website redirect location or encryption attributes."
)


def refusal(bucket: str, key: str, headers: Headers, limit: int) -> Response | None:
    """Why S3 refuses this CopyObject, which MiniStack would make; None if it does not."""
    source_bucket, source_key, version = copy_source(headers["x-amz-copy-source"])
    source = stored_object(source_bucket, source_key, version)
    if source is None or bucket not in s3._buckets:
        return None  # MiniStack returns the error
    if refused := source_refusal(headers):
        return refused
    if source["size"] > limit:  # C10
        return s3_errors.bad_request(
            "InvalidRequest",
            f"The specified copy source is larger than the maximum allowable size for a copy source: {limit}",
        )
    current = s3._buckets[bucket]["objects"].get(key)
    if source is current and _changes_nothing(bucket, source, headers):
        return s3_errors.bad_request("InvalidRequest", UNCHANGED)
    return preconditions.refusal(headers, current)


def source_refusal(headers: Headers) -> Response | None:
    """Why no copy can read the source: it is a delete marker or archived (C9, C11)."""
    bucket, key, version = copy_source(headers["x-amz-copy-source"])
    source = stored_object(bucket, key, version)
    if source is None:
        return None
    if is_delete_marker(source):
        return s3_errors.bad_request(
            "InvalidRequest",
            "The source of a copy request may not specifically refer to a delete marker by version id.",
        )
    if is_archived(source):
        archived: Response = s3._invalid_object_state(bucket, key, source["storage_class"])
        return archived
    return None


def is_archived(record: Record) -> bool:
    """Whether an object must be restored before it can be read; never for GLACIER_IR (C11)."""
    if ARCHIVE_STATUS in record:
        return True
    if record["storage_class"] not in s3._ARCHIVE_STORAGE_CLASSES:
        return False
    restore = record.get("restore")
    return not (restore and restore["available_at"] <= time.time() < restore["expires_at"])


def addressable(headers: Headers) -> Headers:
    """The request with a source that MiniStack finds: without a version index it does not know `null`."""
    source = headers["x-amz-copy-source"]
    bucket, key, version = copy_source(source)
    if version != NULL_VERSION or stored_object(bucket, key) is not stored_object(bucket, key, version):
        return headers
    return headers | {"x-amz-copy-source": source.partition("?")[0]}


def _changes_nothing(bucket: str, source: Record, headers: Headers) -> bool:
    """C2: headers that are sent count as changes, even with equal values.

    A source that is not under SSE-S3 and a bucket with configured encryption count as changes too.
    """
    if any(name in headers for name in CHANGES) or bucket in s3._bucket_encryption:
        return False
    replaces = headers.get("x-amz-metadata-directive", "").upper() == "REPLACE"
    return not replaces and source["preserved_headers"].get(SSE) == "AES256"
