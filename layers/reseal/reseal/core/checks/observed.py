"""Step 2, value: everything the bucket checks decide on."""

from __future__ import annotations

from dataclasses import dataclass

from reseal.core.encryption import BucketEncryption
from reseal.core.kms_key import KeyDescription


@dataclass(frozen=True, slots=True, kw_only=True)
class ObservedBucket:
    """A bucket as S3 and KMS show it now.

    `key` is what KMS says of the key the bucket names; None where it names none, or where the
    answer could not change any decision (`Policy.must_describe`).
    """

    encryption: BucketEncryption
    key: KeyDescription | None = None
