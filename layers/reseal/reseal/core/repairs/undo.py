"""Step 6, report: the command that undoes a repair."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from datetime import datetime
from json import dumps

from reseal.core.calls.attribution import CLOCKS_DIFFER
from reseal.core.policy.policy import Policy
from reseal.core.resource import Resource
from reseal.core.state.bucket_encryption import BucketEncryption, SseAlgorithm
from reseal.core.state.kms_key import parse_key_reference
from reseal.core.state.object_encryption import ObjectEncryption


def undo_command(
    policy: Policy,
    resource: Resource,
    before: BucketEncryption | ObjectEncryption,
    action: str | None,
    details: Mapping[str, str],
    remediated_at: datetime,
) -> str | None:
    """The AWS CLI command that restores the previous state.

    None if no single CLI command restores exactly the previous state; an object copied in parts is too
    large for one command. `details` may hold the CopyObject parameters that keep what a copy would drop
    (`sent_with_copy`): without them there is no command for a copy. The command makes S3 refuse to copy
    back an object that was written after `remediated_at`.
    """
    if isinstance(before, BucketEncryption):
        return _set_default(policy, resource, before)
    if resource.object_key is None or not _can_be_typed(resource.object_key):
        return None
    if action == "UpdateObjectEncryption":
        return _update_back(policy, resource, before)
    if action == "CopyObject" and before.algorithm is not None and "StorageClass" in details:
        return _copy_back(policy, resource, before, details, remediated_at)
    return None


def _set_default(policy: Policy, resource: Resource, before: BucketEncryption) -> str:
    words = ["aws", "s3api", "put-bucket-encryption", "--region", policy.region]
    words += ["--bucket", resource.bucket, "--expected-bucket-owner", policy.account]
    words += ["--server-side-encryption-configuration", dumps(before.to_s3())]
    return shlex.join(words)


def _copy_back(
    policy: Policy,
    resource: Resource,
    before: ObjectEncryption,
    details: Mapping[str, str],
    remediated_at: datetime,
) -> str:
    """A copy of the object onto itself, with the previous encryption."""
    words = _on_object(policy, resource, "copy-object")
    words += ["--copy-source", resource.name, "--expected-source-bucket-owner", policy.account]
    words += ["--server-side-encryption", before.algorithm or ""]
    words += ["--ssekms-key-id", before.key_id] if before.key_id else []
    words += ["--bucket-key-enabled"] if before.bucket_key else []
    words += [f"--copy-source-if-unmodified-since={remediated_at + CLOCKS_DIFFER:%Y-%m-%dT%H:%M:%SZ}"]
    words += [f"--{_OPTIONS[name]}={value}" for name, value in details.items() if name in _OPTIONS]
    return shlex.join(words)


def _update_back(policy: Policy, resource: Resource, before: ObjectEncryption) -> str | None:
    """UpdateObjectEncryption sets only SSE-KMS, and only keys of the bucket owner's account (D2, D6)."""
    key_id = before.key_id or ""
    if before.algorithm != SseAlgorithm.SSE_KMS or parse_key_reference(key_id).account != policy.account:
        return None
    key = {"SSEKMS": {"KMSKeyArn": key_id, "BucketKeyEnabled": before.bucket_key}}
    words = _on_object(policy, resource, "update-object-encryption")
    words += ["--version-id", resource.version_id] if resource.version_id else []
    words += ["--object-encryption", dumps(key)]
    return shlex.join(words)


def _on_object(policy: Policy, resource: Resource, command: str) -> list[str]:
    words = ["aws", "s3api", command, "--region", policy.region, "--bucket", resource.bucket]
    return [*words, f"--key={resource.object_key}", "--expected-bucket-owner", policy.account]


def _can_be_typed(key: str) -> bool:
    """Whether the object key is safe in a command line of the AWS CLI.

    A terminal acts on pasted control characters. The CLI reads `file://...` from disk, and takes
    the text after `?versionId=` in a copy source as a version (C34).
    """
    return key.isprintable() and not key.startswith(("file://", "fileb://")) and "?versionId=" not in key


_OPTIONS = {
    "MetadataDirective": "metadata-directive",
    "TaggingDirective": "tagging-directive",
    "StorageClass": "storage-class",
    "WebsiteRedirectLocation": "website-redirect-location",
    "GrantFullControl": "grant-full-control",
    "GrantRead": "grant-read",
    "GrantReadACP": "grant-read-acp",
    "GrantWriteACP": "grant-write-acp",
    "SSEKMSEncryptionContext": "ssekms-encryption-context",
    "ChecksumAlgorithm": "checksum-algorithm",
}
"""CLI options of the parameters from `sent_with_copy`. Annotations need none: S3 copies them by default."""
