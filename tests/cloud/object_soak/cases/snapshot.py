"""An object as its owner reads it through S3: everything that must be the same afterwards."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from tests.cloud.object_soak.cases.writing import customer_key
from tests.cloud.object_soak.world.resources import Resources

HEADERS = (
    "CacheControl",
    "ContentDisposition",
    "ContentEncoding",
    "ContentLanguage",
    "ContentType",
    "Expires",
)
NOT_FOUND = frozenset({"NoSuchKey", "NoSuchVersion", "404", "405", "MethodNotAllowed"})
UNREADABLE = "tags that cannot be read"
SUMS = ("ChecksumCRC32", "ChecksumCRC32C", "ChecksumSHA1", "ChecksumSHA256", "ChecksumCRC64NVME")


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """One version of an object. `content` is None if the test cannot read it."""

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
"""The fields that must not change, and the name that a finding uses for each."""


def see(resources: Resources, bucket: str, key: str, version_id: str | None = None) -> Seen | None:
    """The current object or a version; None if there is none."""
    named = {"Bucket": bucket, "Key": key} | ({"VersionId": version_id} if version_id else {})
    answer = _look(resources, named)
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
        tags=_tags(resources, named, answer.get("TagCount", 0)),
        storage_class=answer.get("StorageClass", "STANDARD"),
        redirect=answer.get("WebsiteRedirectLocation"),
        lock=(
            answer.get("ObjectLockMode"),
            answer.get("ObjectLockRetainUntilDate"),
            answer.get("ObjectLockLegalHoldStatus"),
        ),
        acl=_acl(resources, named) if bucket == resources.buckets["with-acls"] else frozenset(),
        context=resources.cloud.encryption_context(bucket, key, version_id or "") if under_kms else None,
        checksum=(answer.get("ChecksumType"), *(answer.get(name) for name in SUMS)),
        algorithm=answer.get("ServerSideEncryption", "SSE-C" if "SSECustomerAlgorithm" in answer else None),
        key_arn=answer.get("SSEKMSKeyId"),
        bucket_key=answer.get("BucketKeyEnabled", False),
    )


def _look(resources: Resources, named: dict[str, str]) -> dict[str, Any] | None:
    """With its content if it can be read: not if it is archived, or under a key that denies this account."""
    for more, reads in (({}, True), (customer_key(), True), ({}, False)):
        try:
            if not reads:
                return {**resources.s3.head_object(**named), "content": None}
            answer = resources.s3.get_object(**named, ChecksumMode="ENABLED", **more)
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


def _tags(resources: Resources, named: dict[str, str], count: int) -> dict[str, str]:
    """The tags; only their number for a version whose object key is deleted (the local cloud hides them)."""
    if not count:
        return {}
    try:
        tags = resources.s3.get_object_tagging(**named)["TagSet"]
    except resources.s3.exceptions.NoSuchKey:
        return {UNREADABLE: str(count)}
    return {tag["Key"]: tag["Value"] for tag in tags}


def _acl(resources: Resources, named: dict[str, str]) -> frozenset[tuple[str, str]]:
    grants = resources.s3.get_object_acl(**named)["Grants"]
    return frozenset(
        (grant["Grantee"].get("ID") or grant["Grantee"].get("URI", ""), grant["Permission"])
        for grant in grants
    )
