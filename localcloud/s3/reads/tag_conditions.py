"""The condition key `s3:ExistingObjectTag` of every action that has it (F20), copies' sources included."""

from dataclasses import replace

from ministack.core import responses
from ministack.services import s3

from localcloud.request import evaluation
from localcloud.request.calls import CURRENT
from localcloud.request.evaluation import Asked
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
    """Take part in the evaluation of policies."""
    evaluation.take_part(complete=_with_tags)


def _with_tags(asked: Asked) -> Asked:
    if asked.action not in ACTIONS or not asked.resource.startswith(PREFIX):
        return asked
    bucket, _, key = asked.resource.removeprefix(PREFIX).partition("/")
    return replace(asked, keys=asked.keys | _tags(bucket, key))


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
