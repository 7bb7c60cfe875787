"""Object Lock: which versions are protected, and which callers see the lock fields."""

import time
from calendar import timegm
from collections.abc import Callable

from ministack.services import s3

from localcloud.request import anchors
from localcloud.request.caller_rights import may
from localcloud.s3.stored_objects import Headers, Record, subresource_version

MODE, UNTIL, HOLD = (
    "x-amz-object-lock-mode",
    "x-amz-object-lock-retain-until-date",
    "x-amz-object-lock-legal-hold",
)


def install() -> None:
    """Wrap the function that makes the headers of GetObject and HeadObject."""
    anchors.replace("services.s3._object_response_headers", _headers)


def is_locked(bucket: str, key: str, record: Record) -> bool:
    """Whether a legal hold or an unexpired retention, in either mode, protects the version."""
    place = (bucket, key, subresource_version(record))
    if s3._object_legal_hold.get(place) == "ON":
        return True
    retention = s3._object_retention.get(place)
    return retention is not None and _moment(retention["RetainUntilDate"]) > time.time()


def _moment(instant: str) -> float:
    return timegm(time.strptime(instant[:19], "%Y-%m-%dT%H:%M:%S"))


def _headers(
    original: Callable[..., Headers],
    record: Record,
    bucket: str = "",
    key: str = "",
    include_checksums: object = None,
) -> Headers:
    """Without the permission to read them, the lock fields are missing, without an error (C22)."""
    headers = original(record, bucket, key, include_checksums=include_checksums)
    if MODE in headers and not may("s3:GetObjectRetention"):
        headers.pop(MODE)
        headers.pop(UNTIL)
    if HOLD in headers and not may("s3:GetObjectLegalHold"):
        headers.pop(HOLD)
    return headers
