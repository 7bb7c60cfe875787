"""Step 1: from the message on the queue to the S3 API call it tells of."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from reseal.core.actor import Actor, parse_actor
from reseal.core.encryption import NOTHING_BLOCKED
from reseal.core.errors import MalformedEventError

_BUCKET_NAME = re.compile(r"[a-zA-Z0-9.\-_]{1,255}")  # wide enough for names of before 2018


@dataclass(frozen=True, slots=True, kw_only=True)
class StatedEncryption:
    """What a PutBucketEncryption record says was asked for.

    It is evidence of intent only: what the bucket has now is read from S3.
    """

    algorithm: str | None
    unblocks_sse_c: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class BucketCall:
    """One API call on one bucket, as CloudTrail recorded it.

    `event_id` is unique per delivered record (A31). `owner` is the bucket's account, or None:
    CreateBucket records name no resource (A9). `stated` is None where the record states no
    encryption.
    """

    event_id: str
    name: str
    time: datetime
    bucket: str
    owner: str | None
    actor: Actor
    stated: StatedEncryption | None


def parse_bucket_call(body: str) -> BucketCall:
    """Read an EventBridge event that carries a CloudTrail record of a bucket-level call.

    Raises MalformedEventError, naming the field, where the text is not such an event.
    """
    event = _parse_json(body)
    record = event.get("detail")
    if not isinstance(record, Mapping):
        raise MalformedEventError("detail is not an object: this is no EventBridge event of CloudTrail")
    parameters = _child(record, "requestParameters")  # CloudTrail leaves them out above 100 KB (A12)
    resource = _bucket_resource(record)
    return BucketCall(
        event_id=_text(record, "eventID"),
        name=_text(record, "eventName"),
        time=_time(record),
        bucket=_bucket(parameters, resource),
        owner=_owner(resource),
        actor=parse_actor(record),
        stated=_stated(parameters),
    )


def _parse_json(body: str) -> Mapping[str, Any]:
    try:
        event = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise MalformedEventError(f"the message is not JSON: {error}") from error
    if not isinstance(event, Mapping):
        raise MalformedEventError("the message is not a JSON object")
    return event


def _text(record: Mapping[str, Any], field: str) -> str:
    value = record.get(field)
    if not isinstance(value, str) or not value or not value.isprintable():
        raise MalformedEventError(f"detail.{field} is missing or not text")
    return value


def _time(record: Mapping[str, Any]) -> datetime:
    text = _text(record, "eventTime")
    try:
        time = datetime.fromisoformat(text)
    except ValueError as error:
        raise MalformedEventError(f"detail.eventTime is no ISO 8601 time: {text!r:.60}") from error
    return time if time.tzinfo else time.replace(tzinfo=UTC)


def _bucket(parameters: Mapping[str, Any], resource: Mapping[str, Any]) -> str:
    """The bucket by its parameter, or by its ARN where the parameters were left out."""
    bucket = parameters.get("bucketName", str(resource.get("ARN", "")).rpartition(":::")[2] or None)
    if not isinstance(bucket, str) or not _BUCKET_NAME.fullmatch(bucket):
        raise MalformedEventError(f"detail.requestParameters.bucketName is no bucket name: {bucket!r:.80}")
    return bucket


def _bucket_resource(record: Mapping[str, Any]) -> Mapping[str, Any]:
    resources = record.get("resources")
    for resource in resources if isinstance(resources, list) else []:
        if isinstance(resource, Mapping) and resource.get("type") == "AWS::S3::Bucket":
            return resource
    return {}


def _owner(resource: Mapping[str, Any]) -> str | None:
    account = resource.get("accountId")
    return account if isinstance(account, str) else None


def _stated(parameters: Mapping[str, Any]) -> StatedEncryption | None:
    """CloudTrail turns S3's XML into objects, and into lists where an element repeats (A8)."""
    rule = _child(_child(parameters, "ServerSideEncryptionConfiguration"), "Rule")
    default = _child(rule, "ApplyServerSideEncryptionByDefault")
    blocked = _child(rule, "BlockedEncryptionTypes").get("EncryptionType")
    if not rule:
        return None
    algorithm = default.get("SSEAlgorithm")
    return StatedEncryption(
        algorithm=algorithm if isinstance(algorithm, str) else None,
        unblocks_sse_c=NOTHING_BLOCKED in (blocked if isinstance(blocked, list) else [blocked]),
    )


def _child(parent: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    value = parent.get(name)
    if isinstance(value, list) and value:
        value = value[0]
    return value if isinstance(value, Mapping) else {}
