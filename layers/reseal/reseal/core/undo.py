"""Step 6: the command that takes a repair back."""

from __future__ import annotations

import shlex
from json import dumps

from reseal.core.encryption import BucketEncryption
from reseal.core.objects.encryption import ObjectEncryption
from reseal.core.policy import Policy
from reseal.core.resource import Resource


def undo_command(
    policy: Policy, resource: Resource, before: BucketEncryption | ObjectEncryption, action: str | None
) -> str | None:
    """The AWS CLI command that sets what was before; None where S3 has none that does only that."""
    if isinstance(before, BucketEncryption):
        return _set_default(policy, resource, before)
    return _copy_back(policy, resource, before, action)


def _set_default(policy: Policy, resource: Resource, before: BucketEncryption) -> str:
    words = ["aws", "s3api", "put-bucket-encryption", "--region", policy.region]
    words += ["--bucket", resource.bucket, "--expected-bucket-owner", policy.account]
    words += ["--server-side-encryption-configuration", dumps(before.to_s3())]
    return shlex.join(words)


def _copy_back(
    policy: Policy, resource: Resource, before: ObjectEncryption, action: str | None
) -> str | None:
    """A copy over itself, which undoes a copy. UpdateObjectEncryption cannot go back to SSE-S3 (D2)."""
    if before.algorithm is None or resource.key is None:
        return None
    if action == "UpdateObjectEncryption":
        return _update_back(policy, resource, before)
    source = f"{resource.bucket}/{resource.key}"
    words = ["aws", "s3api", "copy-object", "--region", policy.region, "--bucket", resource.bucket]
    words += ["--key", resource.key, "--copy-source", source, "--expected-bucket-owner", policy.account]
    words += ["--server-side-encryption", before.algorithm]
    words += ["--ssekms-key-id", before.key_id] if before.key_id else []
    return shlex.join(words)


def _update_back(policy: Policy, resource: Resource, before: ObjectEncryption) -> str | None:
    if not before.uses_kms or resource.key is None:
        return None
    key = {"SSEKMS": {"KMSKeyArn": before.key_id, "BucketKeyEnabled": before.bucket_key}}
    words = ["aws", "s3api", "update-object-encryption", "--region", policy.region]
    words += ["--bucket", resource.bucket, "--key", resource.key, "--expected-bucket-owner", policy.account]
    words += ["--version-id", resource.version_id] if resource.version_id else []
    words += ["--object-encryption", dumps(key)]
    return shlex.join(words)
