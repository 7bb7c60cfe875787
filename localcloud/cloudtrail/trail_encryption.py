"""What the record of a write shows of the object's encryption (A16 to A21)."""

from localcloud.request.calls import Call, Response
from localcloud.request.journal import ERROR_STATUS
from localcloud.s3.objects.object_encryption import BUCKET_KEY, CUSTOMER_ALGORITHM, SSE

VERSION = "x-amz-version-id"
SHOWN_FOR = frozenset({"PutObject", "CopyObject"})
CHOSEN_BY = frozenset({"PutObject", "CopyObject", "CreateMultipartUpload", "PostObject"})
NAMES = {"AES256": "SSE_S3", "aws:kms": "SSE_KMS", "aws:kms:dsse": "DSSE_KMS"}


def response_elements(
    call: Call, response: Response, *, of_completion: bool, with_bucket_key: bool
) -> dict[str, str] | None:
    """The effective encryption in S3's response, even if the bucket's default supplied it (A16)."""
    shown = call.operation in SHOWN_FOR or (of_completion and call.operation == "CompleteMultipartUpload")
    if not shown or response[0] >= ERROR_STATUS:
        return None
    elements = {name: value for name, value in response[1].items() if _is_shown(name)}
    if not with_bucket_key:  # A17
        elements.pop(BUCKET_KEY, None)
    return elements or None


def applied(call: Call, response: Response) -> dict[str, str]:
    """`SSEApplied`: the type, and whether a header or the bucket's default chose it (A18)."""
    if call.operation not in CHOSEN_BY or response[0] >= ERROR_STATUS:
        return {}
    if CUSTOMER_ALGORITHM in call.headers:
        return {"SSEApplied": "SSE_C"}
    if SSE in call.headers:
        return {"SSEApplied": NAMES[call.headers[SSE]]}
    return {"SSEApplied": f"Default_{NAMES[response[1].get(SSE, 'AES256')]}"}


def _is_shown(name: str) -> bool:
    return name == VERSION or (name.startswith(SSE) and "customer-key" not in name)
