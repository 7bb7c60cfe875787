"""GetBucketPolicyStatus, which MiniStack would answer as if it were ListObjects."""

from collections.abc import Callable
from xml.sax.saxutils import quoteattr

from ministack.services import s3

from localcloud import anchors, s3_errors
from localcloud.bucket_encryption import NAMESPACE
from localcloud.calls import Response
from localcloud.stored_objects import Headers, Query

NOT_FOUND = 404


def install() -> None:
    """Stand before the bucket calls."""
    anchors.replace("services.s3._dispatch", _dispatch)


def _dispatch(
    original: Callable[..., Response],
    method: str,
    bucket: str,
    key: str,
    headers: Headers,
    body: bytes,
    query: Query,
) -> Response:
    if method != "GET" or key or "policyStatus" not in query or bucket not in s3._buckets:
        return original(method, bucket, key, headers, body, query)
    policy = s3._bucket_policies.get(bucket)
    if not policy:
        return s3_errors.error("NoSuchBucketPolicy", "The bucket policy does not exist", NOT_FOUND, bucket)
    public = "true" if s3._policy_is_public(policy) else "false"
    answer = f"<PolicyStatus xmlns={quoteattr(NAMESPACE)}><IsPublic>{public}</IsPublic></PolicyStatus>"
    return 200, {"Content-Type": "application/xml"}, answer.encode()
