"""Step 1: from the message on the queue to the write of an object that it tells of."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import unquote_plus

from reseal.core.calls.actor import Actor, parse_actor
from reseal.core.calls.bucket_call import is_bucket_name
from reseal.core.calls.record import Record, child_of, parse_record, text_of, time_of
from reseal.core.calls.stated_encryption import StatedObjectEncryption, parse_stated, text_or_none
from reseal.core.errors import MalformedEventError
from reseal.core.resource import Resource

_LONGEST_KEY = 1024  # bytes of UTF-8 (S3 User Guide, object key names)
_MODELS_OF_THEIR_OWN = {
    ".s3-outposts.": "S3 on Outposts has an encryption model of its own",
    ".s3express-": "directory buckets have an encryption model of their own",
}
"""By what stands in the host behind the bucket's name (E16)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ObjectCall:
    """One write of one object, as CloudTrail recorded it.

    `object_key` is spelled as in the record (A25); `version_id` is None where the record names none.
    `delivered_by` is the AWS service that wrote on its own behalf. `own_model` says why the object
    is none of general purpose S3.
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
    delivered_by: str | None = None
    own_model: str | None = None

    @property
    def resource(self) -> Resource:
        """The object, or the version of it that the call made."""
        return Resource(bucket=self.bucket, object_key=self.object_key, version_id=self.version_id)

    @property
    def unquoted_key(self) -> str | None:
        """The key, if the record's spelling is an URL-encoded one; None where that makes no difference.

        Never to be tried first: `file%2Fname` is a legal key (A25).
        """
        key = unquote_plus(self.object_key)
        return None if key == self.object_key else key


def parse_object_call(body: str) -> ObjectCall:
    """Read an EventBridge event that carries a CloudTrail record of a write of an object.

    Raises MalformedEventError, naming the field, where the text is not such an event.
    """
    record = parse_record(body)
    request, response = child_of(record, "requestParameters"), child_of(record, "responseElements")
    bucket, owner = _bucket(record, request)
    return ObjectCall(
        event_id=text_of(record, "eventID"),
        name=text_of(record, "eventName"),
        time=time_of(record),
        bucket=bucket,
        object_key=_key(record, request, bucket),
        version_id=text_or_none(response, "x-amz-version-id") or text_or_none(request, "versionId"),
        owner=owner,
        actor=parse_actor(record),
        stated=parse_stated(request, response),
        delivered_by=_delivered_by(record),
        own_model=_own_model(request, bucket),
    )


def _bucket(record: Record, request: Mapping[str, Any]) -> tuple[str, str | None]:
    """The bucket written to, and its owner's account.

    CopyObject lists its source as well, so the owner is looked up by the bucket's name. Through an access
    point the parameter may name that: then the first bucket listed is the one written to.
    """
    owners = dict(_listed_buckets(record))
    named = request.get("bucketName")
    if named is not None and (not isinstance(named, str) or not named):
        raise MalformedEventError(f"detail.requestParameters.bucketName is no bucket name: {named!r:.80}")
    bucket = named if named in owners or not owners else next(iter(owners))
    if bucket is None or not is_bucket_name(bucket):
        raise MalformedEventError(f"detail.requestParameters.bucketName is no bucket name: {bucket!r:.80}")
    return bucket, owners.get(bucket)


def _listed_buckets(record: Record) -> Iterator[tuple[str, str | None]]:
    for resource in _resources(record, "AWS::S3::Bucket"):
        name = str(resource.get("ARN", "")).rpartition(":::")[2]
        if name:
            yield name, text_or_none(resource, "accountId")


def _resources(record: Record, kind: str) -> Iterator[Mapping[str, Any]]:
    listed = record.get("resources")
    for resource in listed if isinstance(listed, list) else []:
        if isinstance(resource, Mapping) and resource.get("type") == kind:
            yield resource


def _key(record: Record, request: Mapping[str, Any], bucket: str) -> str:
    """The key by its parameter, or by the object's ARN where the parameters were left out (A12)."""
    key = request.get("key")
    if key is None:
        arns = (str(resource.get("ARN", "")) for resource in _resources(record, "AWS::S3::Object"))
        names = (arn.partition(":::")[2] for arn in arns)
        key = next((name.removeprefix(f"{bucket}/") for name in names if name.startswith(f"{bucket}/")), None)
    if not isinstance(key, str) or not key or not _fits(unquote_plus(key)):
        raise MalformedEventError(f"detail.requestParameters.key is no object key: {key!r:.80}")
    return key if _fits(key) else unquote_plus(key)  # no key is as long as that: it is URL-encoded (A25)


def _fits(key: str) -> bool:
    """Whether S3 could have such a key: UTF-8, and not too long."""
    try:
        return len(key.encode()) <= _LONGEST_KEY
    except UnicodeEncodeError:
        return False


def _delivered_by(record: Record) -> str | None:
    """The service, where it is the caller itself: `invokedBy` alone stands on users' calls too (A29)."""
    identity = child_of(record, "userIdentity")
    return text_or_none(identity, "invokedBy") if identity.get("type") == "AWSService" else None


def _own_model(request: Mapping[str, Any], bucket: str) -> str | None:
    """Told by the host, less the bucket's own name: that can be called what it likes."""
    host = request.get("Host", request.get("host"))  # a list in older records (cloudtrail shapes)
    hosts = [str(name).removeprefix(f"{bucket}.") for name in (host if isinstance(host, list) else [host])]
    marks = (mark for mark in _MODELS_OF_THEIR_OWN for name in hosts if mark in f".{name}")
    return next((_MODELS_OF_THEIR_OWN[mark] for mark in marks), None)
