"""The answers of the stand-in for AWS, by request."""

from __future__ import annotations

from dataclasses import dataclass, field
from urllib.parse import parse_qs, unquote, urlsplit

from benchmarks.objects.json_answers import KEY_ARN, json_answer

_THEN, _LATER = "Mon, 23 Nov 2026 12:00:00 GMT", "Mon, 23 Nov 2026 12:00:01 GMT"
_BEFORE, _AFTER = f'"{"0" * 32}"', f'"{"1" * 32}"'
_XML = '<?xml version="1.0" encoding="UTF-8"?>'
_OWNER = "<Owner><ID>owner</ID></Owner>"
_BUCKET_KEY = "<BucketKeyEnabled>true</BucketKeyEnabled>"
_UNDER_KMS: dict[str, str] = {}
"""By object key: the KMS algorithm with which the object was written or re-encrypted."""
_WRITTEN: dict[str, None] = {}
"""The object keys of a listing, in order."""


@dataclass(frozen=True, slots=True)
class Answer:
    """Status, headers and body. `at_once`: no delay, for calls that only prepare a measurement."""

    body: bytes = b""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    type: str = "application/xml"
    at_once: bool = False


_BUCKET_ANSWERS = {
    "acl": f"<AccessControlPolicy>{_OWNER}<AccessControlList/></AccessControlPolicy>",
    "encryption": (
        "<ServerSideEncryptionConfiguration><Rule><ApplyServerSideEncryptionByDefault><SSEAlgorithm>aws:kms"
        f"</SSEAlgorithm><KMSMasterKeyID>{KEY_ARN}</KMSMasterKeyID></ApplyServerSideEncryptionByDefault>"
        f"{_BUCKET_KEY}</Rule></ServerSideEncryptionConfiguration>"
    ),
    "location": "<LocationConstraint/>",
    "notification": "<NotificationConfiguration/>",
    "ownershipControls": (
        "<OwnershipControls><Rule><ObjectOwnership>BucketOwnerEnforced</ObjectOwnership></Rule></OwnershipControls>"
    ),
    "versioning": "<VersioningConfiguration/>",
}
_ABSENT = {
    "policy": "NoSuchBucketPolicy",
    "website": "NoSuchWebsiteConfiguration",
    "replication": "ReplicationConfigurationNotFoundError",
    "tagging": "NoSuchTagSet",
}


def answer_to(method: str, target: str, headers: dict[str, str], body: bytes) -> Answer:
    """The response that AWS would give."""
    if operation := headers.get("x-amz-target"):
        return Answer(json_answer(operation.rpartition(".")[2], body), type="application/x-amz-json-1.0")
    url = urlsplit(target)
    query = parse_qs(url.query, keep_blank_values=True)
    bucket, _, key = unquote(url.path).lstrip("/").partition("/")
    if method == "POST" and not bucket:
        return _xml(
            "<PublishResponse><PublishResult><MessageId>1</MessageId></PublishResult></PublishResponse>"
        )
    if key:
        return _object(method, key, query, headers)
    if not bucket:
        listed = "<Bucket><Name>reseal-bench-objects</Name></Bucket>"
        return _xml(f"<ListAllMyBucketsResult>{_OWNER}<Buckets>{listed}</Buckets></ListAllMyBucketsResult>")
    return _bucket(query)


def _bucket(query: dict[str, list[str]]) -> Answer:
    for name in query:
        if name in _BUCKET_ANSWERS:
            return _xml(_BUCKET_ANSWERS[name])
        if name in _ABSENT:
            return Answer(f"{_XML}<Error><Code>{_ABSENT[name]}</Code></Error>".encode(), status=404)
    keys = "".join(f"<Contents><Key>{key}</Key><Size>{_size(key)}</Size></Contents>" for key in _WRITTEN)
    return _xml(f"<ListBucketResult><IsTruncated>false</IsTruncated>{keys}</ListBucketResult>")


def _object(method: str, key: str, query: dict[str, list[str]], headers: dict[str, str]) -> Answer:
    if method == "PUT" and "x-amz-copy-source" not in headers:
        _WRITTEN[key] = None
        if (algorithm := headers.get("x-amz-server-side-encryption", "AES256")) != "AES256":
            _UNDER_KMS[key] = algorithm
        return Answer(at_once=True)
    if method == "DELETE":
        _WRITTEN.pop(key, None)
        return Answer(status=204, at_once=True)
    if method == "HEAD":
        return Answer(headers=_head(key))
    if method == "GET":
        tags = "<Tagging><TagSet></TagSet></Tagging>"
        return _xml(tags if "tagging" in query else "<ListObjectAnnotationsResult/>")
    return _write(key, query, headers.get("x-amz-server-side-encryption", ""))


def _write(key: str, query: dict[str, list[str]], algorithm: str) -> Answer:
    if "uploads" in query:
        _UNDER_KMS[f"{key} upload"] = algorithm
        return _xml("<InitiateMultipartUploadResult><UploadId>1</UploadId></InitiateMultipartUploadResult>")
    result = f"<LastModified>2026-11-23T12:00:01.000Z</LastModified><ETag>{_AFTER}</ETag>"
    if "partNumber" in query:
        return _xml(f"<CopyPartResult>{result}</CopyPartResult>")
    _UNDER_KMS[key] = algorithm or _UNDER_KMS[f"{key} upload"]
    name = "CompleteMultipartUploadResult" if "uploadId" in query else "CopyObjectResult"
    return _xml(f"<{name}>{result}</{name}>")


def _head(key: str) -> dict[str, str]:
    common = {
        "Content-Length": str(_size(key)),
        "Content-Type": "text/csv",
        "ETag": _BEFORE,
        "Last-Modified": _THEN,
        "x-amz-server-side-encryption": "AES256",
    }
    if key not in _UNDER_KMS:
        return common
    algorithm = _UNDER_KMS[key]
    bucket_key = {"x-amz-server-side-encryption-bucket-key-enabled": "true"} if algorithm == "aws:kms" else {}
    return (
        common
        | bucket_key
        | {
            "ETag": _AFTER,
            "Last-Modified": _LATER,
            "x-amz-server-side-encryption": algorithm,
            "x-amz-server-side-encryption-aws-kms-key-id": KEY_ARN,
        }
    )


def _size(key: str) -> int:
    """An object whose key ends in `/large` has a nominal size of 64 MiB."""
    return 64 << 20 if key.endswith("/large") else 1000


def _xml(text: str) -> Answer:
    return Answer((_XML + text).encode())
