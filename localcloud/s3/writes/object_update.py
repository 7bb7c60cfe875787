"""UpdateObjectEncryption: another key for an object or a version, without a copy (D)."""

import re
from xml.etree.ElementTree import ParseError, fromstring

from ministack.core import iam_actions
from ministack.services import s3

from localcloud.kms import kms_keys
from localcloud.request.calls import Response
from localcloud.s3 import s3_errors, s3_requests
from localcloud.s3.objects.object_encryption import (
    BUCKET_KEY,
    CUSTOMER_ALGORITHM,
    KEY_ID,
    SSE,
    refused_by_key,
)
from localcloud.s3.objects.object_lock import is_locked
from localcloud.s3.s3_requests import Answer, S3Request
from localcloud.s3.stored_objects import (
    Headers,
    Record,
    is_delete_marker,
    not_found,
    records_of,
    stored_object,
    version_asked,
)

KEY_ARN = re.compile(r"arn:aws[-a-z0-9]*:kms:[-a-z0-9]*:[0-9]{12}:key/.+")
ON_THE_NEW_KEY = ("kms:GenerateDataKey", "kms:Encrypt", "kms:Decrypt", "kms:ReEncryptTo")  # D8
ON_THE_OLD_KEY = ("kms:Decrypt", "kms:ReEncryptFrom")  # D8, INFERRED
LOCKED = "The object can't be updated because that object is protected by S3 Object Lock."
UPDATABLE = frozenset({"AES256", "aws:kms"})


def install() -> None:
    """Add the call; MiniStack would store the body as the object."""
    iam_actions._S3_OBJECT_QUERY_ACTIONS["encryption"] = {"PUT": "UpdateObjectEncryption"}
    s3_requests.wrap_dispatch(_answer)


def _answer(request: S3Request, answer: Answer) -> Response:
    if request.method != "PUT" or not request.key or "encryption" not in request.query:
        return answer(request)
    bucket, key = request.bucket, request.key
    if bucket not in s3._buckets:
        return s3_errors.no_such_bucket(bucket)
    version = version_asked(request.query)
    record = stored_object(bucket, key, version)
    if record is None or is_delete_marker(record):
        return not_found(bucket, key, version)
    return _update(bucket, key, record, request.body)


def _update(bucket: str, key: str, record: Record, body: bytes) -> Response:
    asked = wanted(body)
    if asked is None:
        return s3_errors.bad_request("InvalidRequest", "KMSKeyArn must be the full ARN of a KMS key.")
    if refused := _refusal(bucket, key, record, asked[KEY_ID]):
        return refused
    for kept in records_of(bucket, key, record):  # nothing else changes, LastModified and ETag included (D3)
        for name in (SSE, KEY_ID, BUCKET_KEY):
            kept["preserved_headers"].pop(name, None)
        kept["preserved_headers"].update(asked)
    return 200, {}, b""


def wanted(body: bytes) -> Headers | None:
    """The new encryption as stored headers; None if the key is not a full ARN (D6). aws/s3 is taken (D7)."""
    try:
        elements = fromstring(body).iter()  # noqa: S314 - a local test's request
    except ParseError:
        return None
    texts = {element.tag.rpartition("}")[2]: (element.text or "").strip() for element in elements}
    if not KEY_ARN.fullmatch(texts.get("KMSKeyArn", "")):
        return None
    headers = {SSE: "aws:kms", KEY_ID: texts["KMSKeyArn"]}
    return headers | {BUCKET_KEY: "true"} if texts.get("BucketKeyEnabled") == "true" else headers


def _refusal(bucket: str, key: str, record: Record, new_key: str) -> Response | None:
    stored = record["preserved_headers"]
    if CUSTOMER_ALGORITHM in stored or stored.get(SSE) not in UPDATABLE:  # D2
        return s3_errors.bad_request(
            "InvalidRequest",
            "The encryption of this object cannot be updated: it is neither SSE-S3 nor SSE-KMS.",
        )
    if is_locked(bucket, key, record):  # D5
        return s3_errors.access_denied(bucket, LOCKED)
    if kms_keys.owner(new_key) != s3._bucket_owner_account(bucket):  # D6
        return s3_errors.access_denied(
            bucket, "The KMS key must be owned by the account that owns the bucket."
        )
    if refused := refused_by_key(new_key, *ON_THE_NEW_KEY):
        return refused
    return refused_by_key(stored[KEY_ID], *ON_THE_OLD_KEY) if KEY_ID in stored else None
