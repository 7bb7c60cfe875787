"""Step 6, report: the command that undoes a repair."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from reseal.core.calls.attribution import CLOCKS_DIFFER
from reseal.core.policy.requirements import Requirements
from reseal.core.resource import BucketResource, KeyResource, ObjectResource, Resource
from reseal.core.state.bucket_encryption import NOTHING_BLOCKED, BucketEncryption, SseAlgorithm
from reseal.core.state.kms_key import parse_key_reference
from reseal.core.state.object_encryption import ObjectEncryption
from reseal.core.state.setting import State

_SAFE = re.compile(r"[A-Za-z0-9/_.+=-]+")
"""Text that means itself, unquoted, to POSIX shells, cmd.exe and PowerShell, and to the AWS CLI: without a
colon it is no URL that the CLI fetches (`file://`, and in version 1 `http://`), without `?` no version of a
copy source (C34)."""

_SAFE_VALUE = re.compile(r"[A-Za-z0-9:-]+")
"""S3's own values: algorithms and blocked types."""


def restored(before: BucketEncryption, after: BucketEncryption, *, blocked_sse_c: bool) -> BucketEncryption:
    """The rule that undoes a write: `before`, and of the SSE-C block only what the write changed.

    `blocked_sse_c`: the write blocked SSE-C. The rule names the block even to remove it, because S3 may keep
    or drop what a rule leaves out (E5).
    """
    blocked = (before.blocked or (NOTHING_BLOCKED,)) if blocked_sse_c else after.blocked
    return replace(before, blocked=blocked)


def undo_command(
    requirements: Requirements,
    resource: Resource,
    before: State,
    action: str | None,
    details: Mapping[str, str],
    remediated_at: datetime,
) -> str | None:
    """The AWS CLI command that restores the previous state, for a bucket that of `restored`.

    None if no single CLI command restores exactly the previous state, or if a name in it is not safe in
    every shell; an object copied in parts is too large for one command. `details` may hold the CopyObject
    parameters that keep what a copy would drop (`sent_with_copy`): without them there is no command for a
    copy. The command makes S3 refuse to copy back an object that was written after `remediated_at`.
    """
    match resource:
        case BucketResource():
            return (
                _set_default(requirements, resource, before) if isinstance(before, BucketEncryption) else None
            )
        case ObjectResource() if isinstance(before, ObjectEncryption):
            return _write_back(requirements, resource, before, action, details, remediated_at)
        case ObjectResource() | KeyResource():
            return None


def _write_back(
    requirements: Requirements,
    resource: ObjectResource,
    before: ObjectEncryption,
    action: str | None,
    details: Mapping[str, str],
    remediated_at: datetime,
) -> str | None:
    if not _can_be_typed(before.key_id, resource.bucket, resource.object_key, resource.version_id):
        return None
    if action == "UpdateObjectEncryption":
        return _update_back(requirements, resource, before)
    if action == "CopyObject":
        return _copy_back(requirements, resource, before, details, remediated_at)
    return None


def _can_be_typed(key_id: str | None, *names: str | None) -> bool:
    """Whether every name of the command is plain text to every shell and to the CLI.

    Git's shell on Windows takes `--key=/...` for a path.
    """
    safe = all(_SAFE.fullmatch(name) and name[0] != "/" for name in names if name is not None)
    return safe and (key_id is None or parse_key_reference(key_id).is_well_formed)


def _set_default(
    requirements: Requirements, resource: BucketResource, before: BucketEncryption
) -> str | None:
    if not _can_be_typed(before.key_id, resource.bucket):
        return None
    if not all(_SAFE_VALUE.fullmatch(name) for name in (before.algorithm, *(before.blocked or ()))):
        return None
    words = ["aws", "s3api", "put-bucket-encryption", "--region", requirements.region]
    words += ["--bucket", resource.bucket, "--expected-bucket-owner", requirements.account]
    words += ["--server-side-encryption-configuration", _quoted(before.to_s3())]
    return " ".join(words)


def _copy_back(
    requirements: Requirements,
    resource: ObjectResource,
    before: ObjectEncryption,
    details: Mapping[str, str],
    remediated_at: datetime,
) -> str | None:
    """A copy of the object onto itself, with the previous encryption."""
    kept = {option: details[name] for name, option in _OPTIONS.items() if name in details}
    if before.algorithm is None or "storage-class" not in kept:
        return None
    if not all(_SAFE.fullmatch(value) for value in kept.values()):
        return None
    words = _on_object(requirements, resource, "copy-object")
    words += ["--copy-source", resource.name, "--expected-source-bucket-owner", requirements.account]
    words += ["--server-side-encryption", before.algorithm]
    words += ["--ssekms-key-id", before.key_id] if before.key_id else []
    words += ["--bucket-key-enabled"] if before.bucket_key else []
    words += [f"--copy-source-if-unmodified-since={remediated_at + CLOCKS_DIFFER:%Y-%m-%dT%H:%M:%SZ}"]
    return " ".join([*words, *(f"--{option}={value}" for option, value in kept.items())])


def _update_back(
    requirements: Requirements, resource: ObjectResource, before: ObjectEncryption
) -> str | None:
    """UpdateObjectEncryption sets only SSE-KMS, and only keys of the bucket owner's account (D2, D6)."""
    key_id = before.key_id or ""
    if (
        before.algorithm != SseAlgorithm.SSE_KMS
        or parse_key_reference(key_id).account != requirements.account
    ):
        return None
    key = {"SSEKMS": {"KMSKeyArn": key_id, "BucketKeyEnabled": before.bucket_key}}
    words = _on_object(requirements, resource, "update-object-encryption")
    words += [f"--version-id={resource.version_id}"] if resource.version_id else []
    words += ["--object-encryption", _quoted(key)]
    return " ".join(words)


def _on_object(requirements: Requirements, resource: ObjectResource, command: str) -> list[str]:
    words = ["aws", "s3api", command, "--region", requirements.region, "--bucket", resource.bucket]
    return [*words, f"--key={resource.object_key}", "--expected-bucket-owner", requirements.account]


def _quoted(parameter: Mapping[str, Any]) -> str:
    """A parameter in the AWS CLI's shorthand syntax: double quotes suffice for it in every shell."""
    return f'"{_shorthand(parameter)[1:-1]}"'


def _shorthand(value: Any) -> str:
    if isinstance(value, Mapping):
        return "{" + ",".join(f"{name}={_shorthand(item)}" for name, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(_shorthand, value)) + "]"
    return str(value).lower() if isinstance(value, bool) else str(value)


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
