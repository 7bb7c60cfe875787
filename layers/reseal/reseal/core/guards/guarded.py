"""Step 3, values: a bucket or an object as the guards see it, and what they can read."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from reseal.core.access.key_policy import KeyPolicy
from reseal.core.checks.buckets.observed_bucket import ObservedBucket, ObservedPolicy
from reseal.core.resource import BucketResource, ObjectResource, S3Resource
from reseal.core.state.bucket_access import BucketAccess
from reseal.core.state.bucket_encryption import BucketEncryption
from reseal.core.state.bucket_policy import BucketPolicy
from reseal.core.state.change import EncryptionChange, intended_for
from reseal.core.state.kms_key import KeyDescription
from reseal.core.state.object_encryption import ObjectEncryption
from reseal.core.state.s3_object import BucketContext, Found, ObjectAcl, Original
from reseal.core.transit.facts import TransitFacts

Encryption = BucketEncryption | ObjectEncryption


@dataclass(frozen=True, slots=True, kw_only=True)
class Guarded:
    """A bucket or an object that remediations would change.

    `kms_key` is KMS's description of its key, if that matters. `apply` gives an encryption of this resource
    with a change. `acl` is an object's own ACL, if its bucket has ACLs. `policy` is a bucket's own, if it was
    read.
    """

    resource: S3Resource
    encryption: Encryption
    kms_key: KeyDescription | None
    is_under_aws_s3: bool
    apply: Callable[[Any, EncryptionChange], Encryption]
    acl: ObjectAcl | None = None
    policy: BucketPolicy | None = None

    @classmethod
    def bucket(cls, resource: BucketResource, observed: ObservedBucket) -> Guarded:
        """A bucket."""
        return cls(
            resource=resource,
            encryption=observed.encryption,
            kms_key=observed.kms_key,
            is_under_aws_s3=observed.is_under_aws_s3,
            apply=lambda found, change: change.applied_to(found),
            policy=observed.policy.policy if isinstance(observed.policy, ObservedPolicy) else None,
        )

    @classmethod
    def object(cls, found: Found, original: Original, bucket_context: BucketContext) -> Guarded:
        """An object."""
        head = found.head
        return cls(
            resource=ObjectResource(bucket=head.bucket, object_key=head.object_key),
            encryption=head.encryption,
            kms_key=found.kms_key,
            is_under_aws_s3=found.is_under_aws_s3,
            apply=lambda before, change: intended_for(before, change, bucket_context),
            acl=original.acl,
        )

    @property
    def has_own_key(self) -> bool:
        """Whether a customer managed key is in use."""
        return self.encryption.uses_kms and not self.is_under_aws_s3

    def after(self, change: EncryptionChange) -> Encryption:
        """The encryption that a remediation would write."""
        return self.apply(self.encryption, change)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reads:
    """What guards may ask AWS. The caller makes the functions, and decides how old an answer may be.

    A guard asks only for a remediation that needs the answer, so other events cost no call. `access` is that
    of the bucket, and `transit` says who uses it, None for an object.
    """

    remediation_key: Callable[[], KeyDescription]
    access: Callable[[], BucketAccess]
    key_policy: Callable[[str], KeyPolicy]
    transit: Callable[[], TransitFacts] | None = None
