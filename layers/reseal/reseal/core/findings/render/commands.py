"""Step 6, report: the shell commands of a finding."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from reseal.core.calls.attribution import CLOCKS_DIFFER
from reseal.core.findings.finding import Finding, Written
from reseal.core.resource import BucketResource, ObjectResource
from reseal.core.state.bucket_encryption import BucketEncryption, SseAlgorithm
from reseal.core.state.bucket_policy import BucketPolicy
from reseal.core.state.kms_key import parse_key_reference
from reseal.core.state.object_encryption import ObjectEncryption

_SAFE = re.compile(r"[A-Za-z0-9/_.+=-]+")
"""Text that means itself, unquoted, to POSIX shells, cmd.exe and PowerShell, and to the AWS CLI: without a
colon it is no URL that the CLI fetches (`file://`, and in version 1 `http://`), without `?` no version of a
copy source (C34)."""

_SAFE_VALUE = re.compile(r"[A-Za-z0-9:-]+")
"""S3's own values: algorithms and blocked types."""

NO_UNDO = "no one command undoes this in every shell: the entry in ledger_entry says what was before"


def recommendation_of(finding: Finding) -> str | None:
    """The finding's recommendation, and that no command undoes the write if that is so."""
    lacks_undo = finding.written is not None and undo_command(finding) is None
    return "; ".join(filter(None, (finding.recommendation, NO_UNDO if lacks_undo else None))) or None


def undo_command(finding: Finding) -> str | None:
    """The AWS CLI command that restores the state before the write.

    None if nothing was written, if no single CLI command restores exactly that state, or if a name in it is
    not safe in every shell. An object copied in parts is too large for one command.
    """
    written = finding.written
    if written is None:
        return None
    match finding.resource, written.restores:
        case BucketResource() as bucket, BucketEncryption() as before:
            return _set_default(finding, bucket, before)
        case BucketResource() as bucket, BucketPolicy(text=None):
            return _delete_policy(finding, bucket)
        case ObjectResource() as one, ObjectEncryption() as before:
            return _write_back(finding, one, before, written)
        case _:
            return None


def _write_back(
    finding: Finding, resource: ObjectResource, before: ObjectEncryption, written: Written
) -> str | None:
    if not _can_be_typed(before.key_id, resource.bucket, resource.object_key, resource.version_id):
        return None
    match written.action:
        case "UpdateObjectEncryption":
            return _update_back(finding, resource, before)
        case "CopyObject":
            return _copy_back(finding, resource, before, written)
        case _:
            return None


def _can_be_typed(key_id: str | None, *names: str | None) -> bool:
    """Whether every name of the command is plain text to every shell and to the CLI.

    Git's shell on Windows takes `--key=/...` for a path.
    """
    safe = all(_SAFE.fullmatch(name) and name[0] != "/" for name in names if name is not None)
    return safe and (key_id is None or parse_key_reference(key_id).is_well_formed)


def _set_default(finding: Finding, resource: BucketResource, before: BucketEncryption) -> str | None:
    if not _can_be_typed(before.key_id, resource.bucket):
        return None
    if not all(_SAFE_VALUE.fullmatch(name) for name in (before.algorithm, *(before.blocked or ()))):
        return None
    words = ["aws", "s3api", "put-bucket-encryption", "--region", finding.region]
    words += ["--bucket", resource.bucket, "--expected-bucket-owner", finding.account]
    words += ["--server-side-encryption-configuration", _quoted(before.to_s3())]
    return " ".join(words)


def _delete_policy(finding: Finding, resource: BucketResource) -> str | None:
    """There was no policy before. No command restores one: it would take out what others wrote since."""
    if not _can_be_typed(None, resource.bucket):
        return None
    words = ["aws", "s3api", "delete-bucket-policy", "--region", finding.region]
    return " ".join([*words, "--bucket", resource.bucket, "--expected-bucket-owner", finding.account])


def _copy_back(
    finding: Finding, resource: ObjectResource, before: ObjectEncryption, written: Written
) -> str | None:
    """A copy of the object onto itself, with the previous encryption.

    `details` must hold the CopyObject parameters that keep what a copy would drop (`sent_with_copy`). S3
    refuses to copy back an object that was written after the repair.
    """
    kept = {option: written.details[name] for name, option in _OPTIONS.items() if name in written.details}
    if before.algorithm is None or "storage-class" not in kept:
        return None
    if not all(_SAFE.fullmatch(value) for value in kept.values()):
        return None
    at = finding.call.time + timedelta(seconds=finding.seconds_to_remediate or 0.0)
    words = _on_object(finding, resource, "copy-object")
    words += ["--copy-source", resource.name, "--expected-source-bucket-owner", finding.account]
    words += ["--server-side-encryption", before.algorithm]
    words += ["--ssekms-key-id", before.key_id] if before.key_id else []
    words += ["--bucket-key-enabled"] if before.bucket_key else []
    words += [f"--copy-source-if-unmodified-since={at + CLOCKS_DIFFER:%Y-%m-%dT%H:%M:%SZ}"]
    return " ".join([*words, *(f"--{option}={value}" for option, value in kept.items())])


def _update_back(finding: Finding, resource: ObjectResource, before: ObjectEncryption) -> str | None:
    """UpdateObjectEncryption sets only SSE-KMS, and only keys of the bucket owner's account (D2, D6)."""
    key_id = before.key_id or ""
    own = parse_key_reference(key_id).account == finding.account
    if before.algorithm != SseAlgorithm.SSE_KMS or not own:
        return None
    key = {"SSEKMS": {"KMSKeyArn": key_id, "BucketKeyEnabled": before.bucket_key}}
    words = _on_object(finding, resource, "update-object-encryption")
    words += [f"--version-id={resource.version_id}"] if resource.version_id else []
    words += ["--object-encryption", _quoted(key)]
    return " ".join(words)


def _on_object(finding: Finding, resource: ObjectResource, command: str) -> list[str]:
    words = ["aws", "s3api", command, "--region", finding.region, "--bucket", resource.bucket]
    return [*words, f"--key={resource.object_key}", "--expected-bucket-owner", finding.account]


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
