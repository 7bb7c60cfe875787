"""Amazon S3: the request parameters that name an object version, and the parsing of S3's answers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from reseal.aws.errors import translated
from reseal.aws.timestamps import is_header_date
from reseal.core.errors import NotFoundError, RefusalError
from reseal.core.repairs.objects.copy_parameters import REDIRECT
from reseal.core.state.bucket_access import AclGrant
from reseal.core.state.bucket_encryption import SSE_C
from reseal.core.state.object_encryption import ObjectEncryption
from reseal.core.state.s3_object import Checksum, Lock, ObjectAcl, ObservedObject

_HEADERS = (
    "CacheControl",
    "ContentDisposition",
    "ContentEncoding",
    "ContentLanguage",
    "ContentType",
    "Expires",
)
_CHECKSUM, _CHECKSUM_TYPE = "Checksum", "ChecksumType"
_OF_DELETE_MARKER = "MethodNotAllowed"  # S3's answer to most calls on a delete marker (C9)


def named(bucket: str, key: str, version_id: str | None, account: str) -> dict[str, Any]:
    """The parameters that name a version, the bucket's owner (C16), and who pays (C15).

    The version `null` is named too: another write could replace it as the current version.
    """
    parameters = {
        "Bucket": bucket,
        "Key": key,
        "ExpectedBucketOwner": account,
        "RequestPayer": "requester",
    }
    return parameters | ({} if version_id is None else {"VersionId": version_id})


@contextmanager
def of_object(action: str) -> Iterator[None]:
    """`translated`, for a call on an object: a delete marker raises NotFoundError."""
    try:
        with translated(action):
            yield
    except RefusalError as refusal:
        if refusal.code == _OF_DELETE_MARKER:
            raise NotFoundError(refusal.code, action, refusal.message) from refusal
        raise


def parse_head(bucket: str, key: str, version_id: str | None, answer: Mapping[str, Any]) -> ObservedObject:
    """The object as HeadObject shows it. S3 leaves out the class STANDARD (C22)."""
    shown = {name: answer[name] for name in (*_HEADERS, REDIRECT) if name in answer}
    decoded = {name: _decoded(value) for name, value in shown.items()}
    unreadable = tuple(name for name, value in decoded.items() if value is None)
    texts = decoded | {name: shown[name] for name in unreadable}
    return ObservedObject(
        bucket=bucket,
        object_key=key,
        version_id=answer.get("VersionId", version_id),
        encryption=_encryption(answer),
        etag=answer["ETag"],
        last_modified=answer["LastModified"],
        size=answer["ContentLength"],
        storage_class=answer.get("StorageClass", "STANDARD"),
        archive=answer.get("ArchiveStatus"),
        metadata=answer.get("Metadata", {}),
        lost_metadata=answer.get("MissingMeta", 0),
        headers={name: texts[name] for name in _HEADERS if name in texts},
        unreadable_expires="ExpiresString" in answer and not is_header_date(answer["ExpiresString"]),
        unreadable_headers=unreadable,
        website_redirect=texts.get(REDIRECT),
        tag_count=answer.get("TagCount", 0),
        lock=_lock(answer),
        checksum=_checksum(answer),
    )


def parse_acl(answer: Mapping[str, Any], bucket_owner: str) -> ObjectAcl:
    """The object's ACL. S3 names users by their canonical ids, and groups by URIs."""
    owner = answer["Owner"]["ID"]
    grants = [
        AclGrant(grantee=grantee.get("URI") or grantee.get("ID", ""), permission=permission)
        for grantee, permission in ((grant["Grantee"], grant["Permission"]) for grant in answer["Grants"])
    ]
    return ObjectAcl(
        owner=owner,
        owner_permissions=frozenset(grant.permission for grant in grants if grant.grantee == owner),
        grants=tuple(grant for grant in grants if grant.grantee != owner),
        bucket_owner=None if owner == bucket_owner else bucket_owner,
    )


def _decoded(value: Any) -> Any:
    """The text of a header; None if it is not UTF-8.

    S3 returns the bytes that it stores, which botocore shows as Latin-1. It sends text as UTF-8, so text that
    is sent as shown would be damaged (C37).
    """
    try:
        return value.encode("latin-1").decode() if isinstance(value, str) else value
    except UnicodeError:
        return None


def _encryption(answer: Mapping[str, Any]) -> ObjectEncryption:
    customer = SSE_C if "SSECustomerAlgorithm" in answer else None
    return ObjectEncryption(
        algorithm=answer.get("ServerSideEncryption", customer),  # neither: from before 2023 (D16)
        key_id=answer.get("SSEKMSKeyId"),
        bucket_key=answer.get("BucketKeyEnabled", False),
    )


def _lock(answer: Mapping[str, Any]) -> Lock:
    return Lock(
        mode=answer.get("ObjectLockMode"),
        until=answer.get("ObjectLockRetainUntilDate"),
        legal_hold=answer.get("ObjectLockLegalHoldStatus") == "ON",
        event_hold=answer.get("ObjectLockEventHold") == "ON",
    )


def _checksum(answer: Mapping[str, Any]) -> Checksum | None:
    """The checksum of an object; None if it has none. A composite one ends in the number of parts."""
    for name, value in answer.items():
        if name.startswith(_CHECKSUM) and name != _CHECKSUM_TYPE:
            kind = "COMPOSITE" if "-" in value else "FULL_OBJECT"
            algorithm = name.removeprefix(_CHECKSUM)
            return Checksum(algorithm=algorithm, type=answer.get(_CHECKSUM_TYPE, kind), value=value)
    return None
