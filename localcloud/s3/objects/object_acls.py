"""ACLs where a bucket's ownership allows them, and the refusal where it does not."""

from collections.abc import Callable
from typing import Any

from ministack.services import s3

from localcloud.request import anchors
from localcloud.request.calls import Response
from localcloud.s3 import s3_errors
from localcloud.s3.stored_objects import Headers

CANNED = "x-amz-acl"


def install() -> None:
    """Stand where MiniStack judges public ACLs."""
    anchors.replace("services.s3._public_acl_refused", _public_acl_refused)


def requested(bucket: str, headers: Headers) -> tuple[str | None, Response | None]:
    """The ACL document that a write's headers ask for, or why they cannot have it."""
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
    """Where ACLs are off, that is what the caller hears, whether or not his ACL is a public one."""
    owned = s3._buckets.get(bucket)
    if owned is not None and s3._bucket_owner_enforced(owned):
        return None
    return original(bucket, headers, document)
