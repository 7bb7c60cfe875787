"""What the auditor reads: the encryption of a bucket or an object with its properties, and a key's state."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

from botocore.exceptions import ClientError

_ALGORITHMS = {"AES256": "SSE-S3", "aws:kms": "SSE-KMS", "aws:kms:dsse": "DSSE-KMS"}
_NO_TYPES = ("application/octet-stream", "binary/octet-stream")
_LONGEST_SHOWN = 60
ANSWERS, REFUSES = "answers over plain HTTP", "S3 answers plain HTTP with AccessDenied"


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """An encryption in words, and the other properties of an object, which a remediation must keep."""

    encryption: str
    rest: Mapping[str, str] = field(default_factory=dict)


def look_at(s3: Any, bucket: str, keys: Sequence[str]) -> Look:
    """The objects with these keys, combined; without keys, the bucket."""
    if not keys:
        return Look(encryption=_bucket(s3, bucket))
    looks = [_object(s3, bucket, key) for key in keys]
    if len(looks) == 1:
        return looks[0]
    counts = Counter(look.encryption for look in looks)
    same = {name: text for name, text in looks[0].rest.items() if _all_have(looks, name, text)}
    words = ", ".join(f"{count} {encryption}" for encryption, count in sorted(counts.items()))
    return Look(encryption=words, rest=same)


def look_at_key(kms: Any, arn: str) -> Look:
    """The KMS key's state, and whether it rotates, in place of an encryption."""
    key = kms.describe_key(KeyId=arn)["KeyMetadata"]
    if key["KeyState"] != "Enabled":
        return Look(encryption=f"its state is {key['KeyState']}")
    if key["Origin"] == "EXTERNAL":
        return Look(encryption="enabled, its material was imported")
    status = kms.get_key_rotation_status(KeyId=arn)
    if not status["KeyRotationEnabled"]:
        return Look(encryption="enabled, rotation is off")
    return Look(encryption=f"{ROTATES} {status['RotationPeriodInDays']} days")


ROTATES = "enabled, rotates every"


def look_over_http(s3: Any, bucket: str) -> Look:
    """Whether the bucket answers this client, whose calls are over plain HTTP."""
    try:
        s3.get_bucket_encryption(Bucket=bucket)
    except ClientError as error:
        code = error.response["Error"]["Code"]
        return Look(encryption=REFUSES if code == "AccessDenied" else f"S3 answers {code}")
    return Look(encryption=ANSWERS)


def _all_have(looks: Sequence[Look], name: str, text: str) -> bool:
    return all(look.rest.get(name) == text for look in looks)


def _bucket(s3: Any, bucket: str) -> str:
    """The bucket's default encryption."""
    try:
        answer = s3.get_bucket_encryption(Bucket=bucket)
    except ClientError as error:
        return str(error.response["Error"]["Code"])
    rule = answer["ServerSideEncryptionConfiguration"]["Rules"][0]
    default = rule["ApplyServerSideEncryptionByDefault"]
    key = default.get("KMSMasterKeyID")
    words = in_words(default["SSEAlgorithm"], key, bucket_key=bool(rule.get("BucketKeyEnabled")))
    blocked = "SSE-C" in rule.get("BlockedEncryptionTypes", {}).get("EncryptionType", [])
    return words + (", SSE-C blocked" if blocked else ", SSE-C not blocked")


def _object(s3: Any, bucket: str, key: str) -> Look:
    try:
        head = s3.head_object(Bucket=bucket, Key=key)
    except ClientError as error:
        status, words = error.response["Error"]["Code"], error.response["Error"]["Message"]
        return Look(encryption=f"not readable: S3 answers {status} {words}")
    words = in_words(
        head["ServerSideEncryption"], head.get("SSEKMSKeyId"), bucket_key=bool(head.get("BucketKeyEnabled"))
    )
    rest = {
        "version": head.get("VersionId", ""),
        "versions": _or_refusal(lambda: _versions(s3, bucket, key)) if "VersionId" in head else "",
        "storage class": head.get("StorageClass", ""),
        "legal hold": head.get("ObjectLockLegalHoldStatus", ""),
        "type": "" if head["ContentType"] in _NO_TYPES else head["ContentType"],
        "cache": head.get("CacheControl", ""),
        "metadata": _pairs(head["Metadata"]),
        "tags": _or_refusal(lambda: _tags(s3, bucket, key)),
        "content": _or_refusal(lambda: _content(s3, bucket, key)),
    }
    return Look(encryption=words, rest={name: text for name, text in rest.items() if text})


def in_words(algorithm: str, key: str | None, *, bucket_key: bool) -> str:
    """An encryption in words, from the fields of S3's responses and of Reseal's findings."""
    words = _ALGORITHMS[algorithm]
    if key:
        words += f" under {key}"
    return words + (" with Bucket Key" if bucket_key else "")


def _versions(s3: Any, bucket: str, key: str) -> str:
    return str(len(s3.list_object_versions(Bucket=bucket, Prefix=key)["Versions"]))


def _tags(s3: Any, bucket: str, key: str) -> str:
    tags = s3.get_object_tagging(Bucket=bucket, Key=key)["TagSet"]
    return _pairs({tag["Key"]: tag["Value"] for tag in tags})


def _content(s3: Any, bucket: str, key: str) -> str:
    """The text itself if it is short, otherwise its length and hash."""
    content: bytes = s3.get_object(Bucket=bucket, Key=key)["Body"].read()
    if len(content) <= _LONGEST_SHOWN:
        return repr(content.decode())
    return f"{len(content):,} bytes, SHA-256 {sha256(content).hexdigest()[:12]}..."


def _or_refusal(read: Callable[[], str]) -> str:
    try:
        return read()
    except ClientError as error:
        return f"not readable ({error.response['Error']['Code']})"


def _pairs(values: Mapping[str, str]) -> str:
    return " ".join(f"{name}={value}" for name, value in sorted(values.items()))
