"""Step 6, report: the shell commands of a finding."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from reseal.core.calls.attribution import CLOCKS_DIFFER
from reseal.core.findings.finding import Finding, Proposed, Status
from reseal.core.repairs.objects.method import Method
from reseal.core.resource import BucketResource, KeyResource, ObjectResource
from reseal.core.state.bucket_encryption import BucketEncryption, SseAlgorithm
from reseal.core.state.bucket_policy import BucketPolicy
from reseal.core.state.key_settings import KeyRotation, KeyState
from reseal.core.state.kms_key import parse_key_reference
from reseal.core.state.object_encryption import ObjectEncryption
from reseal.core.state.setting import State

_SAFE = re.compile(r"[A-Za-z0-9/_.+=-]+")
"""Text that means itself, unquoted, to POSIX shells, cmd.exe and PowerShell, and to the AWS CLI: without a
colon it is no URL that the CLI fetches (`file://`, and in version 1 `http://`), without `?` no version of a
copy source (C34)."""

_SAFE_VALUE = re.compile(r"[A-Za-z0-9:-]+")
"""S3's own values: algorithms and blocked types."""

_LONGEST_COMMAND = 3000
_SHORTEST_WAIT, _LONGEST_WAIT = 7, 30
"""Days that a key can wait for its deletion (F8)."""

NO_UNDO = "no one command undoes this in every shell: the entry in ledger_entry says what was before"
NOT_GUARDED = "there is no command that repairs: the guards have not judged the repair"
IN_PARTS = "no one command repairs this: the object is too large for CopyObject"
TWO_CALLS = "no one command repairs this: it takes two, in their order"
NO_REPAIR = "no one command repairs this in every shell: a name in it is not plain"
ADD_STATEMENT = "add this statement to the bucket policy; the guards found nobody who would lose access"
RUN_REPAIR = "the command in repair corrects it: the guards found no harm in that when the violation was seen"
FIRST_ONLY = "the command repairs only the object that this finding names"


def recommendation_of(finding: Finding) -> str | None:
    """The finding's recommendation, with what there is to say about its commands."""
    return "; ".join(filter(None, (finding.recommendation, *_about_commands(finding)))) or None


def _about_commands(finding: Finding) -> Iterator[str]:
    if finding.written is not None and undo_command(finding) is None:
        yield NO_UNDO
    if finding.status is not Status.DETECTED or finding.handed:
        return
    if finding.proposed is None:
        yield NOT_GUARDED
    elif isinstance(finding.proposed.intended, BucketPolicy):
        yield f"{ADD_STATEMENT}: {json.dumps(finding.proposed.intended.statements[-1])}"
    elif repair_command(finding) is None:
        yield _why_no_repair(finding.proposed)
    else:
        yield RUN_REPAIR
        if finding.occurrences and finding.occurrences.count > 1 and finding.occurrences.keys:
            yield FIRST_ONLY


def _why_no_repair(proposed: Proposed) -> str:
    if isinstance(proposed.intended, KeyState):
        return TWO_CALLS
    return IN_PARTS if proposed.action == Method.PARTS else NO_REPAIR


def undo_command(finding: Finding) -> str | None:
    """The AWS CLI command that restores the state before the write.

    None if nothing was written, if no single CLI command restores exactly that state, or if a name in it is
    not safe in every shell. An object copied in parts is too large for one command.
    """
    written = finding.written
    if written is None:
        return None
    until = finding.call.time + timedelta(seconds=finding.seconds_to_remediate or 0.0) + CLOCKS_DIFFER
    return _write(finding, written.action, written.restores, written.details, until)


def repair_command(finding: Finding) -> str | None:
    """The AWS CLI command that makes the write that mode `enforce` would have made.

    None if the guards have not judged it, or for the reasons of `undo_command`. S3 refuses to copy an object
    that was written after it was seen.
    """
    proposed = finding.proposed
    if proposed is None:
        return None
    seen = proposed.details.get("last_modified")
    until = datetime.fromisoformat(seen) if seen else finding.call.time
    return _write(finding, proposed.action, proposed.intended, proposed.details, until)


def _write(
    finding: Finding, action: str, state: State, details: Mapping[str, str], until: datetime
) -> str | None:
    """The command that sets this state; a copy only of an object that was not written after `until`."""
    match finding.resource, state:
        case BucketResource() as bucket, BucketEncryption():
            command = _set_default(finding, bucket, state)
        case BucketResource() as bucket, BucketPolicy(text=None):
            command = _delete_policy(finding, bucket)
        case ObjectResource() as one, ObjectEncryption():
            command = _write_object(finding, one, action, state, details, until)
        case KeyResource() as key, KeyRotation() | KeyState():
            command = _set_key(key, state, until)
        case _:
            return None
    return command if command and len(command) <= _LONGEST_COMMAND else None


