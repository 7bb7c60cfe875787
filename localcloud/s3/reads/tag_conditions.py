"""The condition key `s3:ExistingObjectTag` of every action that has it (F20), copies' sources included."""

from collections.abc import Callable
from typing import Any

from ministack.core import responses
from ministack.services import s3

from localcloud.request import anchors
from localcloud.request.calls import CURRENT
from localcloud.s3.stored_objects import copy_source, stored_object, subresource_version, version_asked

PREFIX = "arn:aws:s3:::"
OBJECT_ACTIONS = (
    "DeleteObjectTagging",
    "DeleteObjectVersionTagging",
    "GetObject",
    "GetObjectAcl",
    "GetObjectAttributes",
    "GetObjectTagging",
    "GetObjectVersion",
    "GetObjectVersionAcl",
    "GetObjectVersionAttributes",
    "GetObjectVersionTagging",
    "PutObjectAcl",
    "PutObjectTagging",
    "PutObjectVersionAcl",
    "PutObjectVersionTagging",
)
ACTIONS = frozenset(f"s3:{action}" for action in OBJECT_ACTIONS)


def install() -> None:
    """Wrap MiniStack's evaluation of the caller's policies."""
    anchors.replace("core.iam_evaluator.enforce", _enforce)


def _enforce(
    original: Callable[..., Any],
    access_key: str,
    action: str,
    service: str,
    region: str,
    resource_arn: str = "*",
    service_context: dict[str, Any] | None = None,
) -> Any:
    context = dict(service_context or {})
    if action in ACTIONS and resource_arn.startswith(PREFIX):
        context |= _tags(*resource_arn.removeprefix(PREFIX).partition("/")[::2])
    return original(access_key, action, service, region, resource_arn=resource_arn, service_context=context)


def _tags(bucket: str, key: str) -> dict[str, str]:
    record, owner = stored_object(bucket, key, _version(bucket, key)), s3._bucket_owner_account(bucket)
    if record is None or owner is None:
        return {}
    with responses.request_scope(owner, responses.get_region()):
        tags = s3._object_tags.get((bucket, key, subresource_version(record)), {})
    return {f"s3:ExistingObjectTag/{name}": value for name, value in tags.items()}


def _version(bucket: str, key: str) -> str:
    """The version of the object that the request names, as its source or as its target."""
    call = CURRENT.get()
    if call is None:
        return ""
    source = copy_source(call.headers.get("x-amz-copy-source", ""))
    return source[2] if source[:2] == (bucket, key) else version_asked(call.query)
