"""The additional permissions of an object call (C6, C18, D8), of which MiniStack checks only some."""

from collections.abc import Callable

from ministack.core import responses
from ministack.services import s3

from localcloud.request import anchors
from localcloud.s3.stored_objects import Headers, Query, copy_source, stored_object, subresource_version

Need = tuple[str, str]
BY_HEADER = {
    "x-amz-tagging": "s3:PutObjectTagging",
    "x-amz-acl": "s3:PutObjectAcl",
    "x-amz-object-lock-mode": "s3:PutObjectRetention",
    "x-amz-object-lock-retain-until-date": "s3:PutObjectRetention",
    "x-amz-object-lock-legal-hold": "s3:PutObjectLegalHold",
    "if-match": "s3:GetObject",
}


def install() -> None:
    """Wrap MiniStack's list of additional permissions."""
    anchors.replace("core.iam_actions.s3_additional_checks", _needs)


def _needs(
    original: Callable[..., list[Need]], method: str, path: str, headers: Headers, body: bytes, query: Query
) -> list[Need]:
    needs = original(method, path, headers, body, query)
    bucket, _, key = path.lstrip("/").partition("/")
    if not key or method not in {"PUT", "POST"}:
        return needs
    target = f"arn:aws:s3:::{bucket}/{key}"
    if method == "PUT" and "encryption" in query:
        return [*needs, ("s3:PutObject", target)]  # D8
    if query.keys() - {"uploads", "uploadId", "x-id"}:
        return needs
    for action in sorted({action for name, action in BY_HEADER.items() if headers.get(name)}):
        needs.append((action, target))
    if any(name.startswith("x-amz-grant-") for name in headers):
        needs.append(("s3:PutObjectAcl", target))
    return needs + _needs_of_copy(headers, target)


def _needs_of_copy(headers: Headers, target: str) -> list[Need]:
    """Copied tags and annotations need a read permission at the source, a write one at the target (C6)."""
    header = headers.get("x-amz-copy-source", "")
    bucket, key, version = copy_source(header)
    source = stored_object(bucket, key, version) if header else None
    if source is None:
        return []
    place, arn = (bucket, key, subresource_version(source)), f"arn:aws:s3:::{bucket}/{key}"
    needs: list[Need] = []
    with responses.request_scope(s3._bucket_owner_account(bucket), responses.get_region()):
        if headers.get("x-amz-tagging-directive", "COPY").upper() == "COPY" and s3._object_tags.get(place):
            reading = "s3:GetObjectVersionTagging" if version else "s3:GetObjectTagging"
            needs += [(reading, arn), ("s3:PutObjectTagging", target)]
        directive = headers.get("x-amz-object-annotation-directive", "COPY").upper()
        if directive == "COPY" and s3._object_annotations.get(place):
            needs += [("s3:GetObjectAnnotation", arn), ("s3:PutObjectAnnotation", target)]
    return needs
