"""S3 requests by their API name, for the journal, the faults and the trail."""

from collections.abc import Container

_BUCKET = {
    "accelerate": "BucketAccelerateConfiguration",
    "acl": "BucketAcl",
    "analytics": "BucketAnalyticsConfiguration",
    "cors": "BucketCors",
    "encryption": "BucketEncryption",
    "intelligent-tiering": "BucketIntelligentTieringConfiguration",
    "inventory": "BucketInventoryConfiguration",
    "lifecycle": "BucketLifecycleConfiguration",
    "location": "BucketLocation",
    "logging": "BucketLogging",
    "metrics": "BucketMetricsConfiguration",
    "notification": "BucketNotificationConfiguration",
    "object-lock": "ObjectLockConfiguration",
    "ownershipControls": "BucketOwnershipControls",
    "policy": "BucketPolicy",
    "policyStatus": "BucketPolicyStatus",
    "publicAccessBlock": "PublicAccessBlock",
    "replication": "BucketReplication",
    "requestPayment": "BucketRequestPayment",
    "tagging": "BucketTagging",
    "versioning": "BucketVersioning",
    "website": "BucketWebsite",
}
_OBJECT = {
    "acl": "ObjectAcl",
    "annotation": "ObjectAnnotation",
    "attributes": "ObjectAttributes",
    "legal-hold": "ObjectLegalHold",
    "retention": "ObjectRetention",
    "tagging": "ObjectTagging",
}
_VERBS = {"GET": "Get", "PUT": "Put", "DELETE": "Delete"}
_PLAIN_BUCKET = {
    "PUT": "CreateBucket",
    "DELETE": "DeleteBucket",
    "HEAD": "HeadBucket",
    "GET": "ListObjects",
    "POST": "PostObject",
}
_PLAIN_OBJECT = {"PUT": "PutObject", "GET": "GetObject", "HEAD": "HeadObject", "DELETE": "DeleteObject"}


def subresource(query: Container[str]) -> str:
    """The bucket sub-resource a request names, such as `encryption`; empty if none."""
    return next((name for name in _BUCKET if name in query), "")


def operation(method: str, bucket: str, key: str, query: Container[str], headers: Container[str]) -> str:
    """The API name of a request, or empty if it is not known here."""
    if not bucket:
        return "ListBuckets"
    if not key:
        return bucket_operation(method, query)
    return object_operation(method, query, is_copy="x-amz-copy-source" in headers)


def bucket_operation(method: str, query: Container[str]) -> str:
    """The API name of a request to a bucket, or empty if it is not known here."""
    if "metrics" in query and "id" not in query and method == "GET":
        return "ListBucketMetricsConfigurations"
    if name := subresource(query):
        return _VERBS[method] + _BUCKET[name] if method in _VERBS else ""
    if "delete" in query:
        return "DeleteObjects"
    if "uploads" in query:
        return "ListMultipartUploads"
    if "versions" in query:
        return "ListObjectVersions"
    return "ListObjectsV2" if "list-type" in query else _PLAIN_BUCKET.get(method, "")


def object_operation(method: str, query: Container[str], *, is_copy: bool) -> str:
    """The API name of a request to an object, or empty if it is not known here."""
    if "encryption" in query and method == "PUT":
        return "UpdateObjectEncryption"
    if "uploads" in query:
        return "CreateMultipartUpload"
    if "uploadId" in query:
        return {
            "PUT": "UploadPartCopy" if is_copy else "UploadPart",
            "POST": "CompleteMultipartUpload",
            "DELETE": "AbortMultipartUpload",
            "GET": "ListParts",
        }.get(method, "")
    if "restore" in query:
        return "RestoreObject"
    for name, operation in _OBJECT.items():
        if name in query and method in _VERBS:
            named = _VERBS[method] + operation
            lists = named == "GetObjectAnnotation" and "annotationName" not in query
            return "ListObjectAnnotations" if lists else named
    return "CopyObject" if is_copy else _PLAIN_OBJECT.get(method, "")
