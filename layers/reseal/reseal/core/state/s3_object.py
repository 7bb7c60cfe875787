"""Step 2, values: an object and its bucket as the object lane needs them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from reseal.core.state.bucket_access import AclGrant, BucketAccess
from reseal.core.state.kms_key import KeyDescription, KmsKey
from reseal.core.state.object_encryption import ObjectEncryption
from reseal.core.state.setting import Setting, State

_ARCHIVES = frozenset({"GLACIER", "DEEP_ARCHIVE"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Checksum:
    """An object's checksum as S3 stores it: algorithm and type as S3 writes them, the value in base64."""

    algorithm: str
    type: str
    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Lock:
    """The Object Lock of a version: retention mode and end, and the two holds; all unset if there is none."""

    mode: str | None = None
    until: datetime | None = None
    legal_hold: bool = False
    event_hold: bool = False

    @property
    def in_words(self) -> str | None:
        """What protects the version; None if nothing does."""
        held = [f"{self.mode} retention until {self.until:%Y-%m-%d}"] if self.mode and self.until else []
        held += ["a legal hold"] if self.legal_hold else []
        held += ["an event hold"] if self.event_hold else []
        return " and ".join(held) or None

    def as_of(self, now: datetime) -> Lock:
        """The lock without an expired retention, which S3 still returns."""
        over = self.until is not None and self.until <= now
        return replace(self, mode=None, until=None) if over else self


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """What ListObjectsV2 returns for an object, also for an SSE-C object."""

    etag: str
    last_modified: datetime

    @property
    def is_of_parts(self) -> bool:
        """Whether it was uploaded in parts: its ETag then ends in the number of parts (C20)."""
        return "-" in self.etag


@dataclass(frozen=True, slots=True, kw_only=True)
class ObservedObject:
    """One version of an object as HeadObject shows it now.

    `version_id` is None in a bucket that never had versioning. `size` is in bytes. `headers` holds the
    content headers by the names of S3's API. `lost_metadata` counts the entries that S3 stores but cannot
    return, and `unreadable_expires` says that the Expires header is not an HTTP date: a copy in parts can
    carry neither. `unreadable_headers` names headers that are not UTF-8, which no request can carry.
    `archive` is the archive tier of an Intelligent-Tiering object.
    """

    bucket: str
    object_key: str
    version_id: str | None
    encryption: ObjectEncryption
    etag: str
    last_modified: datetime
    size: int
    storage_class: str = "STANDARD"
    archive: str | None = None
    metadata: Mapping[str, str] = field(default_factory=dict)
    lost_metadata: int = 0
    headers: Mapping[str, str | datetime] = field(default_factory=dict)
    unreadable_expires: bool = False
    unreadable_headers: tuple[str, ...] = ()
    website_redirect: str | None = None
    tag_count: int = 0
    lock: Lock = field(default_factory=Lock)
    checksum: Checksum | None = None

    @property
    def listed(self) -> Listed:
        """The object as S3 lists it."""
        return Listed(etag=self.etag, last_modified=self.last_modified)

    @property
    def is_archived(self) -> bool:
        """Whether the object is archived: it cannot be copied until it is restored (C11)."""
        return self.storage_class in _ARCHIVES or self.archive is not None

    @property
    def has_version(self) -> bool:
        """Whether this has a version id: a copy would make a new version and keep this one (C7)."""
        return self.version_id not in (None, "null")


@dataclass(frozen=True, slots=True, kw_only=True)
class BucketContext:
    """The bucket configuration that limits how an object can be re-encrypted.

    `bucket_key` is the bucket's own default. `has_acls` is false if object ownership is enforced. `read_at`
    is when the first of it was read; two contexts are equal if all else is.
    """

    read_at: datetime = field(compare=False)
    access: BucketAccess
    bucket_key: bool
    versioned: bool
    notifies: bool
    has_acls: bool

    @property
    def replicates(self) -> bool:
        """Whether any replication rule is on."""
        return any(rule.enabled for rule in self.access.replication)


@dataclass(frozen=True, slots=True, kw_only=True)
class ObjectAcl:
    """An object's ACL: its owner and the grants to others, by canonical user id.

    `bucket_owner` is that of this account; None means that it owns the object.
    """

    owner: str
    owner_permissions: frozenset[str]
    grants: tuple[AclGrant, ...] = ()
    bucket_owner: str | None = None

    @property
    def foreign(self) -> bool:
        """Whether the object belongs to another account."""
        return self.bucket_owner not in (None, self.owner)

    @property
    def grants_of_others(self) -> tuple[AclGrant, ...]:
        """The grants to other accounts than the bucket's, with those of a foreign owner."""
        owners = (AclGrant(grantee=self.owner, permission=one) for one in sorted(self.owner_permissions))
        granted = (grant for grant in self.grants if grant.grantee != self.bucket_owner)
        return (*(owners if self.foreign else ()), *granted)


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """An object, and KMS's description of its key if that can change the decision."""

    head: ObservedObject
    kms_key: KeyDescription | None = None

    @property
    def settings(self) -> Mapping[str, State]:
        """The state of each setting that the check judges."""
        return {Setting.OBJECT_ENCRYPTION: self.head.encryption}

    @property
    def is_under_aws_s3(self) -> bool:
        """Whether the object is under the AWS managed key."""
        return isinstance(self.kms_key, KmsKey) and self.kms_key.is_aws_managed


@dataclass(frozen=True, slots=True, kw_only=True)
class Original:
    """An object to re-encrypt, with everything that a copy must send explicitly.

    `acl` is read only if the bucket has ACLs, `tags` and `annotated` only for a copy in parts.
    `context` is the encryption context in the record of the write; S3 never returns it. `context_is_unknown`:
    the object is under a KMS key, and there is no record of its write.
    """

    head: ObservedObject
    acl: ObjectAcl | None = None
    tags: Mapping[str, str] = field(default_factory=dict)
    annotated: bool = False
    context: str | None = None
    context_is_unknown: bool = False
