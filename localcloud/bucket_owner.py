"""ExpectedBucketOwner: a request that names another owner than the bucket has is refused."""

from collections.abc import Callable

from ministack.services import s3

from localcloud import anchors, s3_errors
from localcloud.calls import Response
from localcloud.stored_objects import Headers, Query, copy_source


def install() -> None:
    """Stand before every bucket and object call."""
    anchors.replace("services.s3._bucket_owner_account", _owner)
    anchors.replace("services.s3._dispatch", _dispatch)


def _owner(_original: Callable[[str], str | None], name: str) -> str | None:
    """MiniStack's own search, over a copy: events and notifications ask from threads of theirs."""
    return next((account for account, bucket in list(s3._buckets._data) if bucket == name), None)


def _dispatch(
    original: Callable[..., Response],
    method: str,
    bucket: str,
    key: str,
    headers: Headers,
    body: bytes,
    query: Query,
) -> Response:
    """403 AccessDenied on a mismatch, of the bucket or of a copy's source."""
    expected = [(bucket, headers.get("x-amz-expected-bucket-owner"))]
    if source := headers.get("x-amz-copy-source"):
        expected.append((copy_source(source)[0], headers.get("x-amz-source-expected-bucket-owner")))
    for name, account in expected:
        owner = s3._bucket_owner_account(name)
        if account and owner and account != owner:
            return s3_errors.access_denied(name)
    return original(method, bucket, key, headers, body, query)
