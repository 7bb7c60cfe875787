"""Amazon S3: objects and their versions, copies and changes in place."""

from __future__ import annotations

import hashlib
import itertools
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from tests.scenarios.world.aws.account import ACCOUNT, Account, error
from tests.scenarios.world.aws.buckets import CANONICAL_ID, Bucket, Buckets, acl_answer
from tests.scenarios.world.aws.keys import Keys

HEADERS = ("CacheControl", "ContentDisposition", "ContentEncoding", "ContentLanguage", "ContentType")
LARGEST_COPY = 5 * 1024**3
_ACLS = {"GrantFullControl": "FULL_CONTROL", "GrantRead": "READ"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """One version. Headers and the website redirect stand here as clients mean them, or as bytes."""

    bucket: str
    key: str
    etag: str
    modified: datetime
    version_id: str | None = None
    algorithm: str | None = "AES256"  # SSE-C: the writer's own key
    key_id: str | None = None
    bucket_key: bool = False
    size: int = 5
    storage_class: str = "STANDARD"
    headers: Mapping[str, str | bytes] = field(default_factory=dict)
    metadata: Mapping[str, str] = field(default_factory=dict)
    redirect: str | None = None
    tags: Mapping[str, str] = field(default_factory=dict)
    owner: str = CANONICAL_ID
    grants: tuple[tuple[str, str], ...] = ()
    lock: Mapping[str, Any] = field(default_factory=dict)

    @property
    def uses_kms(self) -> bool:
        return bool(self.algorithm and self.algorithm.startswith("aws:kms"))


class Objects:
    """All versions by bucket and key, the current one last; None is a delete marker.

    `writes` keeps the operation and the key of every write by an API call.
    """

    def __init__(self, account: Account, buckets: Buckets, keys: Keys) -> None:
        self.writes: list[tuple[str, str]] = []
        self._clock, self._buckets, self._keys = account.clock, buckets, keys
        self._versions: defaultdict[tuple[str, str], list[Version | None]] = defaultdict(list)
        self._numbers = itertools.count(1)
        self._uploads: dict[str, dict[str, Any]] = {}
        account.serve("s3", {name: getattr(self, name) for name in _OPERATIONS})

    # --- what clients do -----------------------------------------------------------------------

    def put(self, bucket: str, key: str, **version: Any) -> Version:
        """A client writes an object. Under SSE-S3 equal sizes have equal ETags (C20)."""
        number = next(self._numbers)
        seed = f"{version.get('size', 5)}" if version.get("algorithm", "AES256") == "AES256" else f"{number}"
        etag = f'"{hashlib.md5(seed.encode(), usedforsecurity=False).hexdigest()}"'
        new: dict[str, Any] = {"etag": etag, "modified": self._clock.now().replace(microsecond=0)} | version
        if self._buckets.buckets[bucket].versioned:
            new = {"version_id": f"version-{number}"} | new
        else:
            self._versions[bucket, key].clear()
        self._versions[bucket, key].append(Version(bucket=bucket, key=key, **new))
        return self.current(bucket, key)

    def delete(self, bucket: str, key: str) -> None:
        self._versions[bucket, key].append(None)

    def current(self, bucket: str, key: str) -> Version:
        version = next(reversed(self._versions[bucket, key]), None)
        if version is None:
            raise error("NoSuchKey", 404)
        return version

    # --- reads ---------------------------------------------------------------------------------

    def HeadObject(self, **named: Any) -> Mapping[str, Any]:  # noqa: N802
        version = self._of(named, "404", "HeadObject")
        if version.algorithm == "SSE-C":
            raise error("400", 400, "HeadObject", "Bad Request")
        if named.get("ChecksumMode") and version.uses_kms and not self._can_use(version.key_id):
            raise error("403", 403, "HeadObject")
        answer: dict[str, Any] = {
            "ETag": version.etag,
            "LastModified": version.modified,
            "ContentLength": version.size,
            "Metadata": dict(version.metadata),
            **{name: shown(text) for name, text in version.headers.items()},
            **version.lock,
        }
        optional = {
            "ServerSideEncryption": version.algorithm,
            "SSEKMSKeyId": version.key_id,
            "BucketKeyEnabled": version.bucket_key or None,
            "VersionId": version.version_id,
            "TagCount": len(version.tags) or None,
            "WebsiteRedirectLocation": shown(version.redirect) if version.redirect else None,
            "StorageClass": None if version.storage_class == "STANDARD" else version.storage_class,
        }
        return answer | {name: value for name, value in optional.items() if value is not None}

    def ListObjectsV2(self, Bucket: str, Prefix: str = "", **named: Any) -> Mapping[str, Any]:  # noqa: N802, N803
        self._buckets.named(Bucket, named.get("ExpectedBucketOwner"))
        found = [
            {"Key": v[-1].key, "ETag": v[-1].etag, "LastModified": v[-1].modified, "Size": v[-1].size}
            for (bucket, key), v in sorted(self._versions.items())
            if bucket == Bucket and key.startswith(Prefix) and v and v[-1]
        ]
        return {"Contents": found[: named.get("MaxKeys", 1000)], "KeyCount": len(found)}

    def GetObjectAcl(self, **named: Any) -> Mapping[str, Any]:  # noqa: N802
        version = self._of(named, "NoSuchKey", "GetObjectAcl")
        return acl_answer(version.owner, [(version.owner, "FULL_CONTROL"), *version.grants])

    def GetObjectTagging(self, **named: Any) -> Mapping[str, Any]:  # noqa: N802
        tags = self._of(named, "NoSuchKey", "GetObjectTagging").tags
        return {"TagSet": [{"Key": name, "Value": value} for name, value in tags.items()]}

    def ListObjectAnnotations(self, **named: Any) -> Mapping[str, Any]:  # noqa: N802
        self._of(named, "NoSuchKey", "ListObjectAnnotations")
        return {}

    # --- writes --------------------------------------------------------------------------------

    def CopyObject(self, **copy: Any) -> Mapping[str, Any]:  # noqa: N802
        source = self._source(copy)
        if source.size > LARGEST_COPY:
            raise error("InvalidRequest", 400, "CopyObject", "the source is larger than 5 GB")
        replaced = copy.get("MetadataDirective") == "REPLACE"
        kept = {} if replaced else {"headers": source.headers, "metadata": source.metadata}
        self._write("CopyObject", copy, source, **kept)
        return {"CopyObjectResult": {}}

    def UpdateObjectEncryption(self, **update: Any) -> Mapping[str, Any]:  # noqa: N802
        version = self._of(update, "NoSuchKey", "UpdateObjectEncryption")
        if version.lock:
            raise error("AccessDenied", 403, "UpdateObjectEncryption", "protected by S3 Object Lock")
        under = update["ObjectEncryption"]["SSEKMS"]
        changed = replace(
            version,
            algorithm="aws:kms",
            key_id=under["KMSKeyArn"],
            bucket_key=under.get("BucketKeyEnabled", False),
        )
        versions = self._versions[version.bucket, version.key]
        versions[versions.index(version)] = changed
        self.writes.append(("UpdateObjectEncryption", version.key))
        return {}

    def CreateMultipartUpload(self, **upload: Any) -> Mapping[str, Any]:  # noqa: N802
        upload_id = f"upload-{next(self._numbers)}"
        self._uploads[upload_id] = upload
        return {"UploadId": upload_id}

    def UploadPartCopy(self, **part: Any) -> Mapping[str, Any]:  # noqa: N802
        self._uploads[part["UploadId"]]["source"] = self._source(part)
        return {"CopyPartResult": {"ETag": f'"{part["PartNumber"]}"'}}

    def CompleteMultipartUpload(self, **completed: Any) -> Mapping[str, Any]:  # noqa: N802
        sent = self._uploads.pop(completed["UploadId"])
        headers = {name: sent[name] for name in HEADERS if name in sent}
        metadata = sent.get("Metadata", {})
        self._must_match(completed)
        self._write("CompleteMultipartUpload", sent, sent["source"], headers=headers, metadata=metadata)
        return {}

    def AbortMultipartUpload(self, **aborted: Any) -> Mapping[str, Any]:  # noqa: N802
        if self._uploads.pop(aborted["UploadId"], None) is None:
            raise error("NoSuchUpload", 404, "AbortMultipartUpload")
        return {}

    def _write(self, operation: str, sent: Mapping[str, Any], source: Version, **kept: Any) -> None:
        """What is neither sent nor kept is lost (C35)."""
        self._must_match(sent)
        key_id = sent.get("SSEKMSKeyId")
        if key_id and not self._can_use(key_id):
            raise error("KMS.DisabledException", 400, operation, f"{key_id} is disabled")
        acl = {name: permission for name, permission in _ACLS.items() if name in sent}
        self.put(
            source.bucket,
            source.key,
            algorithm=sent.get("ServerSideEncryption", "AES256"),
            key_id=key_id,
            bucket_key=sent.get("BucketKeyEnabled", False),
            size=source.size,
            storage_class=sent.get("StorageClass", "STANDARD"),
            redirect=sent.get("WebsiteRedirectLocation"),
            tags=source.tags,
            grants=tuple((sent[name].partition("=")[2].strip('"'), p) for name, p in acl.items()),
            **kept,
        )
        self.writes.append((operation, source.key))

    def _source(self, copy: Mapping[str, Any]) -> Version:
        named = {**copy["CopySource"], "ExpectedBucketOwner": ACCOUNT}
        source = self._of(named, "NoSuchKey", "CopyObject")
        if source.algorithm == "SSE-C":
            raise error("InvalidRequest", 400, "CopyObject", "the object was stored with another key")
        unmodified_since = copy.get("CopySourceIfUnmodifiedSince")
        if unmodified_since and source.modified > unmodified_since:
            raise error("PreconditionFailed", 412, "CopyObject")
        if copy.get("CopySourceIfMatch", source.etag) != source.etag:
            raise error("PreconditionFailed", 412, "CopyObject")
        return source

    def _must_match(self, sent: Mapping[str, Any]) -> None:
        if "IfMatch" in sent and self.current(sent["Bucket"], sent["Key"]).etag != sent["IfMatch"]:
            raise error("PreconditionFailed", 412)

    def _can_use(self, key_id: str | None) -> bool:
        key = self._keys.find(key_id or "")
        return key is not None and key.state == "Enabled"

    def _of(self, named: Mapping[str, Any], absent: str, operation: str) -> Version:
        bucket: Bucket = self._buckets.named(named["Bucket"], named.get("ExpectedBucketOwner"), operation)
        versions = self._versions[bucket.name, named["Key"]]
        if wanted := named.get("VersionId"):
            found = next((v for v in versions if v and (v.version_id or "null") == wanted), None)
        else:
            found = versions[-1] if versions else None
        if found is None:
            raise error(absent, 404, operation)
        return found


def shown(header: str | bytes) -> str:
    """A header as botocore shows it: S3 answers the bytes that the client sent, usually UTF-8, as Latin-1."""
    sent = header.encode() if isinstance(header, str) else header
    return sent.decode("latin-1")


_OPERATIONS = tuple(name for name in vars(Objects) if name[0].isupper())
