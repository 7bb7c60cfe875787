"""Step 1, parse: read the write of an object from a queue message."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from urllib.parse import unquote_plus

from reseal.core.calls.actor import Actor, parse_actor
from reseal.core.calls.bucket_call import is_bucket_name
from reseal.core.calls.cloudtrail_record import (
    Record,
    child_of,
    is_over_plain_http,
    parse_record,
    recipient_of,
    text_of,
    time_of,
)
from reseal.core.calls.kms_obstacle import obstacle_in
from reseal.core.calls.own_model import model_by_host, model_of_access_point
from reseal.core.calls.stated_encryption import StatedObjectEncryption, parse_stated, text_or_none
from reseal.core.errors import MalformedEventError
from reseal.core.resource import ObjectResource, Resource
from reseal.core.text.quoted import SHORT, quoted

_LONGEST_VERSION = 1024
"""Bytes of ASCII (S3 User Guide, "Versioning workflows")."""

BEGINNINGS = frozenset({"CreateMultipartUpload", "InitiateMultipartUpload"})
"""The call that begins an upload in parts. AWS's pages name it in both ways (A20)."""

_LONGEST_KEY = 1024  # bytes of UTF-8 (S3 User Guide, object key names)


@dataclass(frozen=True, slots=True, kw_only=True)
class ObjectCall:
    """One write of one object, as CloudTrail recorded it.

    `object_key` is spelled as in the record (A25). `version_id` is None if the record names none.
    `recipient` is the account that received the record. `delivered_by` is the AWS service that wrote on its
    own behalf. `own_model` is set if the object is not in general purpose S3, and says why it is exempt.
    `obstacle` says why its caller may fail under a KMS key. `over_plain_http`: it arrived without TLS.
    """

    event_id: str
    name: str
    time: datetime
    bucket: str
    object_key: str
    version_id: str | None
    owner: str | None
    actor: Actor
    stated: StatedObjectEncryption
    recipient: str | None = None
    delivered_by: str | None = None
    own_model: str | None = None
    obstacle: str | None = None
    over_plain_http: bool = False

    @property
    def resource(self) -> ObjectResource:
        """The object, or the object version that the call wrote."""
        return ObjectResource(bucket=self.bucket, object_key=self.object_key, version_id=self.version_id)

    def at(self, resource: Resource, /) -> ObjectCall:
        """The call with the object's key and version as S3 spells them (A25)."""
        if not isinstance(resource, ObjectResource):
            return self
        return replace(self, object_key=resource.object_key, version_id=resource.version_id)

    @property
    def begins_upload(self) -> bool:
        """Whether this call only begins an upload in parts: no object is there yet."""
        return self.name in BEGINNINGS

    @property
    def unquoted_key(self) -> str | None:
        """The object key after URL decoding; None if decoding changes nothing.

        Try the spelling of the record first: `file%2Fname` is a valid object key (A25).
        """
        key = unquote_plus(self.object_key)
        return None if key == self.object_key else key


def parse_object_call(body: str) -> ObjectCall:
    """Read an EventBridge event that carries a CloudTrail record of a write of an object.

    Raises MalformedEventError, which names the field, if the text is not such an event.
    """
    record = parse_record(body)
    request, response = child_of(record, "requestParameters"), child_of(record, "responseElements")
    own_model = model_of_access_point(request, response, _kinds_listed(record))
    bucket, owner = _bucket(record, request, is_point=own_model is not None)
    return ObjectCall(
        event_id=text_of(record, "eventID"),
        name=text_of(record, "eventName"),
        time=time_of(record),
        bucket=bucket,
        object_key=_key(record, request, bucket),
        version_id=_version(request, response),
        owner=owner,
        recipient=recipient_of(record),
        actor=parse_actor(record),
        stated=parse_stated(request, response),
        delivered_by=_delivered_by(record),
        own_model=own_model or model_by_host(request, bucket),
        obstacle=obstacle_in(record),
        over_plain_http=is_over_plain_http(record),
    )


def _bucket(record: Record, request: Mapping[str, Any], *, is_point: bool) -> tuple[str, str | None]:
    """The bucket written to, and the account that owns it.

    A CopyObject record lists the source bucket too, so the owner is looked up by bucket name. If the
    parameter names an access point, the first bucket listed is the one written to. `is_point`: the access
    point belongs to no bucket and stands for itself.
    """
    owners = dict(_listed_buckets(record))
    named = request.get("bucketName")
    if named is not None and (not isinstance(named, str) or not named):
        raise MalformedEventError(
            f"detail.requestParameters.bucketName is not a bucket name: {quoted(str(named), SHORT)}"
        )
    bucket = named if named in owners or not owners or is_point else next(iter(owners))
    if bucket is None or not (is_point or is_bucket_name(bucket)):
        raise MalformedEventError(
            f"detail.requestParameters.bucketName is not a bucket name: {quoted(str(bucket), SHORT)}"
        )
    return bucket, owners.get(bucket)


def _listed_buckets(record: Record) -> Iterator[tuple[str, str | None]]:
    for resource in _resources(record, "AWS::S3::Bucket"):
        name = str(resource.get("ARN", "")).rpartition(":::")[2]
        if name:
            yield name, text_or_none(resource, "accountId")


def _kinds_listed(record: Record) -> set[str]:
    listed = record.get("resources")
    resources = listed if isinstance(listed, list) else []
    return {str(resource.get("type")) for resource in resources if isinstance(resource, Mapping)}


def _resources(record: Record, kind: str) -> Iterator[Mapping[str, Any]]:
    listed = record.get("resources")
    for resource in listed if isinstance(listed, list) else []:
        if isinstance(resource, Mapping) and resource.get("type") == kind:
            yield resource


def _key(record: Record, request: Mapping[str, Any], bucket: str) -> str:
    """The object key from the request parameters, or from the object's ARN if they were omitted (A12)."""
    key = request.get("key")
    if key is None:
        arns = (str(resource.get("ARN", "")) for resource in _resources(record, "AWS::S3::Object"))
        names = (arn.partition(":::")[2] for arn in arns)
        key = next((name.removeprefix(f"{bucket}/") for name in names if name.startswith(f"{bucket}/")), None)
    if not isinstance(key, str) or not is_object_key(unquote_plus(key)):
        shown = quoted(str(key), SHORT)
        raise MalformedEventError(f"detail.requestParameters.key is not an object key: {shown}")
    return key if is_object_key(key) else unquote_plus(key)  # a key that is too long is URL-encoded (A25)


def _version(request: Mapping[str, Any], response: Mapping[str, Any]) -> str | None:
    version = text_or_none(response, "x-amz-version-id") or text_or_none(request, "versionId")
    if version is not None and not (len(version) <= _LONGEST_VERSION and version.isprintable()):
        raise MalformedEventError(f"the record names no version of an object: {quoted(version, SHORT)}")
    return version


def is_object_key(key: object) -> bool:
    """Whether S3 accepts this as an object key: text whose UTF-8 has 1 to 1024 bytes."""
    try:
        return isinstance(key, str) and 0 < len(key.encode()) <= _LONGEST_KEY
    except UnicodeEncodeError:
        return False


def _delivered_by(record: Record) -> str | None:
    """The service, if it is the caller. `invokedBy` alone is not enough: users' calls have it too (A29)."""
    identity = child_of(record, "userIdentity")
    return text_or_none(identity, "invokedBy") if identity.get("type") == "AWSService" else None
