"""Amazon S3: buckets and their configuration."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from tests.scenarios.world.aws.account import ACCOUNT, REGION, Account, error

CANONICAL_ID = "a-canonical-id-of-this-account"
SSE_C_BLOCKED = ("SSE-C",)


@dataclass(slots=True, kw_only=True)
class Bucket:
    """One bucket. `grants` are the ACL's grants to others, `public_access_block` None if it has none."""

    name: str
    created: datetime
    owner: str = ACCOUNT
    algorithm: str = "AES256"
    key_id: str | None = None
    bucket_key: bool = False
    blocked: tuple[str, ...] | None = SSE_C_BLOCKED
    policy: dict[str, Any] | None = None
    policy_is_public: bool = False
    grants: list[tuple[str, str]] = field(default_factory=list)
    website: dict[str, Any] | None = None
    replication: list[dict[str, Any]] = field(default_factory=list)
    public_access_block: dict[str, bool] | None = None
    acls_enabled: bool = False
    versioned: bool = False
    locked: bool = False
    notifies: bool = False
    tags: dict[str, str] = field(default_factory=dict)

    @property
    def rule(self) -> dict[str, Any]:
        default = {"SSEAlgorithm": self.algorithm} | ({"KMSMasterKeyID": self.key_id} if self.key_id else {})
        blocked = {} if self.blocked is None else {"EncryptionType": list(self.blocked)}
        rule = {"ApplyServerSideEncryptionByDefault": default, "BucketKeyEnabled": self.bucket_key}
        return rule | ({"BlockedEncryptionTypes": blocked} if blocked else {})

    def set_rule(self, rule: Mapping[str, Any]) -> None:
        """A call that leaves out BlockedEncryptionTypes keeps the block (E5)."""
        default = rule.get("ApplyServerSideEncryptionByDefault", {})
        self.algorithm = default.get("SSEAlgorithm", "AES256")
        self.key_id = default.get("KMSMasterKeyID")
        self.bucket_key = rule.get("BucketKeyEnabled", False)
        if "BlockedEncryptionTypes" in rule:
            self.blocked = tuple(rule["BlockedEncryptionTypes"].get("EncryptionType", ()))


