"""The point at which a new object is stored, for every call that writes one.

A call may amend the record before it becomes a version. This module also removes what MiniStack keeps of the
replaced object, and adds what it omits from its index of versions.
"""

import itertools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from ministack.services import s3

from localcloud.request import anchors
from localcloud.s3.objects import encryption_contexts
from localcloud.s3.objects.object_state import ARCHIVE_STATUS
from localcloud.s3.stored_objects import Record

WRITTEN, OWNER = "localcloud_written", "localcloud_owner"
UNINDEXED = ("checksum_type", "parts", WRITTEN, OWNER, ARCHIVE_STATUS)
ENABLED = "Enabled"
Amendment = Callable[[Record], None]

_amendment: ContextVar[tuple[str, str, Amendment] | None] = ContextVar("localcloud_amendment", default=None)
_order = itertools.count(1)


def install() -> None:
    """Wrap MiniStack's recording of versions and its notifications."""
    anchors.replace("services.s3._record_object_version", _record_version)
    anchors.replace("services.s3._object_record_from_version", _record_from_version)
    anchors.replace("services.s3._fire_s3_event_async", _notify)


def next_in_order() -> int:
    """A number that increases with every write; clocks are too coarse."""
    return next(_order)


@contextmanager
def amending(bucket: str, key: str, amend: Amendment) -> Iterator[None]:
    """Inside this context, the object written to the key is amended before it is stored."""
    token = _amendment.set((bucket, key, amend))
    try:
        yield
    finally:
        _amendment.reset(token)


def _record_version(
    original: Callable[..., str | None],
    bucket: str,
    key: str,
    prior: Record | None,
    record: Record,
    data: Any,
) -> str | None:
    if s3._bucket_versioning.get(bucket) != ENABLED:
        _forget_overwritten(bucket, key)
    amendment = _amendment.get()
    if amendment and amendment[:2] == (bucket, key):
        amendment[2](record)
    record[WRITTEN] = next_in_order()
    version = original(bucket, key, prior, record, data)
    if s3._bucket_versioning.get(bucket):
        entry = s3._object_versions[bucket, key][-1]
        entry.update({name: record[name] for name in UNINDEXED if name in record})
    encryption_contexts.note_write(bucket, key, record)
    return version


def _forget_overwritten(bucket: str, key: str) -> None:
    """A new object inherits nothing from the null version it replaces."""
    for store in (s3._object_tags, s3._object_acl, s3._object_retention, s3._object_legal_hold):
        store.pop((bucket, key, None), None)


def _record_from_version(original: Callable[[Record], Record], entry: Record) -> Record:
    return original(entry) | {name: entry[name] for name in UNINDEXED if name in entry}


def _notify(original: Callable[..., None], bucket: str, key: str, event: str, **details: Any) -> None:
    """A notification contains the ETag of the stored object."""
    if event.startswith("s3:ObjectCreated:"):
        details["etag"] = s3._buckets[bucket]["objects"][key]["etag"]
    original(bucket, key, event, **details)
