"""Step 2, value: everything the bucket checks decide on."""

from __future__ import annotations

from dataclasses import dataclass

from reseal.core.encryption import BucketEncryption
from reseal.core.guard.exposure import Exposure
from reseal.core.guard.key_access import KeyPolicy
from reseal.core.kms_key import KeyDescription, KmsKey, parse_key_reference


@dataclass(frozen=True, slots=True, kw_only=True)
class ObservedBucket:
    """A bucket as S3 and KMS show it now.

    `key` is what KMS says of the key the bucket names; None where it names none, or where the
    answer could not change any decision (`Policy.must_describe`). `exposure` is read for calls that
    let somebody at a bucket under a KMS key, with that key's `key_policy`; and where the key is named
    in a way that depends on who writes.
    """

    encryption: BucketEncryption
    key: KeyDescription | None = None
    exposure: Exposure | None = None
    key_policy: KeyPolicy | None = None

    def is_under_foreign_key(self, account: str) -> bool:
        """Whether the key belongs to another account than the bucket's."""
        if isinstance(self.key, KmsKey):
            return self.key.account != account
        named = parse_key_reference(self.encryption.key_id or "").account
        return named not in (None, account)
