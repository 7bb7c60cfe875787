"""What the guards see and read, without AWS."""

from __future__ import annotations

from typing import NoReturn

from reseal.core.access.key_policy import KeyPolicy
from reseal.core.checks.buckets.observed_bucket import ObservedBucket
from reseal.core.guards.guarded import Guarded, Reads
from reseal.core.resource import BucketResource
from reseal.core.state.bucket_access import BucketAccess
from reseal.core.state.bucket_encryption import BucketEncryption
from reseal.core.state.kms_key import KeyDescription
from reseal.core.state.object_encryption import ObjectEncryption
from reseal.core.state.s3_object import BucketContext, Found, ObjectAcl
from tests.support.builders import BUCKET, KEY, a_bucket_context, an_original
from tests.support.fakes.services import NOON


def reads(
    *,
    key: KeyDescription | None = None,
    access: BucketAccess | None = None,
    policy: KeyPolicy | None = None,
) -> Reads:
    """The answers that guards may read; a guard that asks for another one fails the test."""
    return Reads(
        remediation_key=lambda: key if key else unexpected("the remediation key"),
        access=lambda: access if access else unexpected("the bucket's access"),
        key_policy=lambda key_arn: policy if policy else unexpected(f"the policy of {key_arn}"),
    )


def unexpected(what: str) -> NoReturn:
    raise AssertionError(f"a guard asked for {what}")


def a_guarded_bucket(found: BucketEncryption, key: KeyDescription | None = None) -> Guarded:
    observed = ObservedBucket(read_at=NOON, encryption=found, kms_key=key)
    return Guarded.bucket(BucketResource(bucket=BUCKET), observed)


def a_guarded_object(
    found: ObjectEncryption,
    key: KeyDescription | None = None,
    *,
    object_key: str = KEY,
    acl: ObjectAcl | None = None,
    bucket_context: BucketContext | None = None,
) -> Guarded:
    original = an_original(encryption=found, acl=acl, object_key=object_key)
    return Guarded.object(
        Found(head=original.head, kms_key=key), original, bucket_context or a_bucket_context()
    )
