"""Step 2, values: everything the object lane decides on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from reseal.core.state.bucket_access import AclGrant, BucketAccess
from reseal.core.state.kms_key import KeyDescription, KmsKey
from reseal.core.state.object_encryption import ObjectEncryption

_ARCHIVES = frozenset({"GLACIER", "DEEP_ARCHIVE"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Checksum:
    """An object's checksum as S3 keeps it: algorithm and type in S3's words, the value in base64."""

    algorithm: str
    type: str
    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Lock:
    """What Object Lock holds on a version; both are None or false where nothing does."""

    mode: str | None = None
    until: datetime | None = None
    legal_hold: bool = False

    @property
    def in_words(self) -> str | None:
        """What holds the version; None where nothing does."""
        held = [f"{self.mode} retention until {self.until:%Y-%m-%d}"] if self.mode and self.until else []
        held += ["a legal hold"] if self.legal_hold else []
        return " and ".join(held) or None

    def as_of(self, now: datetime) -> Lock:
        """The lock without a retention that is over: S3 goes on showing that one."""
        over = self.until is not None and self.until <= now
        return replace(self, mode=None, until=None) if over else self


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """What S3 lists of an object, whoever holds its key."""

    etag: str
    last_modified: datetime

    @property
    def is_of_parts(self) -> bool:
        """Whether it was uploaded in parts: then its ETag ends in their number (C20)."""
        return "-" in self.etag


@dataclass(frozen=True, slots=True, kw_only=True)
class ObservedObject:
    """One version of an object as HeadObject shows it now.

    `version_id` is None in a bucket that never had versioning. `headers` holds the content headers by
    the names of S3's API. `lost_metadata` counts entries that S3 keeps but cannot return, and
    `unreadable_expires` says that the Expires header is no HTTP date: neither can be carried by hand.
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
    website_redirect: str | None = None
    tag_count: int = 0
    lock: Lock = field(default_factory=Lock)
    checksum: Checksum | None = None

    @property
    def listed(self) -> Listed:
        """As S3 would list it."""
        return Listed(etag=self.etag, last_modified=self.last_modified)

    @property
    def is_archived(self) -> bool:
        """Whether the object lies in an archive: it cannot be copied from there unless restored (C11)."""
        return self.storage_class in _ARCHIVES or self.archive is not None

    @property
    def has_version(self) -> bool:
        """Whether this is a version of its own, which a copy would leave as it is (C7)."""
        return self.version_id not in (None, "null")


@dataclass(frozen=True, slots=True, kw_only=True)
class BucketContext:
    """What the bucket around an object means for the ways of re-encrypting it.

    `bucket_key` is the bucket's own default. `has_acls` is false where object ownership is enforced.
    """

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
    """An object's ACL: its owner, and the grants to others. `foreign`: it is not the bucket's owner."""

    owner: str
    owner_permissions: frozenset[str]
    grants: tuple[AclGrant, ...] = ()
    foreign: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """An object, and what KMS says of its key where that can change the decision."""

    head: ObservedObject
    kms_key: KeyDescription | None = None

    @property
    def is_under_aws_s3(self) -> bool:
        """Whether the object is under the AWS managed key."""
        return isinstance(self.kms_key, KmsKey) and self.kms_key.is_aws_managed


@dataclass(frozen=True, slots=True, kw_only=True)
class Original:
    """An object that is to be re-encrypted, with everything that a copy must carry by hand.

    `acl` is read only where the bucket has ACLs, `tags` and `annotated` only for a copy in parts.
    `context` is the encryption context that the triggering record stated.
    """

    head: ObservedObject
    acl: ObjectAcl | None = None
    tags: Mapping[str, str] = field(default_factory=dict)
    annotated: bool = False
    context: str | None = None
