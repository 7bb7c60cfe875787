"""The age of objects, which S3 shows in whole seconds: a test makes one older instead of waiting."""

from datetime import datetime, timedelta

from ministack.core import responses
from ministack.services import s3

from localcloud.s3.stored_objects import records_of, stored_object


def make_older(bucket: str, key: str, seconds: float, version: str = "") -> bool:
    """Move the write time of a version into the past; False if there is no such version."""
    owner, record = s3._bucket_owner_account(bucket), stored_object(bucket, key, version)
    if owner is None or record is None:
        return False
    written = datetime.fromisoformat(record["last_modified"]) - timedelta(seconds=seconds)
    with responses.request_scope(owner, responses.get_region()):
        for kept in records_of(bucket, key, record):
            kept["last_modified"] = f"{written:%Y-%m-%dT%H:%M:%S}.{written.microsecond // 1000:03d}Z"
    return True
