"""GetBucketPolicyStatus, which MiniStack would treat as ListObjects."""

from xml.sax.saxutils import quoteattr

from ministack.services import s3

from localcloud.request.calls import Response
from localcloud.s3 import s3_errors, s3_requests
from localcloud.s3.bucket_encryption import NAMESPACE
from localcloud.s3.s3_requests import Answer, S3Request

NOT_FOUND = 404


def install() -> None:
    """Wrap the bucket calls."""
    s3_requests.wrap_dispatch(_answer)


def _answer(request: S3Request, answer: Answer) -> Response:
    bucket = request.bucket
    asks = request.method == "GET" and not request.key and "policyStatus" in request.query
    if not asks or bucket not in s3._buckets:
        return answer(request)
    policy = s3._bucket_policies.get(bucket)
    if not policy:
        return s3_errors.error("NoSuchBucketPolicy", "The bucket policy does not exist", NOT_FOUND, bucket)
    public = "true" if s3._policy_is_public(policy) else "false"
    document = f"<PolicyStatus xmlns={quoteattr(NAMESPACE)}><IsPublic>{public}</IsPublic></PolicyStatus>"
    return 200, {"Content-Type": "application/xml"}, document.encode()