def _set_key(key: KeyResource, state: KeyRotation | KeyState, until: datetime) -> str | None:
    """The one call that reaches the state. None if it takes two, as to keep a key and to enable it."""
    match state:
        case KeyRotation(enabled=False):
            return _on_key(key, "disable-key-rotation")
        case KeyRotation(period=int(days)):
            return _on_key(key, "enable-key-rotation", "--rotation-period-in-days", str(days))
        case KeyState(deletion_date=date) if date is not None:
            days = min(max((date - until).days, _SHORTEST_WAIT), _LONGEST_WAIT)
            return _on_key(key, "schedule-key-deletion", "--pending-window-in-days", str(days))
        case KeyState(state="Disabled"):
            return _on_key(key, "cancel-key-deletion")
        case _:
            return None


def _on_key(key: KeyResource, command: str, *options: str) -> str | None:
    """The key by its id: its ARN has colons. None for an id that is no plain text."""
    region = key.kms_key.split(":")[3]
    words = ["aws", "kms", command, "--region", region, "--key-id", key.name, *options]
    return " ".join(words) if _SAFE.fullmatch(key.name) else None


def _write_object(
    finding: Finding,
    resource: ObjectResource,
    action: str,
    state: ObjectEncryption,
    details: Mapping[str, str],
    until: datetime,
) -> str | None:
    if not _can_be_typed(state.key_id, resource.bucket, resource.object_key, resource.version_id):
        return None
    match action:
        case Method.IN_PLACE:
            return _update(finding, resource, state)
        case Method.COPY:
            return _copy(finding, resource, state, details, until)
        case _:
            return None


def _can_be_typed(key_id: str | None, *names: str | None) -> bool:
    """Whether every name of the command is plain text to every shell and to the CLI.

    Git's shell on Windows takes `--key=/...` for a path.
    """
    safe = all(_SAFE.fullmatch(name) and name[0] != "/" for name in names if name is not None)
    return safe and (key_id is None or parse_key_reference(key_id).is_well_formed)


def _set_default(finding: Finding, resource: BucketResource, state: BucketEncryption) -> str | None:
    if not _can_be_typed(state.key_id, resource.bucket):
        return None
    if not all(_SAFE_VALUE.fullmatch(name) for name in (state.algorithm, *(state.blocked or ()))):
        return None
    words = ["aws", "s3api", "put-bucket-encryption", "--region", finding.region]
    words += ["--bucket", resource.bucket, "--expected-bucket-owner", finding.account]
    words += ["--server-side-encryption-configuration", _quoted(state.to_s3())]
    return " ".join(words)


def _delete_policy(finding: Finding, resource: BucketResource) -> str | None:
    """There was no policy before. No command restores one: it would take out what others wrote since."""
    if not _can_be_typed(None, resource.bucket):
        return None
    words = ["aws", "s3api", "delete-bucket-policy", "--region", finding.region]
    return " ".join([*words, "--bucket", resource.bucket, "--expected-bucket-owner", finding.account])


def _copy(
    finding: Finding,
    resource: ObjectResource,
    state: ObjectEncryption,
    details: Mapping[str, str],
    until: datetime,
) -> str | None:
    """A copy of the object onto itself.

    `details` must hold the CopyObject parameters that keep what a copy would drop (`sent_with_copy`).
    """
    kept = {option: details[name] for name, option in _OPTIONS.items() if name in details}
    if state.algorithm is None or "storage-class" not in kept:
        return None
    if not all(_SAFE.fullmatch(value) for value in kept.values()):
        return None
    words = _on_object(finding, resource, "copy-object")
    words += ["--copy-source", resource.name, "--expected-source-bucket-owner", finding.account]
    words += ["--server-side-encryption", state.algorithm]
    words += ["--ssekms-key-id", state.key_id] if state.key_id else []
    words += ["--bucket-key-enabled"] if state.bucket_key else []
    words += [f"--copy-source-if-unmodified-since={until.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"]
    return " ".join([*words, *(f"--{option}={value}" for option, value in kept.items())])


def _update(finding: Finding, resource: ObjectResource, state: ObjectEncryption) -> str | None:
    """UpdateObjectEncryption sets only SSE-KMS, and only keys of the bucket owner's account (D2, D6)."""
    key_id = state.key_id or ""
    own = parse_key_reference(key_id).account == finding.account
    if state.algorithm != SseAlgorithm.SSE_KMS or not own:
        return None
    key = {"SSEKMS": {"KMSKeyArn": key_id, "BucketKeyEnabled": state.bucket_key}}
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
