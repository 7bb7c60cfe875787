"""Object ACLs, and their refusal if the bucket's object ownership disables them."""

from collections.abc import Callable
from typing import Any

from ministack.services import s3

from localcloud.request import anchors
from localcloud.request.calls import Response
from localcloud.s3 import s3_errors
from localcloud.s3.stored_objects import Headers

CANNED = "x-amz-acl"


def install() -> None:
    """Wrap MiniStack's check of public ACLs."""
    anchors.replace("services.s3._public_acl_refused", _public_acl_refused)


def requested(bucket: str, headers: Headers) -> tuple[str | None, Response | None]:
    """The ACL document that a write's headers request, or why it is refused."""
    canned = headers.get(CANNED, "")
    if canned and canned not in s3._CANNED_OBJECT_ACLS:
        return None, s3_errors.bad_request("InvalidArgument", f"Invalid x-amz-acl value: {canned}")
    granted, refused = s3._grant_headers_acl(headers, s3._bucket_owner_enforced(s3._buckets[bucket]))
    if refused or not canned:
        return granted, refused
    return s3._canned_acl_policy_xml(canned, s3._canonical_owner_id()), None


def _public_acl_refused(
    original: Callable[..., Response | None], bucket: str, headers: Headers, document: Any = None
) -> Response | None:
    """If ACLs are disabled, skip this check: the caller gets that error for any ACL, public or not."""
    owned = s3._buckets.get(bucket)
    if owned is not None and s3._bucket_owner_enforced(owned):
        return None
    return original(bucket, headers, document)
