"""Step 2, value: everything the bucket checks decide on."""

from __future__ import annotations

from dataclasses import dataclass

from reseal.core.access.key_policy import KeyPolicy
from reseal.core.state.bucket_access import BucketAccess
from reseal.core.state.bucket_encryption import BucketEncryption
from reseal.core.state.kms_key import KeyDescription, KmsKey, parse_key_reference


@dataclass(frozen=True, slots=True, kw_only=True)
class ObservedBucket:
    """A bucket as S3 and KMS show it now.

    `kms_key` is what KMS says of the key the bucket names; None where it names none, or where the
    answer could not change any decision (`Policy.must_describe`). `exposure` is read for calls that
    let somebody at a bucket under a KMS key, with that key's `key_policy`; and where the key is named
    in a way that depends on who writes.
    """

    encryption: BucketEncryption
    kms_key: KeyDescription | None = None
    access: BucketAccess | None = None
    key_policy: KeyPolicy | None = None

    @property
    def is_under_aws_s3(self) -> bool:
        """Whether new objects are under the AWS managed key."""
        if isinstance(self.kms_key, KmsKey):
            return self.kms_key.is_aws_managed
        key_id = self.encryption.key_id
        return self.encryption.uses_kms and (key_id is None or parse_key_reference(key_id).is_aws_managed)