class Buckets:
    """All buckets by name. `writes` keeps the name and the rule of every PutBucketEncryption.

    `account_block` is the account's Block Public Access.
    """

    def __init__(self, account: Account) -> None:
        self.buckets: dict[str, Bucket] = {}
        self.writes: list[tuple[str, Mapping[str, Any]]] = []
        self.policy_writes: list[str] = []
        self.account_block: dict[str, bool] | None = None
        self._account = account
        account.serve("s3", {name: getattr(self, name) for name in _OPERATIONS})
        account.serve("s3control", {"GetPublicAccessBlock": self.get_account_block})

    def add(self, name: str, **bucket: Any) -> Bucket:
        self.buckets[name] = Bucket(name=name, **({"created": self._account.clock.now()} | bucket))
        return self.buckets[name]

    def named(self, name: str, owner: str | None, action: str = "") -> Bucket:
        bucket = self.buckets.get(name)
        if bucket is None:
            raise error("NoSuchBucket", 404, action)
        if owner not in (None, bucket.owner):
            raise error("AccessDenied", 403, action)
        return bucket

    # --- operations ----------------------------------------------------------------------------

    def ListBuckets(self, **_: Any) -> Mapping[str, Any]:  # noqa: N802
        own = [bucket for bucket in self.buckets.values() if bucket.owner == ACCOUNT]
        listed = [{"Name": b.name, "CreationDate": b.created, "BucketRegion": REGION} for b in own]
        return {"Buckets": listed, "Owner": {"ID": CANONICAL_ID}}

    def HeadBucket(self, **named: Any) -> Mapping[str, Any]:  # noqa: N802
        self._of(named)
        return {"BucketRegion": REGION}

    def GetBucketEncryption(self, **named: Any) -> Mapping[str, Any]:  # noqa: N802
        return {"ServerSideEncryptionConfiguration": {"Rules": [self._of(named).rule]}}

    def PutBucketEncryption(self, **put: Any) -> Mapping[str, Any]:  # noqa: N802
        bucket, (rule,) = self._of(put), put["ServerSideEncryptionConfiguration"]["Rules"]
        self.writes.append((bucket.name, rule))
        bucket.set_rule(rule)
        return {}

    def GetBucketPolicy(self, **named: Any) -> Mapping[str, Any]:  # noqa: N802
        return {"Policy": json.dumps(_there(self._of(named).policy, "NoSuchBucketPolicy"))}

    def PutBucketPolicy(self, **put: Any) -> Mapping[str, Any]:  # noqa: N802
        bucket = self._of(put)
        self.policy_writes.append(bucket.name)
        bucket.policy = json.loads(put["Policy"])
        return {}

    def GetBucketPolicyStatus(self, **named: Any) -> Mapping[str, Any]:  # noqa: N802
        bucket = self._of(named)
        _there(bucket.policy, "NoSuchBucketPolicy")
        return {"PolicyStatus": {"IsPublic": bucket.policy_is_public}}

    def GetBucketWebsite(self, **named: Any) -> Mapping[str, Any]:  # noqa: N802
        website: Mapping[str, Any] = _there(self._of(named).website, "NoSuchWebsiteConfiguration")
        return website

    def GetBucketAcl(self, **named: Any) -> Mapping[str, Any]:  # noqa: N802
        return acl_answer(CANONICAL_ID, [(CANONICAL_ID, "FULL_CONTROL"), *self._of(named).grants])

    def GetBucketReplication(self, **named: Any) -> Mapping[str, Any]:  # noqa: N802
        rules = _there(self._of(named).replication or None, "ReplicationConfigurationNotFoundError")
        return {"ReplicationConfiguration": {"Role": "arn:aws:iam::111122223333:role/r", "Rules": rules}}

    def GetPublicAccessBlock(self, **named: Any) -> Mapping[str, Any]:  # noqa: N802
        block = _there(self._of(named).public_access_block, "NoSuchPublicAccessBlockConfiguration")
        return {"PublicAccessBlockConfiguration": block}

    def get_account_block(self, **_: Any) -> Mapping[str, Any]:
        block = _there(self.account_block, "NoSuchPublicAccessBlockConfiguration")
        return {"PublicAccessBlockConfiguration": block}

    def GetBucketOwnershipControls(self, **named: Any) -> Mapping[str, Any]:  # noqa: N802
        owner = "ObjectWriter" if self._of(named).acls_enabled else "BucketOwnerEnforced"
        return {"OwnershipControls": {"Rules": [{"ObjectOwnership": owner}]}}

    def GetBucketVersioning(self, **named: Any) -> Mapping[str, Any]:  # noqa: N802
        return {"Status": "Enabled"} if self._of(named).versioned else {}

    def GetBucketNotificationConfiguration(self, **named: Any) -> Mapping[str, Any]:  # noqa: N802
        return {"EventBridgeConfiguration": {}} if self._of(named).notifies else {}

    def GetBucketTagging(self, **named: Any) -> Mapping[str, Any]:  # noqa: N802
        tags = _there(self._of(named).tags or None, "NoSuchTagSet")
        return {"TagSet": [{"Key": name, "Value": value} for name, value in tags.items()]}

    def GetObjectLockConfiguration(self, **named: Any) -> Mapping[str, Any]:  # noqa: N802
        _there(self._of(named).locked or None, "ObjectLockConfigurationNotFoundError")
        return {"ObjectLockConfiguration": {"ObjectLockEnabled": "Enabled"}}

    def _of(self, named: Mapping[str, Any]) -> Bucket:
        return self.named(named["Bucket"], named.get("ExpectedBucketOwner"))


def acl_answer(owner: str, grants: list[tuple[str, str]]) -> Mapping[str, Any]:
    """An ACL as S3 answers it; a grantee that is a URL is a group."""

    def grantee(name: str) -> dict[str, str]:
        if name.startswith("http"):
            return {"Type": "Group", "URI": name}
        return {"Type": "CanonicalUser", "ID": name}

    shown = [{"Grantee": grantee(name), "Permission": permission} for name, permission in grants]
    return {"Owner": {"ID": owner}, "Grants": shown}


def _there(found: Any, absent: str) -> Any:
    if found is None:
        raise error(absent, 404)
    return found


_OPERATIONS = tuple(name for name in vars(Buckets) if name[0].isupper())
