"""Step 2, values: KMS keys, how a bucket names one, and what DescribeKey says about it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from reseal.core.text.quoted import named, quoted

AWS_MANAGED_ALIAS = "alias/aws/s3"
_ID, _ALIAS = r"[A-Za-z0-9][A-Za-z0-9-]*", r"alias/[A-Za-z0-9/_-]+"
_NAME = re.compile(rf"arn:[a-z-]+:kms:[a-z0-9-]+:[0-9]{{12}}:(key/{_ID}|{_ALIAS})|{_ID}|{_ALIAS}")
_MADE_BY_AWS = frozenset({"AWS_KMS", "AWS_CLOUDHSM"})
_MADE_OUTSIDE = {
    "EXTERNAL": "its key material was imported",
    "EXTERNAL_KEY_STORE": "its key material is in an external key store",
}
_ACCOUNT = re.compile(r"[0-9]{12}")
_PENDING_DELETION = frozenset({"PendingDeletion", "PendingReplicaDeletion"})


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyReference:
    """A KMS key as a caller named it: key ARN, alias ARN, bare key id or alias (E10).

    `account` and `region` are None if the text does not name them: S3 then looks in the
    requester's account and the bucket's Region.
    """

    text: str
    account: str | None = None
    region: str | None = None

    @property
    def is_key_arn(self) -> bool:
        """Whether the text is a key ARN, which is unambiguous."""
        return self.account is not None and ":key/" in self.text

    @property
    def is_well_formed_key_arn(self) -> bool:
        """Whether the text is a key ARN and nothing else."""
        return self.is_key_arn and self.is_well_formed

    @property
    def is_own_alias(self) -> bool:
        """Whether the text is the name of an alias, without the account whose alias it is."""
        return self.text.startswith("alias/") and self.is_well_formed and not self.is_aws_managed

    @property
    def depends_on_caller(self) -> bool:
        """Whether the text is a bare id or alias, which S3 looks up in each caller's own account."""
        return self.account is None

    @property
    def is_well_formed(self) -> bool:
        """Whether the text has the form of a key's or alias's ARN, of a key id or of an alias."""
        return _NAME.fullmatch(self.text) is not None

    @property
    def is_aws_managed(self) -> bool:
        """Whether the text names aws/s3 by its alias."""
        return self.text == AWS_MANAGED_ALIAS or self.text.endswith(f":{AWS_MANAGED_ALIAS}")

    def why_elsewhere(self, partition: str, region: str) -> str | None:
        """Why a bucket of `region` cannot use this key, if its ARN alone shows that; else None (E9).

        S3 treats a multi-Region key (`mrk-`) like any other key.
        """
        if self.region is None:
            return None
        own = self.text.split(":", 2)[1]
        if own != partition:
            return f"it is in the AWS partition {named(own)}, and this bucket is in {partition}"
        return None if self.region == region else _in_another(self.region, region)


def _in_another(region: str, bucket_region: str) -> str:
    return f"it is in {named(region)}, and S3 uses only keys of the bucket's Region, {bucket_region}"


@lru_cache(maxsize=256)  # a bucket's key is parsed by several checks
def parse_key_reference(text: str) -> KeyReference:
    """Read the name of a KMS key. Text that is not a KMS ARN is taken as a bare id or alias."""
    match text.split(":", 5):
        case ["arn", _, "kms", region, account, _] if region and _ACCOUNT.fullmatch(account):
            return KeyReference(text=text, account=account, region=region)
        case _:
            return KeyReference(text=text)


@dataclass(frozen=True, slots=True, kw_only=True)
class KmsKey:
    """A key with the values that kms:DescribeKey returns (F7). Replicas have the origin of their primary.

    `deletion_date` is when a pending deletion ends; a primary that waits for its replicas has none (F17).
    `primary` is the ARN of the primary if this is a replica of it. `valid_to` is when imported material
    expires.
    """

    arn: str
    state: str
    manager: str
    spec: str
    usage: str
    origin: str
    deletion_date: datetime | None = None
    primary: str | None = None
    valid_to: datetime | None = None

    @property
    def account(self) -> str:
        """The account that owns the key."""
        return self.arn.split(":")[4]

    @property
    def region(self) -> str:
        """The Region of the key."""
        return self.arn.split(":")[3]

    @property
    def is_pending_deletion(self) -> bool:
        """Whether the key waits for its deletion. Until then it cannot be used, and can be kept (F8, F17)."""
        return self.state in _PENDING_DELETION

    @property
    def is_aws_managed(self) -> bool:
        """Whether AWS manages its policy and rotation, as for aws/s3."""
        return self.manager == "AWS"

    @property
    def why_not_kms_alone(self) -> str | None:
        """Who else than AWS holds the key material; None if KMS or an AWS CloudHSM cluster made it."""
        if self.origin in _MADE_BY_AWS:
            return None
        unknown = f"KMS names an origin of its key material that Reseal does not know ({quoted(self.origin)})"
        return _MADE_OUTSIDE.get(self.origin, unknown)

    def why_unusable(self, bucket_region: str) -> str | None:
        """Why S3 cannot encrypt with this key in a bucket of `bucket_region`; None if it can (E9)."""
        if self.region != bucket_region:
            return _in_another(self.region, bucket_region)
        if self.state != "Enabled":
            return f"its state is {self.state}"
        if (self.spec, self.usage) != ("SYMMETRIC_DEFAULT", "ENCRYPT_DECRYPT"):
            return f"S3 needs a symmetric encryption key, and this one is {self.spec} for {self.usage}"
        return None


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyNotFound:
    """KMS found no key with this name in this account and Region."""

    named: str


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyUnreadable:
    """The key cannot be described: kms:DescribeKey is denied."""

    named: str


KeyDescription = KmsKey | KeyNotFound | KeyUnreadable
