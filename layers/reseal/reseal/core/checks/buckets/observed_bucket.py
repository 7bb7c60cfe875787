"""Step 2, values: everything that the bucket checks need to decide."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from reseal.core.access.key_policy import KeyPolicy
from reseal.core.decision import Manual
from reseal.core.errors import RefusalError
from reseal.core.outcome import Failed
from reseal.core.state.bucket_access import BucketAccess
from reseal.core.state.bucket_encryption import BucketEncryption
from reseal.core.state.bucket_policy import BucketPolicy
from reseal.core.state.kms_key import KeyDescription, KmsKey, parse_key_reference
from reseal.core.state.setting import Setting, State
from reseal.core.transit.facts import TransitFacts


@dataclass(frozen=True, slots=True, kw_only=True)
class ObservedPolicy:
    """A bucket's policy as S3 showed it at `read_at` or later.

    `facts` are read where the verdict on the policy depends on them, else None. `overwritten` is the finding
    about the policy that this call set, if a write of Reseal's may have taken it out.
    """

    read_at: datetime
    policy: BucketPolicy
    facts: TransitFacts | None = None
    overwritten: Manual | None = None

    @property
    def settings(self) -> Mapping[str, State]:
        """The state of the setting that the check judges."""
        return {Setting.BUCKET_POLICY: self.policy}


@dataclass(frozen=True, slots=True, kw_only=True)
class ObservedBucket:
    """A bucket as S3 and KMS show it now.

    `kms_key` is KMS's description of the key that the bucket names; None if it names none, or if the
    answer could not change any decision (`Requirements.must_describe`). `access` and `key_policy` are read
    for calls that grant access to a bucket under a KMS key. `access` is also read if the bucket names its
    key by a bare id or alias, which depends on the writer's account. `read_at` is when the first of it was
    read. `created` is when S3 says that the bucket was created, read after a CreateBucket of a bucket under
    SSE-S3; S3 may name a later time, of a change of the bucket (ListBuckets). `policy` is read after
    the calls that can set it; it is a `Failed` if S3 denied that. `refused` is AWS's refusal of something
    else that checks need besides the encryption.
    """

    read_at: datetime
    encryption: BucketEncryption
    kms_key: KeyDescription | None = None
    access: BucketAccess | None = None
    key_policy: KeyPolicy | None = None
    created: datetime | None = None
    policy: ObservedPolicy | Failed | None = None
    refused: RefusalError | None = None

    @property
    def settings(self) -> Mapping[str, State]:
        """The state of each setting that the checks judge."""
        policy = self.policy.settings if isinstance(self.policy, ObservedPolicy) else {}
        return {Setting.BUCKET_ENCRYPTION: self.encryption, **policy}

    @property
    def is_named_by_writers(self) -> bool:
        """Whether each writer's account resolves the name of the key: a bare id or alias (E10)."""
        return parse_key_reference(self.encryption.key_id or "").depends_on_caller

    @property
    def is_under_aws_s3(self) -> bool:
        """Whether new objects are under the AWS managed key."""
        if isinstance(self.kms_key, KmsKey):
            return self.kms_key.is_aws_managed
        key_id = self.encryption.key_id
        return self.encryption.uses_kms and (key_id is None or parse_key_reference(key_id).is_aws_managed)
