"""Objects in a state that only time or S3 itself can cause; a test sets it at `/_localcloud/`."""

from collections.abc import Callable

from ministack.core import responses
from ministack.services import s3

from localcloud.request import anchors
from localcloud.s3.objects.object_encryption import BUCKET_KEY, KEY_ID, SSE
from localcloud.s3.stored_objects import Headers, Record, is_delete_marker, records_of, stored_object

ARCHIVE_STATUS = "localcloud_archive_status"


def install() -> None:
    """Wrap the function that makes the headers of GetObject and HeadObject."""
    anchors.replace("services.s3._object_response_headers", _headers)


def put_state(
    bucket: str, key: str, version: str = "", *, unencrypted: bool = False, archive_status: str = ""
) -> None:
    """Change one version of an object. Raises ValueError if it does not exist.

    `unencrypted`: as if written before 2023 (D16). `archive_status`: a tier of Intelligent-Tiering (C11).
    """
    record = stored_object(bucket, key, version)
    if record is None or is_delete_marker(record):
        raise ValueError(f"there is no object {bucket}/{key} {version}")
    with responses.request_scope(s3._bucket_owner_account(bucket), responses.get_region()):
        records = records_of(bucket, key, record)
    for kept in records:
        if unencrypted:
            for name in (SSE, KEY_ID, BUCKET_KEY):
                kept["preserved_headers"].pop(name, None)
        if archive_status:
            kept[ARCHIVE_STATUS] = archive_status


def _headers(
    original: Callable[..., Headers],
    record: Record,
    bucket: str = "",
    key: str = "",
    include_checksums: object = None,
) -> Headers:
    headers = original(record, bucket, key, include_checksums=include_checksums)
    status = record.get(ARCHIVE_STATUS)
    return headers | {"x-amz-archive-status": status} if status else headers
