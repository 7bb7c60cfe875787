"""The ports of the object lane in memory. A copy loses what S3 loses."""

from __future__ import annotations

import hashlib
import itertools
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import parse_qsl

from reseal.core.errors import (
    AccessDeniedError,
    ChangedError,
    CustomerKeyError,
    NotFoundError,
    RefusalError,
    TransientError,
)
from reseal.core.repairs.objects.method import LARGEST_COPY
from reseal.core.state.bucket_encryption import SSE_C, BucketEncryption, SseAlgorithm
from reseal.core.state.kms_key import KeyDescription
from reseal.core.state.object_encryption import ObjectEncryption
from reseal.core.state.s3_object import Listed, Lock, ObjectAcl, ObservedObject
from reseal.ports import ObjectServices, Services
from tests.support.fakes.services import FakeBuckets, FakeClock, FakeCloud, Steps
from tests.support.fakes.stored_objects import (
    HEADERS,
    OF_COPY,
    OF_PARTS,
    PRIVATE,
    SSE_S3,
    Marker,
    Stored,
    acl_of,
    as_sent,
    checksum_after,
    only,
)

SECONDS_FOR_PARTS = 60.0


class FakeObjects:
    """`Objects`. A bucket is versioned if `buckets` says so.

    `failures` holds the errors of a method's next calls, or of its calls for one object key: `read` or
    `read a.csv`. `writes` keeps the method, the object key and the parameters of every write by Reseal,
    and `uploads` the object keys of uploads that were left behind.
    """

    def __init__(self, steps: Steps | None = None, buckets: FakeBuckets | None = None) -> None:
        self.failures: defaultdict[str, list[Exception]] = defaultdict(list)
        self.writes: list[tuple[str, str, Mapping[str, Any]]] = []
        self.uploads: list[str] = []
        self.clock = FakeClock()
        self._steps, self._buckets = steps or Steps(), buckets or FakeBuckets()
        self._versions: defaultdict[tuple[str, str], list[Stored | Marker]] = defaultdict(list)
        self._numbers = itertools.count(1)

    # --- what users do -------------------------------------------------------------------------------

    def put(
        self,
        bucket: str,
        key: str,
        *,
        body: bytes = b"bytes",
        encryption: ObjectEncryption = SSE_S3,
        acl: ObjectAcl = PRIVATE,
        tags: Mapping[str, str] | None = None,
        annotations: frozenset[str] = frozenset(),
        context: str | None = None,
        **head: Any,
    ) -> ObservedObject:
        """A user writes the object; `head` sets further fields of the observed object."""
        observed = ObservedObject(
            bucket=bucket,
            object_key=key,
            version_id=None,
            encryption=encryption,
            etag=self._etag(body, encryption),
            last_modified=self.clock.now(),
            size=len(body),
            tag_count=len(tags or {}),
        )
        stored = Stored(
            head=replace(observed, **head),
            body=body,
            acl=acl,
            tags=tags or {},
            annotations=annotations,
            context=context,
        )
        return self._store(stored).head

    def delete(self, bucket: str, key: str) -> None:
        """A user deletes the object."""
        if bucket in self._buckets.versioned:
            self._versions[bucket, key].append(Marker(version_id=self._version_id()))
        else:
            self._versions[bucket, key].clear()

    def change(self, bucket: str, key: str, **changes: Any) -> None:
        """A user changes tags, ACL, lock (`head`) or annotations, which is no write."""
        stored = self._current(bucket, key, "s3:GetObject")
        if "tags" in changes:
            changes["head"] = replace(changes.get("head", stored.head), tag_count=len(changes["tags"]))
        self._replace(stored, replace(stored, **changes))

    def stored(self, bucket: str, key: str, version_id: str | None = None) -> Stored:
        """The whole current version, or the named one."""
        return self._found(bucket, key, version_id, "s3:GetObject")

    def count(self, bucket: str, key: str) -> int:
        """The number of versions, including delete markers."""
        return len(self._versions[bucket, key])

    def markers(self, bucket: str, key: str) -> list[str]:
        """The ids of the delete markers, the oldest first."""
        versions = self._versions[bucket, key]
        return [version.version_id for version in versions if isinstance(version, Marker)]

    # --- the port ------------------------------------------------------------------------------------

    def read(self, bucket: str, key: str, version_id: str | None) -> ObservedObject:
        with self._step("read", key):
            stored = self._found(bucket, key, version_id, "s3:GetObject")
            if stored.head.encryption.has_customer_key:
                raise CustomerKeyError("400", "s3:GetObject", "S3 wants the writer's key")
            return stored.head

    def read_listed(self, bucket: str, key: str) -> Listed | None:
        with self._step("read_listed", key):
            try:
                return self._current(bucket, key, "s3:ListBucket").head.listed
            except NotFoundError:
                return None

    def read_acl(self, head: ObservedObject) -> ObjectAcl:
        with self._step("read_acl", head.object_key):
            return self._found(head.bucket, head.object_key, head.version_id, "s3:GetObjectAcl").acl

    def read_tags(self, head: ObservedObject) -> Mapping[str, str]:
        with self._step("read_tags", head.object_key):
            return self._found(head.bucket, head.object_key, head.version_id, "s3:GetObjectTagging").tags

    def has_annotations(self, head: ObservedObject) -> bool:
        with self._step("has_annotations", head.object_key):
            action = "s3:ListObjectAnnotations"
            return bool(self._found(head.bucket, head.object_key, head.version_id, action).annotations)

    def copy(self, head: ObservedObject, intended: ObjectEncryption, sent: Mapping[str, Any]) -> None:
        with self._step("copy", head.object_key):
            source = self._source(head)
            if source.head.size > LARGEST_COPY:
                raise RefusalError("InvalidRequest", "s3:PutObject", "the source is larger than 5 GB")
            only(sent, OF_COPY)
            kept = {
                "metadata": source.head.metadata if sent.get("MetadataDirective") != "REPLACE" else {},
                "headers": source.head.headers if sent.get("MetadataDirective") != "REPLACE" else {},
                "lost_metadata": source.head.lost_metadata,
                "unreadable_expires": source.head.unreadable_expires,
                "unreadable_headers": source.head.unreadable_headers,
            }
            tags = source.tags if sent.get("TaggingDirective") != "REPLACE" else {}
            annotations = source.annotations if sent.get("AnnotationDirective") != "EXCLUDE" else frozenset()
            self._write("copy", source, intended, sent, kept, tags, annotations)

    def copy_in_parts(
        self,
        head: ObservedObject,
        intended: ObjectEncryption,
        sent: Mapping[str, Any],
        *,
        seconds_left: Callable[[], float],
        confirm: Callable[[], None],
    ) -> None:
        if seconds_left() < SECONDS_FOR_PARTS:
            raise TransientError("too little time is left for a copy in parts")
        only(sent, OF_PARTS)
        self.uploads.append(head.object_key)
        try:
            self._in_parts(head, intended, sent, confirm)
        except Exception:
            self.uploads.remove(head.object_key)
            raise
        self.uploads.remove(head.object_key)  # it stays after a Crash, which is no Exception

    def update_encryption(self, head: ObservedObject, intended: ObjectEncryption) -> None:
        action = "s3:UpdateObjectEncryption"
        with self._step("update_encryption", head.object_key):
            stored = self._found(head.bucket, head.object_key, head.version_id, action)
            if stored.head.lock.as_of(self.clock.now()).in_words:
                message = "The object can't be updated because that object is protected by S3 Object Lock"
                raise AccessDeniedError("AccessDenied", action, message)
            before, after = stored.head.encryption.algorithm, intended.algorithm
            if before not in (SseAlgorithm.SSE_S3, SseAlgorithm.SSE_KMS) or after != SseAlgorithm.SSE_KMS:
                raise RefusalError("InvalidRequest", action, f"{before} cannot be updated to {after}")
            self._replace(stored, replace(stored, head=replace(stored.head, encryption=intended)))
            self.writes.append(("update_encryption", head.object_key, {}))

    # --- what S3 does --------------------------------------------------------------------------------

    def _in_parts(
        self,
        head: ObservedObject,
        intended: ObjectEncryption,
        sent: Mapping[str, Any],
        confirm: Callable[[], None],
    ) -> None:
        with self._step("copy_in_parts", head.object_key):
            self._source(head)
        confirm()
        with self._step("complete", head.object_key):
            source = self._source(head)
            kept = {
                "metadata": sent.get("Metadata", {}),
                "headers": {name: as_sent(source.head, name, sent) for name in HEADERS if name in sent},
            }
            tags = dict(parse_qsl(sent.get("Tagging", ""), keep_blank_values=True))
            self._write("copy_in_parts", source, intended, sent, kept, tags, frozenset())

    @contextmanager
    def _step(self, method: str, key: str) -> Iterator[None]:
        failures = self.failures[f"{method} {key}"] or self.failures[method]
        with self._steps.step(method.replace("_", " "), failures):
            yield

    def _found(self, bucket: str, key: str, version_id: str | None, action: str) -> Stored:
        if version_id is None:
            return self._current(bucket, key, action)
        for version in self._versions[bucket, key]:
            shown = version.version_id if isinstance(version, Marker) else version.head.version_id
            if shown == version_id or (shown is None and version_id == "null"):
                if isinstance(version, Stored):
                    return version
                raise NotFoundError("405", action, "a delete marker")
        raise NotFoundError("404", action, "Not Found")

    def _current(self, bucket: str, key: str, action: str) -> Stored:
        versions = self._versions[bucket, key]
        if not versions or isinstance(versions[-1], Marker):
            raise NotFoundError("404", action, "Not Found")
        return versions[-1]

    def _source(self, head: ObservedObject) -> Stored:
        """The preconditions of a copy: source and current object are still `head` (C17, C18)."""
        action = "s3:PutObject"
        current = self._current(head.bucket, head.object_key, action)
        source = self._found(head.bucket, head.object_key, head.version_id, action)
        same_time = source.head.last_modified == head.last_modified
        if (current.head.etag, source.head.etag) != (head.etag, head.etag) or not same_time:
            raise ChangedError("PreconditionFailed", action, "a precondition did not hold")
        if source.head.encryption.has_customer_key:
            raise RefusalError("InvalidRequest", action, "the source is under SSE-C")
        if source.head.is_archived:
            raise RefusalError("InvalidObjectState", action, "the source is archived")
        return source

    def _write(
        self,
        method: str,
        source: Stored,
        intended: ObjectEncryption,
        sent: Mapping[str, Any],
        kept: Mapping[str, Any],
        tags: Mapping[str, str],
        annotations: frozenset[str],
    ) -> None:
        """A new object, with only what is `kept` or `sent` of the old one."""
        head = ObservedObject(
            bucket=source.head.bucket,
            object_key=source.head.object_key,
            version_id=None,
            encryption=intended,
            etag=self._etag(source.body, intended),
            last_modified=self.clock.now(),
            size=source.head.size,
            storage_class=sent.get("StorageClass", "STANDARD"),
            website_redirect=as_sent(source.head, "WebsiteRedirectLocation", sent),
            tag_count=len(tags),
            lock=Lock(),
            checksum=checksum_after(method, source.head.checksum, sent),
            **kept,
        )
        self._store(
            Stored(
                head=head,
                body=source.body,
                acl=acl_of(sent),
                tags=tags,
                annotations=annotations,
                context=sent.get("SSEKMSEncryptionContext"),
            )
        )
        self.writes.append((method, head.object_key, dict(sent)))

    def _store(self, stored: Stored) -> Stored:
        head = stored.head
        versions = self._versions[head.bucket, head.object_key]
        if head.bucket in self._buckets.versioned:
            stored = replace(stored, head=replace(head, version_id=head.version_id or self._version_id()))
        else:
            versions.clear()
        versions.append(stored)
        return stored

    def _replace(self, old: Stored, new: Stored) -> None:
        versions = self._versions[old.head.bucket, old.head.object_key]
        versions[versions.index(old)] = new

    def _etag(self, body: bytes, encryption: ObjectEncryption) -> str:
        """From the bytes alone; under KMS and SSE-C a new one for each write (C20)."""
        own = encryption.uses_kms or encryption.algorithm == SSE_C
        seed = body + str(next(self._numbers)).encode() if own else body
        return f'"{hashlib.md5(seed, usedforsecurity=False).hexdigest()}"'

    def _version_id(self) -> str:
        return f"version-{next(self._numbers)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class FakeObjectCloud:
    """All fakes, on one list of steps and one clock."""

    cloud: FakeCloud
    objects: FakeObjects

    @classmethod
    def holding(
        cls, buckets: Mapping[str, BucketEncryption], keys: Mapping[str, KeyDescription]
    ) -> FakeObjectCloud:
        cloud = FakeCloud.holding(buckets, keys)
        objects = FakeObjects(cloud.steps, cloud.buckets)
        objects.clock = cloud.clock
        return cls(cloud=cloud, objects=objects)

    @property
    def services(self) -> Services:
        return self.cloud.services

    @property
    def object_services(self) -> ObjectServices:
        return ObjectServices(objects=self.objects)
