"""PutBucketPolicy with S3's refusals, and GetBucketPolicy with what S3 makes of the text (E25, E26)."""

import json
from collections.abc import Callable
from functools import partial
from typing import Any

from ministack.core import responses
from ministack.services import s3

from localcloud.request import anchors
from localcloud.request.calls import CURRENT, Response
from localcloud.s3 import policy_document, s3_errors
from localcloud.s3.policy_document import Document, MalformedPolicyError

ROOT = "arn:aws:iam::{}:root"
_ids: dict[tuple[str, str], dict[str, str]] = {}  # of the principals of a bucket's policy, by their ARNs


def install(*, get_normalises: bool) -> None:
    """Wrap MiniStack's two calls."""
    anchors.replace("services.s3._put_bucket_policy", _put)
    anchors.replace("services.s3._get_bucket_policy", partial(_get, normalises=get_normalises))


def _put(original: Callable[..., Response], bucket: str, body: bytes) -> Response:
    if bucket not in s3._buckets:
        return s3_errors.no_such_bucket(bucket)
    try:
        document = policy_document.check(body, bucket)
    except MalformedPolicyError as error:
        return s3_errors.bad_request("MalformedPolicy", str(error))
    account = responses.get_account_id()
    if s3._public_access_blocked(account, bucket, "BlockPublicPolicy") and s3._policy_is_public(
        body.decode()
    ):
        return s3_errors.access_denied(bucket, _blocked(bucket))
    names = [name for statement in policy_document.statements(document) for name in _principals(statement)]
    found = {name: policy_document.entity(name) for name in names}
    _ids[account, bucket] = {name: _id(entity) for name, entity in found.items() if entity}
    return original(bucket, body)


def _blocked(bucket: str) -> str:
    call = CURRENT.get()
    return (
        f"User: {call.caller.arn if call else ''} is not authorized to perform: s3:PutBucketPolicy on "
        f'resource: "arn:aws:s3:::{bucket}" because public policies are blocked by the BlockPublicPolicy '
        "block public access setting."
    )


def _get(original: Callable[..., Response], bucket: str, *, normalises: bool) -> Response:
    """A principal that was deleted since is shown by its unique id."""
    answer = original(bucket)
    text = s3._bucket_policies.get(bucket)
    if answer[0] != s3_errors.OK or not text:
        return answer
    known = _ids.get((responses.get_account_id(), bucket), {})
    gone = {name: old for name, old in known.items() if _id(policy_document.entity(name)) != old}
    if not gone and not normalises:
        return answer
    document = json.loads(text)
    document = _with_principals(document, gone)
    if normalises:
        document = _normalised(document)
    return s3_errors.OK, {"Content-Type": "application/json"}, policy_document.minified(document).encode()


def _principals(statement: Document) -> list[Any]:
    named = statement.get("Principal", statement.get("NotPrincipal"))
    return policy_document.listed(named["AWS"]) if isinstance(named, dict) and "AWS" in named else []


def _id(entity: dict[str, Any] | None) -> str:
    return str((entity or {}).get("UserId") or (entity or {}).get("RoleId") or "")


def _with_principals(document: Document, names: dict[str, str]) -> Document:
    """The document with other names for some of its AWS principals."""

    def renamed(statement: Document) -> Document:
        element = "Principal" if "Principal" in statement else "NotPrincipal"
        if not _principals(statement):
            return statement
        one = not isinstance(statement[element]["AWS"], list)
        new = [names.get(name, name) for name in _principals(statement)]
        return statement | {element: statement[element] | {"AWS": new[0] if one else new}}

    found = [renamed(statement) for statement in policy_document.statements(document)]
    return document | {"Statement": found if isinstance(document["Statement"], list) else found[0]}


def _normalised(document: Document) -> Document:
    """What S3 may make of a text: a list of one is its value, an account its root user, members in order."""
    accounts = {
        name: ROOT.format(name)
        for statement in policy_document.statements(document)
        for name in _principals(statement)
        if name.isdigit()
    }
    renamed = _with_principals(document, accounts)
    found = [_unlisted(statement) for statement in policy_document.statements(renamed)]
    return dict(sorted((renamed | {"Statement": found}).items(), reverse=True))


def _unlisted(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _unlisted(value[name]) for name in sorted(value, reverse=True)}
    if isinstance(value, list) and len(value) == 1:
        return value[0]
    return value
