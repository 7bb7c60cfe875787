"""Step 1, parse: read the S3 API call on a bucket from a queue message."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from reseal.core.calls.actor import Actor, parse_actor
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
from reseal.core.errors import MalformedEventError
from reseal.core.resource import BucketResource, Resource
from reseal.core.state.bucket_encryption import NOTHING_BLOCKED
from reseal.core.state.bucket_policy import BucketPolicy
from reseal.core.text.quoted import SHORT, quoted

_BUCKET_NAME = re.compile(r"[a-zA-Z0-9.\-_]{1,255}")


@dataclass(frozen=True, slots=True, kw_only=True)
class StatedBucketEncryption:
    """The encryption that a PutBucketEncryption record requested.

    It shows intent only: the current encryption is read from S3. `key_id` is the KMS key as the caller
    named it, or None if the record names none.
    """

    algorithm: str | None
    key_id: str | None
    unblocks_sse_c: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class BucketCall:
    """One API call on one bucket, as CloudTrail recorded it.

    `event_id` is unique per delivered record (A31). `owner` is the bucket's account, or None:
    CreateBucket records name no resource (A9). `recipient` is the account that received the record.
    `stated` is None if the record states no encryption. `policy` is the bucket policy that the call left,
    None if it set none or if the record does not show it. `obstacle` says why its caller may fail under a KMS
    key. `over_plain_http`: it arrived without TLS.
    """

    event_id: str
    name: str
    time: datetime
    bucket: str
    owner: str | None
    actor: Actor
    stated: StatedBucketEncryption | None
    recipient: str | None = None
    obstacle: str | None = None
    policy: BucketPolicy | None = None
    over_plain_http: bool = False

    @property
    def resource(self) -> BucketResource:
        """The bucket."""
        return BucketResource(bucket=self.bucket)

    @property
    def unblocks_sse_c(self) -> bool:
        """Whether the call took SSE-C from the bucket's blocked encryption types on purpose."""
        return self.stated is not None and self.stated.unblocks_sse_c

    def at(self, _resource: Resource, /) -> BucketCall:
        """The call: a record spells the name of a bucket as S3 does."""
        return self


def parse_bucket_call(body: str) -> BucketCall:
    """Read an EventBridge event that carries a CloudTrail record of a bucket-level call.

    Raises MalformedEventError, which names the field, if the text is not such an event.
    """
    record = parse_record(body)
    parameters = child_of(record, "requestParameters")  # CloudTrail omits them above 100 KB (A12)
    resource = _bucket_resource(record)
    return BucketCall(
        event_id=text_of(record, "eventID"),
        name=text_of(record, "eventName"),
        time=time_of(record),
        bucket=_bucket(parameters, resource),
        owner=_owner(resource),
        recipient=recipient_of(record),
        actor=parse_actor(record),
        stated=_stated(parameters),
        obstacle=obstacle_in(record),
        policy=policy_in(record),
        over_plain_http=is_over_plain_http(record),
    )


def is_bucket_name(text: str) -> bool:
    """Whether a bucket can have this name, including names from before 2018."""
    return _BUCKET_NAME.fullmatch(text) is not None


def policy_in(record: Record) -> BucketPolicy | None:
    """The policy that a PutBucketPolicy or DeleteBucketPolicy left; None if the record does not show it.

    CloudTrail writes the policy as an object, and omits parameters above 100 KB (A12).
    """
    if record.get("eventName") == "DeleteBucketPolicy":
        return BucketPolicy()
    policy = child_of(record, "requestParameters").get("bucketPolicy")
    if isinstance(policy, Mapping):
        return BucketPolicy(json.dumps(policy))
    return BucketPolicy(policy) if isinstance(policy, str) else None


def _bucket(parameters: Mapping[str, Any], resource: Mapping[str, Any]) -> str:
    """The bucket from the request parameters, or from its ARN if the parameters were omitted."""
    bucket = parameters.get("bucketName", str(resource.get("ARN", "")).rpartition(":::")[2] or None)
    if not isinstance(bucket, str) or not is_bucket_name(bucket):
        raise MalformedEventError(
            f"detail.requestParameters.bucketName is not a bucket name: {quoted(str(bucket), SHORT)}"
        )
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


def _stated(parameters: Mapping[str, Any]) -> StatedBucketEncryption | None:
    """CloudTrail converts S3's XML to objects, and repeated elements to lists (A8)."""
    rule = child_of(child_of(parameters, "ServerSideEncryptionConfiguration"), "Rule")
    default = child_of(rule, "ApplyServerSideEncryptionByDefault")
    blocked = child_of(rule, "BlockedEncryptionTypes").get("EncryptionType")
    if not rule:
        return None
    algorithm, key_id = default.get("SSEAlgorithm"), default.get("KMSMasterKeyID")
    return StatedBucketEncryption(
        algorithm=algorithm if isinstance(algorithm, str) else None,
        key_id=key_id if isinstance(key_id, str) else None,
        unblocks_sse_c=NOTHING_BLOCKED in (blocked if isinstance(blocked, list) else [blocked]),
    )
