"""An object as its owner sees it: everything that must be the same afterwards, through S3's own calls."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from tests.cloud.object_soak.cases.writing import customer_key
from tests.cloud.object_soak.world.resources import Ground

HEADERS = (
    "CacheControl",
    "ContentDisposition",
    "ContentEncoding",
    "ContentLanguage",
    "ContentType",
    "Expires",
)
GONE = frozenset({"NoSuchKey", "NoSuchVersion", "404", "405", "MethodNotAllowed"})
UNREADABLE = "tags that cannot be read"
SUMS = ("ChecksumCRC32", "ChecksumCRC32C", "ChecksumSHA1", "ChecksumSHA256", "ChecksumCRC64NVME")


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """One version of an object. `content` is None where nobody here can read it."""

    version_id: str | None
    etag: str
    modified: Any
    content: str | None
    size: int
    metadata: Mapping[str, str]
    headers: Mapping[str, Any]
    tags: Mapping[str, str]
    storage_class: str
    redirect: str | None
    lock: tuple[Any, ...]
    acl: frozenset[tuple[str, str]]
    context: str | None
    checksum: tuple[Any, ...]
    algorithm: str | None
    key_arn: str | None
    bucket_key: bool

    @property
    def encryption(self) -> tuple[str | None, str | None, bool]:
        return self.algorithm, self.key_arn, self.bucket_key


KEPT = {
    "content": "bytes",
    "size": "bytes",
    "metadata": "user metadata",
    "headers": "content headers",
    "tags": "tags",
    "storage_class": "storage class",
    "redirect": "website redirect",
    "lock": "Object Lock",
    "acl": "ACL",
    "context": "encryption context",
    "checksum": "checksum",
}
"""What must be as before, field by field, and what a finding calls it where it is not."""


def see(ground: Ground, bucket: str, key: str, version_id: str | None = None) -> Seen | None:
    """The current object or a version; None where there is none."""
    named = {"Bucket": bucket, "Key": key} | ({"VersionId": version_id} if version_id else {})
    answer = _look(ground, named)
    if answer is None:
        return None
    under_kms = "SSEKMSKeyId" in answer
    return Seen(
        version_id=answer.get("VersionId"),
        etag=answer["ETag"],
        modified=answer["LastModified"],
        content=answer["content"],
        size=answer["ContentLength"],
        metadata=answer.get("Metadata", {}),
        headers={name: answer[name] for name in HEADERS if name in answer},
        tags=_tags(ground, named, answer.get("TagCount", 0)),
        storage_class=answer.get("StorageClass", "STANDARD"),
        redirect=answer.get("WebsiteRedirectLocation"),
        lock=(
            answer.get("ObjectLockMode"),
            answer.get("ObjectLockRetainUntilDate"),
            answer.get("ObjectLockLegalHoldStatus"),
        ),
        acl=_acl(ground, named) if bucket == ground.buckets["with-acls"] else frozenset(),
        context=ground.cloud.encryption_context(bucket, key, version_id or "") if under_kms else None,
        checksum=(answer.get("ChecksumType"), *(answer.get(name) for name in SUMS)),
        algorithm=answer.get("ServerSideEncryption", "SSE-C" if "SSECustomerAlgorithm" in answer else None),
        key_arn=answer.get("SSEKMSKeyId"),
        bucket_key=answer.get("BucketKeyEnabled", False),
    )


def _look(ground: Ground, named: dict[str, str]) -> dict[str, Any] | None:
    """With its content if it can be read: not if it is archived, or under a key that does not admit us."""
    for more, reads in (({}, True), (customer_key(), True), ({}, False)):
        try:
            if not reads:
                return {**ground.s3.head_object(**named), "content": None}
            answer = ground.s3.get_object(**named, ChecksumMode="ENABLED", **more)
        except ClientError as error:
            if error.response["Error"]["Code"] in {
                "NoSuchKey",
                "NoSuchVersion",
                "404",
                "405",
                "MethodNotAllowed",
            }:
                return None
            last = error
            continue
        return {**answer, "content": hashlib.sha256(answer["Body"].read()).hexdigest()}
    raise last


def _tags(ground: Ground, named: dict[str, str], count: int) -> dict[str, str]:
    """The local cloud does not show those of a version whose key is deleted: then only their number."""
    if not count:
        return {}
    try:
        tags = ground.s3.get_object_tagging(**named)["TagSet"]
    except ground.s3.exceptions.NoSuchKey:
        return {UNREADABLE: str(count)}
    return {tag["Key"]: tag["Value"] for tag in tags}


def _acl(ground: Ground, named: dict[str, str]) -> frozenset[tuple[str, str]]:
    grants = ground.s3.get_object_acl(**named)["Grants"]
    return frozenset(
        (grant["Grantee"].get("ID") or grant["Grantee"].get("URI", ""), grant["Permission"])
        for grant in grants
    )
