"""Objects with every property that S3 keeps, and what happens to them during re-encryption."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

from botocore.client import BaseClient

KEPT, LOST, CHANGED = "kept", "lost", "changed"
EVERYTHING, LOCKED, VERSIONS, RACE = "everything", "locked", "versions", "race"
SCENES = (EVERYTHING, LOCKED, VERSIONS, RACE)
KEY = "2026/object.json"
NEWER, NEWER_ENCRYPTION = b"a newer write", "aws:kms:dsse"

_ANOTHER = f'id="{"c" * 64}"'
"""The canonical id of another account; it may read the ACL only, so no KMS key denies it access."""
_SHOWN_BY_HEAD = {
    "content type": "ContentType",
    "cache control": "CacheControl",
    "content disposition": "ContentDisposition",
    "content language": "ContentLanguage",
    "expires": "ExpiresString",
    "user metadata": "Metadata",
    "storage class": "StorageClass",
    "website redirect": "WebsiteRedirectLocation",
    "checksum, SHA-256": "ChecksumSHA256",
}


def make_object(s3: Any, bucket: str, scene: str, size: int) -> None:
    """Create a bucket with an object under SSE-S3 that has the properties of the scene."""
    lock = {"ObjectLockEnabledForBucket": True} if scene == LOCKED else {}
    s3.create_bucket(Bucket=bucket, ObjectOwnership="BucketOwnerPreferred", **lock)
    if scene == VERSIONS:
        s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
        _put(s3, bucket, size)
    _put(s3, bucket, size)
    if scene == LOCKED:
        until = datetime.now(UTC) + timedelta(days=1)
        retention = {"Mode": "GOVERNANCE", "RetainUntilDate": until}
        s3.put_object_retention(Bucket=bucket, Key=KEY, Retention=retention)


def _put(s3: Any, bucket: str, size: int) -> None:
    owner = s3.get_bucket_acl(Bucket=bucket)["Owner"]["ID"]
    s3.put_object(
        Bucket=bucket,
        Key=KEY,
        Body=b"x" * size,
        CacheControl="max-age=600",
        ChecksumAlgorithm="SHA256",
        ContentDisposition="attachment",
        ContentLanguage="fr",
        ContentType="application/json",
        Expires=datetime(2030, 1, 1, tzinfo=UTC),
        GrantFullControl=f'id="{owner}"',
        GrantReadACP=_ANOTHER,
        Metadata={"owner": "team-a"},
        ServerSideEncryption="AES256",
        StorageClass="STANDARD_IA",
        Tagging="class=secret&env=prod",
        WebsiteRedirectLocation="/elsewhere",
    )


def put_newer(s3: Any, bucket: str, key_arn: str) -> None:
    """A write by another client: stronger encryption, storage class STANDARD."""
    s3.put_object(
        Bucket=bucket, Key=KEY, Body=NEWER, ServerSideEncryption=NEWER_ENCRYPTION, SSEKMSKeyId=key_arn
    )


def look(s3: Any, bucket: str) -> dict[str, Any]:
    """Everything that S3 shows of the current object, by property."""
    named = {"Bucket": bucket, "Key": KEY}
    head = s3.head_object(**named, ChecksumMode="ENABLED")
    grants = s3.get_object_acl(**named)["Grants"]
    versions = s3.list_object_versions(Bucket=bucket).get("Versions", [])
    return {
        **{name: head.get(field) for name, field in _SHOWN_BY_HEAD.items()},
        "tags": s3.get_object_tagging(**named)["TagSet"],
        "ACL": sorted(
            f"{g['Permission']} {g['Grantee'].get('URI') or g['Grantee'].get('ID')}" for g in grants
        ),
        "lock": head.get("ObjectLockMode"),
        "versions": {version["VersionId"] for version in versions},
        "bytes": s3.get_object(**named)["Body"].read(),
        "encryption": head.get("ServerSideEncryption"),
    }


def compare(scene: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, str]:
    """The result for each property, in words."""
    encrypted = "kms" in str(after["encryption"])
    ended = "re-encrypted" if encrypted else "left under SSE-S3"
    if scene == LOCKED:
        kept = "the lock is kept" if after["lock"] else "the current object has no lock"
        return {"Object Lock": f"{kept}, {ended}"}
    if scene == VERSIONS:
        deleted = len(before["versions"] - after["versions"])
        return {"older versions": f"{f'{deleted} deleted' if deleted else KEPT}, the current one {ended}"}
    if scene == RACE:
        return {"a newer write meanwhile": _fate_of_newer(after)}
    names = (*_SHOWN_BY_HEAD, "tags", "ACL", "bytes")
    return {"re-encrypted": "yes" if encrypted else "no"} | {
        name: _fate(before[name], after[name]) for name in names
    }


def _fate_of_newer(after: Mapping[str, Any]) -> str:
    """The newer object was under DSSE-KMS and in another storage class."""
    if after["bytes"] != NEWER:
        return "overwritten by the old object"
    changes = {
        "encryption": after["encryption"] != NEWER_ENCRYPTION,
        "class": after["storage class"] is not None,
    }
    changed = " and ".join(name for name, differs in changes.items() if differs)
    return f"its {changed} replaced" if changed else KEPT


def _fate(before: Any, after: Any) -> str:
    if before == after:
        return KEPT
    return CHANGED if after else LOST


@contextmanager
def once_before(operations: frozenset[str], act: Callable[[], object]) -> Iterator[None]:
    """Run `act` immediately before the first of these calls."""
    original = BaseClient._make_api_call  # type: ignore[attr-defined]  # every call passes here
    acts = [act]

    def hooked(client: BaseClient, operation: str, parameters: Any) -> Any:
        if operation in operations and acts:
            acts.pop()()
        return original(client, operation, parameters)

    setattr(BaseClient, "_make_api_call", hooked)  # noqa: B010  # mypy allows no assignment to a method
    try:
        yield
    finally:
        setattr(BaseClient, "_make_api_call", original)  # noqa: B010
