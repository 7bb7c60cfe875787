"""Objects as S3 stores them, for the fakes, and the properties of a copy."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from reseal.core.state.bucket_access import AclGrant
from reseal.core.state.object_encryption import ObjectEncryption
from reseal.core.state.s3_object import Checksum, ObjectAcl, ObservedObject

SSE_S3 = ObjectEncryption(algorithm="AES256")
OWNER = "a-canonical-id-of-this-account"
PRIVATE = ObjectAcl(owner=OWNER, owner_permissions=frozenset({"FULL_CONTROL"}))
HEADERS = (
    "CacheControl",
    "ContentDisposition",
    "ContentEncoding",
    "ContentLanguage",
    "ContentType",
    "Expires",
)
_PERMISSIONS = {
    "GrantFullControl": "FULL_CONTROL",
    "GrantRead": "READ",
    "GrantReadACP": "READ_ACP",
    "GrantWriteACP": "WRITE_ACP",
}
_COMMON = frozenset(
    {"StorageClass", "WebsiteRedirectLocation", "ChecksumAlgorithm", "SSEKMSEncryptionContext", *_PERMISSIONS}
)
OF_COPY = _COMMON | {"MetadataDirective", "TaggingDirective", "AnnotationDirective"}
OF_PARTS = _COMMON | {"Metadata", "Tagging", "ChecksumType", *HEADERS}


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """One version as S3 stores it: what HeadObject shows, and what it does not."""

    head: ObservedObject
    body: bytes = b""
    acl: ObjectAcl = PRIVATE
    tags: Mapping[str, str] = field(default_factory=dict)
    annotations: frozenset[str] = frozenset()
    context: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Marker:
    """A delete marker."""

    version_id: str


def only(sent: Mapping[str, Any], known: frozenset[str]) -> None:
    if unknown := sent.keys() - known:
        raise TypeError(f"S3 has no such parameter here: {', '.join(sorted(unknown))}")


def as_sent(head: ObservedObject, name: str, sent: Mapping[str, Any]) -> Any:
    """A header as S3 stores it: text that was shown as Latin-1 because it is not UTF-8 is sent as UTF-8."""
    value = sent.get(name)
    return value.encode().decode("latin-1") if value and name in head.unreadable_headers else value


def acl_of(sent: Mapping[str, Any]) -> ObjectAcl:
    """The ACL of the parameters; private, S3's default, if they have none."""
    grants = [
        AclGrant(grantee=name.partition("=")[2].strip('"'), permission=permission)
        for parameter, permission in _PERMISSIONS.items()
        for name in sent.get(parameter, "").split(", ")
        if name
    ]
    if not grants:
        return PRIVATE
    return ObjectAcl(
        owner=OWNER,
        owner_permissions=frozenset(grant.permission for grant in grants if grant.grantee == OWNER),
        grants=tuple(grant for grant in grants if grant.grantee != OWNER),
    )


def checksum_after(method: str, before: Checksum | None, sent: Mapping[str, Any]) -> Checksum | None:
    """A copy gets a checksum of the whole object, CRC64NVME if it had none (C35)."""
    algorithm = sent.get("ChecksumAlgorithm") or (before.algorithm if before else "CRC64NVME")
    kind = sent.get("ChecksumType", "FULL_OBJECT") if method == "copy_in_parts" else "FULL_OBJECT"
    if before and (before.algorithm, before.type) == (algorithm, kind):
        return before
    return Checksum(algorithm=algorithm, type=kind, value=f"{algorithm} of the {kind}")
