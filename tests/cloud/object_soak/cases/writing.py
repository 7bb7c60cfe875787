"""Writes an object as a case describes it: by PutObject or in parts, with every property."""

from __future__ import annotations

import json
import random
from base64 import b64encode
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import md5
from typing import Any
from urllib.parse import urlencode

from tests.cloud.object_soak.cases.cases import ENCRYPTIONS, Written
from tests.cloud.object_soak.cases.checksums import crc
from tests.cloud.object_soak.world.resources import SMALLEST_PART, Resources

CUSTOMER_KEY = b"0123456789abcdef0123456789abcdef"
CONTEXT = b64encode(json.dumps({"department": "payroll"}).encode()).decode()
OTHER_USER = "79a59df900b949e55d96a1e698fbacedfd6e09d98eacf8f8d5218e7cd47ef2be"
SSE = "x-amz-server-side-encryption"
AGE = 60


def customer_key() -> dict[str, str]:
    return {
        "SSECustomerAlgorithm": "AES256",
        "SSECustomerKey": b64encode(CUSTOMER_KEY).decode(),
        "SSECustomerKeyMD5": b64encode(md5(CUSTOMER_KEY, usedforsecurity=False).digest()).decode(),
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class Write:
    """A completed write: where, by which call, and S3's answer."""

    bucket: str
    key: str
    call: str
    version_id: str | None
    sent: dict[str, Any]
    algorithm: str | None
    key_arn: str | None
    at: datetime


def body_of(written: Written) -> bytes:
    return random.Random(written.size).randbytes(written.size)


def write(resources: Resources, written: Written, key: str, body: bytes) -> Write:
    """Write it, dated a minute ago. Raises ClientError if the bucket refuses it."""
    bucket = resources.buckets[written.bucket]
    named = {"Bucket": bucket, "Key": key}
    revoked = written.encryption == "revoked"
    if revoked:
        resources.admit_this_account(admitted=True)
    try:
        if written.in_parts:
            answer = _in_parts(resources, written, named, body)
        else:
            answer = resources.writer.put_object(
                **named, **_parameters(resources, written), **_put_checksum(written, body), Body=body
            )
    finally:
        if revoked:
            resources.admit_this_account(admitted=False)
    resources.cloud.make_older(bucket, key, AGE)
    return Write(
        **{"bucket": bucket, "key": key},
        call="CompleteMultipartUpload" if written.in_parts else "PutObject",
        version_id=answer.get("VersionId"),
        sent=_headers_sent(resources, written),
        algorithm=answer.get("ServerSideEncryption"),
        key_arn=answer.get("SSEKMSKeyId"),
        at=datetime.now(UTC) - timedelta(seconds=AGE),
    )


def _parameters(resources: Resources, written: Written) -> dict[str, Any]:
    """All parameters of PutObject or CreateMultipartUpload."""
    parameters: dict[str, Any] = {"Metadata": dict(written.metadata), **written.headers}
    if written.storage_class != "STANDARD":
        parameters["StorageClass"] = written.storage_class
    if written.tags:
        parameters["Tagging"] = urlencode(written.tags)
    if written.redirect:
        parameters["WebsiteRedirectLocation"] = written.redirect
    return parameters | _encryption(resources, written) | _acl(resources, written) | _lock(written)


def _encryption(resources: Resources, written: Written) -> dict[str, Any]:
    algorithm, key = ENCRYPTIONS[written.encryption]
    if algorithm is None:
        return {}
    if algorithm == "SSE-C":
        return customer_key()
    parameters: dict[str, Any] = {"ServerSideEncryption": algorithm}
    if key:
        parameters["SSEKMSKeyId"] = resources.keys[key]
    if written.context:
        parameters["SSEKMSEncryptionContext"] = CONTEXT
    return parameters


def _acl(resources: Resources, written: Written) -> dict[str, Any]:
    owner, other = f'id="{resources.canonical_id}"', f'id="{OTHER_USER}"'
    match written.acl:
        case "grants":
            return {"GrantFullControl": owner, "GrantReadACP": other, "GrantWriteACP": other}
        case "read":
            return {"GrantFullControl": owner, "GrantRead": other}
        case "public":
            return {"ACL": "public-read"}
    return {}


def _lock(written: Written) -> dict[str, Any]:
    match written.lock:
        case "retention":
            until = datetime.now(UTC) + timedelta(days=1)
            return {"ObjectLockMode": "GOVERNANCE", "ObjectLockRetainUntilDate": until}
        case "hold":
            return {"ObjectLockLegalHoldStatus": "ON"}
    return {}


def _headers_sent(resources: Resources, written: Written) -> dict[str, Any]:
    """The parameters of the request that a record shows."""
    parameters = _encryption(resources, written)
    names = {
        "ServerSideEncryption": SSE,
        "SSEKMSKeyId": f"{SSE}-aws-kms-key-id",
        "SSEKMSEncryptionContext": f"{SSE}-context",
        "SSECustomerAlgorithm": f"{SSE}-customer-algorithm",
    }
    return {header: parameters[name] for name, header in names.items() if name in parameters}


def _put_checksum(written: Written, body: bytes) -> dict[str, Any]:
    match written.checksum:
        case None:
            return {}
        case "CRC32C" | "CRC64NVME":  # the SDK's own need a library of C
            return {f"Checksum{written.checksum}": crc(written.checksum, body)}
    return {"ChecksumAlgorithm": written.checksum}


def _in_parts(resources: Resources, written: Written, named: dict[str, str], body: bytes) -> Any:
    """Two parts, the first of the smallest allowed size."""
    client = resources.writer
    algorithm = written.checksum if written.checksum in {"CRC32", "SHA1", "SHA256"} else None
    checksum = {"ChecksumAlgorithm": algorithm} if algorithm else {}
    secret = customer_key() if written.encryption == "sse-c" else {}
    upload = client.create_multipart_upload(**named, **_parameters(resources, written), **checksum)[
        "UploadId"
    ]
    parts = []
    for number, chunk in enumerate((body[:SMALLEST_PART], body[SMALLEST_PART:]), start=1):
        part = client.upload_part(
            **named, UploadId=upload, PartNumber=number, Body=chunk, **checksum, **secret
        )
        sums = {f"Checksum{algorithm}": part[f"Checksum{algorithm}"]} if algorithm else {}
        parts.append({"PartNumber": number, "ETag": part["ETag"], **sums})
    return client.complete_multipart_upload(
        **named, UploadId=upload, MultipartUpload={"Parts": parts}, **secret
    )
