"""ExpectedBucketOwner: a request that names a wrong owner of the bucket, or no account at all, is refused."""

import re
from collections.abc import Callable

from ministack.services import s3

from localcloud.request import anchors
from localcloud.request.calls import Response
from localcloud.s3 import s3_errors, s3_requests
from localcloud.s3.s3_requests import Answer, S3Request
from localcloud.s3.stored_objects import copy_source

_ACCOUNT = re.compile(r"\d{12}")


def install() -> None:
    """Wrap every bucket and object call."""
    anchors.replace("services.s3._bucket_owner_account", _owner)
    s3_requests.wrap_dispatch(_answer)


def _owner(_original: Callable[[str], str | None], name: str) -> str | None:
    """MiniStack's own search, over a copy, because events and notifications search in other threads."""
    return next((account for account, bucket in list(s3._buckets._data) if bucket == name), None)


def _answer(request: S3Request, answer: Answer) -> Response:
    """403 AccessDenied if the owner of the bucket or of a copy's source does not match (C39)."""
    headers = request.headers
    expected = [(request.bucket, headers.get("x-amz-expected-bucket-owner"))]
    if source := headers.get("x-amz-copy-source"):
        expected.append((copy_source(source)[0], headers.get("x-amz-source-expected-bucket-owner")))
    for name, account in expected:
        if account is not None and not _ACCOUNT.fullmatch(account):
            return s3_errors.bad_request(
                "InvalidBucketOwnerAWSAccountID",
                f"The value of the expected bucket owner parameter must be an AWS Account ID... [{account}]",
            )
        owner = s3._bucket_owner_account(name)
        if account and owner and account != owner:
            return s3_errors.access_denied(name)
    return answer(request)
