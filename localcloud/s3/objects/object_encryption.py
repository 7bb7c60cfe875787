"""The encryption that an object gets when it is written."""

import uuid
from collections.abc import Callable
from contextvars import ContextVar

from ministack.core import responses
from ministack.services import s3

from localcloud.kms import key_use, kms_keys
from localcloud.kms.kms_keys import Key
from localcloud.request import anchors
from localcloud.request.calls import CURRENT, Response
from localcloud.s3 import s3_errors
from localcloud.s3.bucket_encryption import default_encryption
from localcloud.s3.stored_objects import Headers, Record

SSE = "x-amz-server-side-encryption"
KEY_ID = f"{SSE}-aws-kms-key-id"
BUCKET_KEY = f"{SSE}-bucket-key-enabled"
CUSTOMER_ALGORITHM = f"{SSE}-customer-algorithm"
CUSTOMER_KEY, CUSTOMER_MD5 = f"{SSE}-customer-key", f"{SSE}-customer-key-md5"
KMS_ALGORITHMS = frozenset({"aws:kms", "aws:kms:dsse"})

ETAG_IS_MD5: ContextVar[bool] = ContextVar("localcloud_etag_is_md5", default=True)


def install() -> None:
    """Replace how MiniStack chooses and stores an object's encryption."""
    s3._SSE_STORED_HEADERS = (*s3._SSE_STORED_HEADERS, BUCKET_KEY)
    anchors.replace("services.s3._bucket_default_sse_headers", _default_headers)
    anchors.replace("services.s3._resolve_sse_write_headers", _write_headers)
    anchors.replace("services.s3._build_object_record", _object_record)


def _default_headers(_original: Callable[..., Headers], bucket: str) -> Headers:
    """The bucket's default as response headers: at least SSE-S3 (E1), a key always as its full ARN (A16)."""
    default = default_encryption(bucket)
    if default.algorithm not in KMS_ALGORITHMS:
        return {SSE: default.algorithm}
    bucket_key = default.bucket_key and default.algorithm == "aws:kms"  # DSSE has no Bucket Key (E13)
    return _kms_headers(default.algorithm, default.key, bucket_key=bucket_key)


def _kms_headers(algorithm: str, reference: str | None, *, bucket_key: bool) -> Headers:
    key = _key(reference)
    headers = {SSE: algorithm, KEY_ID: key["Arn"] if key else reference or ""}
    return headers | {BUCKET_KEY: "true"} if bucket_key else headers


def _key(reference: str | None) -> Key | None:
    """The named key, or aws/s3 by default (E11); an id or alias belongs to the requester's account (E10)."""
    call = CURRENT.get()
    account = call.caller.account if call and call.caller.account else responses.get_account_id()
    with responses.request_scope(account, responses.get_region()):
        return kms_keys.find_key(reference) if reference else kms_keys.managed_key()


def _write_headers(
    original: Callable[..., tuple[Headers | None, Response | None]], headers: Headers, bucket: str
) -> tuple[Headers | None, Response | None]:
    """The encryption of a write, or why S3 refuses it; the key is used with the caller's permissions."""
    default = default_encryption(bucket)
    algorithm = headers.get(SSE, "")
    if CUSTOMER_ALGORITHM in headers and not algorithm and default.blocks_sse_c:
        return None, s3_errors.access_denied(bucket)
    if KEY_ID in headers and algorithm not in KMS_ALGORITHMS:
        return None, s3_errors.bad_request(
            "InvalidArgument",
            "Server Side Encryption with AWS KMS managed key requires HTTP header "
            "x-amz-server-side-encryption : aws:kms",
        )
    if algorithm in KMS_ALGORITHMS and CUSTOMER_ALGORITHM not in headers:
        asked = headers.get(BUCKET_KEY, "").lower()
        bucket_key = algorithm == "aws:kms" and (asked == "true" or (not asked and default.bucket_key))
        chosen = _kms_headers(algorithm, headers.get(KEY_ID), bucket_key=bucket_key)
    else:
        found, error = original(headers, bucket)
        if error or found is None:
            return None, error
        chosen = found
    ETAG_IS_MD5.set(chosen.get(SSE) == "AES256")
    if KEY_ID in chosen and (refused := refused_by_key(chosen[KEY_ID], "kms:GenerateDataKey")):
        return None, refused
    return chosen, None


def refused_by_key(reference: str, *actions: str) -> Response | None:
    """S3's error if the caller cannot use a key through S3; an anonymous caller never can."""
    call = CURRENT.get()
    if call and call.caller.kind == "Anonymous":
        return s3_errors.bad_request(
            "InvalidArgument",
            "Requests specifying Server Side Encryption with AWS "
            "KMS managed keys require AWS Signature Version 4.",
        )
    region = kms_keys.region(reference)
    if region not in {"", responses.get_region()}:
        return s3_errors.bad_request("KMS.NotFoundException", f"Invalid arn {region}")  # F9
    refusal = key_use.refusal(_key(reference), reference, "s3", *actions)
    if refusal is None:
        return None
    if refusal.code == "AccessDenied":
        return s3_errors.access_denied(message=refusal.message)
    return s3_errors.bad_request(f"KMS.{refusal.code}", refusal.message)


def _object_record(
    original: Callable[..., Record],
    body: bytes,
    headers: Headers,
    etag: str | None = None,
    checksums: dict[str, str] | None = None,
) -> Record:
    """The ETag is the MD5 of the content only under SSE-S3."""
    return original(body, headers, etag=etag if ETAG_IS_MD5.get() else opaque_etag(), checksums=checksums)


def opaque_etag() -> str:
    """An ETag that does not depend on the content."""
    return f'"{uuid.uuid4().hex}"'
