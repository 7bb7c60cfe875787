"""Objects that another account wrote while the bucket's ACLs were in force: they are that account's (F21).

The bucket's owner may list, delete and replace them. It reads them, or their ACL, only as their ACL grants.
Listings still name the bucket's owner, and the bucket's policy still applies to them.
"""

import re
from collections.abc import Iterator

from ministack.core import responses
from ministack.services import s3

from localcloud.request.calls import CURRENT, Response
from localcloud.s3 import s3_errors, s3_requests
from localcloud.s3.s3_requests import Answer, S3Request
from localcloud.s3.stored_objects import (
    copy_source,
    records_of,
    stored_object,
    subresource_version,
    version_asked,
)
from localcloud.s3.writes.object_writes import OWNER

Version = tuple[str, str, str]
OK = 200
CANNED = "x-amz-acl"
FOR_THE_BUCKETS_OWNER = {"bucket-owner-full-control": "FULL_CONTROL", "bucket-owner-read": "READ"}
WRITES = frozenset({"PutObject", "PostObject", "CopyObject", "CompleteMultipartUpload"})
CONTENT_QUERY = frozenset({"versionId", "partNumber", "x-id"})
PROPERTIES = frozenset({"attributes", "legal-hold", "retention", "tagging"})
_OWNERSHIP = re.compile(r"<ObjectOwnership>(\w+)</ObjectOwnership>")
_OWNER = re.compile(r"(<Owner><ID>)[^<]+")
_GRANT = (
    '<Grant><Grantee xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:type="CanonicalUser">'
    "<ID>{}</ID></Grantee><Permission>{}</Permission></Grant></AccessControlList>"
)


def install() -> None:
    """Wrap every object call."""
    s3_requests.wrap_dispatch(_answer)


def _answer(request: S3Request, answer: Answer) -> Response:
    call, owner = CURRENT.get(), s3._bucket_owner_account(request.bucket)
    caller = call.caller.account if call else ""
    if call is None or owner is None or not caller or not request.key:
        return answer(request)
    for version, permission in _reads(request):
        if not _granted(version, caller, permission):
            return s3_errors.access_denied(request.bucket)
    answered = answer(request)
    if answered[0] == OK and caller != owner and call.operation in WRITES:
        with responses.request_scope(owner, responses.get_region()):
            _hand_over(request, owner, caller)
    return answered


def _hand_over(request: S3Request, owner: str, writer: str) -> None:
    """Make the object just written the writer's, unless the bucket's setting or the ACL gives it away."""
    found = _OWNERSHIP.search(s3._buckets[request.bucket].get("_ownership_controls", ""))
    ownership, canned = found[1] if found else "BucketOwnerEnforced", request.headers.get(CANNED, "")
    given = ownership == "BucketOwnerPreferred" and canned == "bucket-owner-full-control"
    if ownership == "BucketOwnerEnforced" or given:
        return
    record = s3._buckets[request.bucket]["objects"][request.key]
    for kept in records_of(request.bucket, request.key, record):
        kept[OWNER] = writer
    place = (request.bucket, request.key, subresource_version(record))
    s3._object_acl[place] = _acl(s3._object_acl.get(place), owner, writer, canned)


def _acl(stored: str | None, owner: str, writer: str, canned: str) -> str:
    """The stored ACL with its true owner, and with what a canned one grants to the bucket's owner."""
    mine = str(s3._canonical_owner_id(writer))
    if stored and not canned:  # grants of headers
        return _OWNER.sub(rf"\g<1>{mine}", stored)
    text: str = s3._canned_acl_policy_xml(canned or "private", mine)
    if permission := FOR_THE_BUCKETS_OWNER.get(canned):
        grant = _GRANT.format(s3._canonical_owner_id(owner), permission)
        text = text.replace("</AccessControlList>", grant)
    return text


def _reads(request: S3Request) -> Iterator[tuple[Version, str]]:
    """What a request reads of which object, as the permission of an ACL."""
    target = (request.bucket, request.key, version_asked(request.query))
    if source := request.headers.get("x-amz-copy-source"):
        yield copy_source(source), "READ"
    if "acl" in request.query:
        yield target, "READ_ACP" if request.method == "GET" else "WRITE_ACP"
    elif PROPERTIES & request.query.keys():
        yield target, "FULL_CONTROL"
    elif request.method in {"GET", "HEAD"} and not request.query.keys() - CONTENT_QUERY:
        yield target, "READ"


def _granted(version: Version, caller: str, permission: str) -> bool:
    """Whether the object is the caller's, or not in a bucket of the caller, or its ACL grants this."""
    bucket_owner, record = s3._bucket_owner_account(version[0]), stored_object(*version)
    if bucket_owner != caller or record is None or record.get(OWNER, caller) == caller:
        return True
    with responses.request_scope(bucket_owner, responses.get_region()):
        acl = s3._object_acl.get((*version[:2], subresource_version(record)))
    granted = [kind for who, kind in s3._acl_grants(acl, "ID") if who == s3._canonical_owner_id(caller)]
    granted += [kind for _, kind in s3._acl_grants(acl)]  # of groups: a caller of any account is in them
    return permission in granted or "FULL_CONTROL" in granted
