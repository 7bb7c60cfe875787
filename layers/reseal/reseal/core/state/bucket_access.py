"""Step 2, value: everything about a bucket that says who reads and writes it besides its own account."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

Document = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class AclGrant:
    """One grant of a bucket's ACL: a canonical user id or a group's URI, and the permission."""

    grantee: str
    permission: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplicationRule:
    """One rule of a bucket's replication: whether it runs, and whether it takes SSE-KMS objects along."""

    id: str
    enabled: bool
    takes_kms_objects: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class BucketAccess:
    """A bucket as S3 shows it to the guard.

    `policy` is the parsed bucket policy, None where there is none. `policy_is_public` is S3's own
    judgement. `serves_website` is false for a website that only redirects. `acl` holds the grants
    to others than the bucket's owner.
    """

    policy: Document | None = None
    policy_is_public: bool = False
    serves_website: bool = False
    acl: tuple[AclGrant, ...] = ()
    replication: tuple[ReplicationRule, ...] = ()
