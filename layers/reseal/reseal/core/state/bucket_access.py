"""Step 2, value: who else than the bucket's own account can read and write its objects."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

Document = Mapping[str, Any]

EVERYONE = frozenset(
    {
        "http://acs.amazonaws.com/groups/global/AllUsers",
        "http://acs.amazonaws.com/groups/global/AuthenticatedUsers",
    }
)
"""The groups that open an ACL to the public."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AclGrant:
    """One grant of a bucket's ACL: a canonical user id or a group's URI, and the permission."""

    grantee: str
    permission: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplicationRule:
    """One replication rule of a bucket: whether it is on, and whether it replicates SSE-KMS objects.

    `account` is the account that gets to own the replicas, `key_id` the key they are encrypted under; None
    if the rule names none.
    """

    id: str
    enabled: bool
    takes_kms_objects: bool
    account: str | None = None
    key_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class BucketAccess:
    """The bucket access that the access guard evaluates.

    `policy` is the parsed bucket policy, None if there is none. `policy_is_public` is S3's own
    evaluation. `restricts_public_policy` and `ignores_public_acls` say what Block Public Access, of the
    bucket or of the account, shuts out, and `blocks_public_policy` whether S3 refuses a new policy that is
    public; false if it cannot be read. `serves_website` is false for a website that only redirects,
    `has_website` true for that too. `owner_id` is the canonical user id of the bucket's account, None if
    unknown; `acl` holds the grants to others.
    """

    policy: Document | None = None
    policy_is_public: bool = False
    restricts_public_policy: bool = False
    ignores_public_acls: bool = False
    serves_website: bool = False
    has_website: bool = False
    blocks_public_policy: bool = False
    owner_id: str | None = None
    acl: tuple[AclGrant, ...] = ()
    replication: tuple[ReplicationRule, ...] = ()
