"""Values of the domain with sensible defaults: a test states only what it is about."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from documents.modes import can_enforce, mode_parameters
from documents.template import template
from reseal.core.calls.actor import Actor
from reseal.core.calls.bucket_call import BucketCall, StatedBucketEncryption
from reseal.core.calls.keys.key_call import KeyCall
from reseal.core.calls.object_call import ObjectCall
from reseal.core.calls.stated_encryption import StatedObjectEncryption
from reseal.core.checks.buckets.observed_bucket import ObservedBucket
from reseal.core.policy.policy import Policy
from reseal.core.policy.requirements import Mode, Requirements
from reseal.core.state.bucket_access import BucketAccess
from reseal.core.state.bucket_encryption import BucketEncryption, SseAlgorithm
from reseal.core.state.bucket_policy import BucketPolicy
from reseal.core.state.kms_key import KeyDescription, KmsKey, parse_key_reference
from reseal.core.state.object_encryption import ObjectEncryption
from reseal.core.state.s3_object import BucketContext, ObjectAcl, ObservedObject, Original
from tests.support.fakes.services import NOON

ACCOUNT = "111122223333"
OTHER_ACCOUNT = "444455556666"
REGION = "us-east-1"
BUCKET = "payroll"
KEY = "2026/salaries.csv"
EVENT_ID = "c0ffee00-1111-2222-3333-444455556666"

DEFAULT_ENCRYPTION = "S3.BucketDefaultEncryption"
BUCKET_KEY = "S3.BucketKey"
SSE_C_BLOCK = "S3.BucketSseCBlock"
KEY_ACCESS = "S3.BucketKeyAccess"
TLS_ONLY = "S3.BucketTlsOnly"
OBJECT_ENCRYPTION = "S3.ObjectEncryption"
KEY_ROTATION = "KMS.KeyRotation"
KEY_DELETION = "KMS.KeyDeletion"
KEY_DISABLED = "KMS.KeyDisabled"
KEY_POLICY = "KMS.KeyPolicy"
KEY_ALIAS = "KMS.Alias"
DEFAULT_MODES = {
    check: Mode(template()["Parameters"][name]["Default"]) for check, name in mode_parameters().items()
}
ENFORCE_ALL = DEFAULT_MODES | {check: Mode.ENFORCE for check in DEFAULT_MODES if can_enforce(check)}
"""The check modes of a stack that enforces every check that it can."""

SSE_S3, SSE_KMS, DSSE_KMS = SseAlgorithm.SSE_S3, SseAlgorithm.SSE_KMS, SseAlgorithm.DSSE_KMS


def key_arn(name: str, account: str = ACCOUNT, region: str = REGION) -> str:
    return f"arn:aws:kms:{region}:{account}:key/{name}"


K = key_arn("00000000-0000-0000-0000-00000000000k")
TEAM_KEY = key_arn("11111111-1111-1111-1111-111111111111")
UNLISTED_KEY = key_arn("22222222-2222-2222-2222-222222222222")
PARTNER_KEY = key_arn("33333333-3333-3333-3333-333333333333", OTHER_ACCOUNT)
STRANGER_KEY = key_arn("44444444-4444-4444-4444-444444444444", "777788889999")


def a_key(
    arn: str = TEAM_KEY,
    *,
    state: str = "Enabled",
    manager: str = "CUSTOMER",
    spec: str = "SYMMETRIC_DEFAULT",
    usage: str = "ENCRYPT_DECRYPT",
    origin: str = "AWS_KMS",
    **further: Any,
) -> KmsKey:
    return KmsKey(arn=arn, state=state, manager=manager, spec=spec, usage=usage, origin=origin, **further)


def requirements(
    *,
    required: SseAlgorithm = SSE_KMS,
    listed_keys: frozenset[str] | None = None,
    replace_unapproved: bool = False,
    mode: Mode = Mode.ENFORCE,
    check_modes: Mapping[str, Mode] = DEFAULT_MODES,
    remediation_key: str = K,
    callers_may_use_key: bool = True,
    exempts_log_deliveries: bool = False,
    **further: Any,
) -> Requirements:
    return Requirements(
        account=ACCOUNT,
        region=REGION,
        required=required,
        remediation_key=remediation_key,
        listed_keys=listed_keys,
        replace_unapproved=replace_unapproved,
        callers_may_use_key=callers_may_use_key,
        exempts_log_deliveries=exempts_log_deliveries,
        mode=mode,
        check_modes=check_modes,
        **further,
    )


def a_policy(**changes: Any) -> Policy:
    """The policy that requires `requirements(**changes)` of everything that it does not exempt by name."""
    return Policy(default=requirements(**changes))


def not_enforcing(check: str) -> dict[str, Policy]:
    """Policies under which a check that wrote before does not write now, by name."""
    return {
        "stack in detect mode": a_policy(mode=Mode.DETECT),
        "check in detect mode": a_policy(check_modes=DEFAULT_MODES | {check: Mode.DETECT}),
        "check off": a_policy(check_modes=DEFAULT_MODES | {check: Mode.OFF}),
    }


def an_actor(*, tool: str = "AWS CLI", address: str | None = "198.51.100.7") -> Actor:
    return Actor(
        who=f"arn:aws:iam::{ACCOUNT}:role/Payroll",
        session="alice",
        account=ACCOUNT,
        address=address,
        tool=tool,
    )


def a_call(
    name: str = "PutBucketEncryption",
    *,
    stated: StatedBucketEncryption | None = None,
    bucket: str = BUCKET,
    event_id: str = EVENT_ID,
    actor: Actor | None = None,
    time: datetime = NOON,
    policy: BucketPolicy | None = None,
) -> BucketCall:
    return BucketCall(
        event_id=event_id,
        name=name,
        time=time,
        bucket=bucket,
        owner=None if name == "CreateBucket" else ACCOUNT,
        actor=actor or an_actor(),
        stated=stated,
        policy=policy,
    )


def stated(
    algorithm: str | None = None, key_id: str | None = None, *, unblocks_sse_c: bool = False
) -> StatedBucketEncryption:
    return StatedBucketEncryption(algorithm=algorithm, key_id=key_id, unblocks_sse_c=unblocks_sse_c)


def encryption(
    algorithm: str = SSE_S3,
    key_id: str | None = None,
    *,
    bucket_key: bool = False,
    blocked: tuple[str, ...] | None = ("SSE-C",),
) -> BucketEncryption:
    return BucketEncryption(algorithm=algorithm, key_id=key_id, bucket_key=bucket_key, blocked=blocked)


def observe(
    required: Requirements,
    found: BucketEncryption,
    description: KeyDescription | None = None,
    *,
    created: datetime | None = NOON,
) -> ObservedBucket:
    """The bucket, just created, as the lane observes it: a KMS key that cannot matter is not described."""
    matters = found.key_id is not None and required.must_describe(parse_key_reference(found.key_id))
    key = description if matters else None
    return ObservedBucket(read_at=NOON, encryption=found, kms_key=key, created=created)


def a_record(**changes: Any) -> dict[str, Any]:
    """A CloudTrail record of a successful PutBucketEncryption to SSE-S3; None removes a field."""
    record: dict[str, Any] = {
        "eventVersion": "1.11",
        "userIdentity": {
            "type": "AssumedRole",
            "arn": f"arn:aws:sts::{ACCOUNT}:assumed-role/Payroll/alice",
            "accountId": ACCOUNT,
            "sessionContext": {"sessionIssuer": {"arn": f"arn:aws:iam::{ACCOUNT}:role/Payroll"}},
        },
        "eventTime": f"{NOON:%Y-%m-%dT%H:%M:%SZ}",
        "eventSource": "s3.amazonaws.com",
        "eventName": "PutBucketEncryption",
        "awsRegion": REGION,
        "sourceIPAddress": "198.51.100.7",
        "userAgent": "[aws-cli/2.31.0 md/awscrt#0.27.6 ua/2.1]",
        "requestParameters": {
            "bucketName": BUCKET,
            "Host": f"{BUCKET}.s3.amazonaws.com",
            "encryption": "",
            "ServerSideEncryptionConfiguration": {
                "xmlns": "http://s3.amazonaws.com/doc/2006-03-01/",
                "Rule": {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}},
            },
        },
        "responseElements": None,
        "eventID": EVENT_ID,
        "eventType": "AwsApiCall",
        "recipientAccountId": ACCOUNT,
        "tlsDetails": {"tlsVersion": "TLSv1.3", "cipherSuite": "TLS_AES_128_GCM_SHA256"},
        "resources": [
            {"accountId": ACCOUNT, "type": "AWS::S3::Bucket", "ARN": f"arn:aws:s3:::{BUCKET}"},
        ],
    }
    record |= changes
    return {field: value for field, value in record.items() if field not in changes or value is not None}


def an_event(**changes: Any) -> dict[str, Any]:
    """The EventBridge event of `a_record(**changes)`."""
    return {
        "version": "0",
        "id": "f00dcafe-0000-1111-2222-333344445555",
        "detail-type": "AWS API Call via CloudTrail",
        "source": "aws.s3",
        "account": ACCOUNT,
        "time": f"{NOON:%Y-%m-%dT%H:%M:%SZ}",
        "region": REGION,
        "resources": [],
        "detail": a_record(**changes),
    }


def a_body(**changes: Any) -> str:
    """The event as the text of a queue message."""
    return json.dumps(an_event(**changes))


def create_bucket(**changes: Any) -> str:
    """A CreateBucket as it arrives: it names no resource (A9)."""
    created: dict[str, Any] = {
        "eventName": "CreateBucket",
        "requestParameters": {"bucketName": BUCKET, "Host": "s3.amazonaws.com"},
        "resources": None,
    }
    return a_body(**(created | changes))


def object_encryption(
    algorithm: str | None = SSE_S3, key_id: str | None = None, *, bucket_key: bool = False
) -> ObjectEncryption:
    return ObjectEncryption(algorithm=algorithm, key_id=key_id, bucket_key=bucket_key)


def an_object(**changes: Any) -> ObservedObject:
    """A small object under SSE-S3 in a bucket that never had versions."""
    plain: dict[str, Any] = {
        "bucket": BUCKET,
        "object_key": KEY,
        "version_id": None,
        "encryption": object_encryption(),
        "etag": '"9bb58f26192e4ba00f01e2e7b136bbd8"',
        "last_modified": NOON,
        "size": 5,
    }
    return ObservedObject(**(plain | changes))


def an_original(
    *,
    acl: ObjectAcl | None = None,
    tags: Mapping[str, str] | None = None,
    annotated: bool = False,
    context: str | None = None,
    **changes: Any,
) -> Original:
    """`an_object(**changes)`, with the properties that a copy must send explicitly."""
    return Original(head=an_object(**changes), acl=acl, tags=tags or {}, annotated=annotated, context=context)


def a_bucket_context(
    *,
    access: BucketAccess | None = None,
    bucket_key: bool = True,
    versioned: bool = False,
    notifies: bool = False,
    has_acls: bool = False,
) -> BucketContext:
    """A private bucket without versions, notifications and ACLs."""
    return BucketContext(
        read_at=NOON,
        access=access or BucketAccess(),
        bucket_key=bucket_key,
        versioned=versioned,
        notifies=notifies,
        has_acls=has_acls,
    )


def an_object_call(
    name: str = "PutObject",
    *,
    bucket: str = BUCKET,
    key: str = KEY,
    version_id: str | None = None,
    stated: StatedObjectEncryption | None = None,
    event_id: str = EVENT_ID,
    actor: Actor | None = None,
    time: datetime = NOON,
    delivered_by: str | None = None,
    own_model: str | None = None,
) -> ObjectCall:
    return ObjectCall(
        event_id=event_id,
        name=name,
        time=time,
        bucket=bucket,
        object_key=key,
        version_id=version_id,
        owner=ACCOUNT,
        actor=actor or an_actor(),
        stated=stated or StatedObjectEncryption(algorithm="AES256"),
        delivered_by=delivered_by,
        own_model=own_model,
    )


def a_key_call(
    name: str = "DisableKeyRotation",
    *,
    key: str = TEAM_KEY,
    event_id: str = EVENT_ID,
    actor: Actor | None = None,
    time: datetime = NOON,
    **further: Any,
) -> KeyCall:
    """A call on a KMS key."""
    return KeyCall(event_id=event_id, name=name, time=time, kms_key=key, actor=actor or an_actor(), **further)


def an_object_record(*, bucket: str = BUCKET, key: str = KEY, **changes: Any) -> dict[str, Any]:
    """A CloudTrail record of a PutObject that got SSE-S3 by default (A14 to A18); None removes a field."""
    written: dict[str, Any] = {
        "eventName": "PutObject",
        "requestParameters": {
            "bucketName": bucket,
            "Host": f"{bucket}.s3.{REGION}.amazonaws.com",
            "key": key,
        },
        "responseElements": {"x-amz-server-side-encryption": "AES256"},
        "additionalEventData": {"SSEApplied": "Default_SSE_S3"},
        "managementEvent": False,
        "eventCategory": "Data",
        "resources": [
            {"type": "AWS::S3::Object", "ARN": f"arn:aws:s3:::{bucket}/{key}"},
            {"accountId": ACCOUNT, "type": "AWS::S3::Bucket", "ARN": f"arn:aws:s3:::{bucket}"},
        ],
    }
    return a_record(**(written | changes))


def an_object_body(*, bucket: str = BUCKET, key: str = KEY, **changes: Any) -> str:
    """The text of a queue message with `an_object_record(...)`."""
    return json.dumps(an_event() | {"detail": an_object_record(bucket=bucket, key=key, **changes)})


def demands(algorithm: str) -> dict[str, Any]:
    """The policy from AWS's examples that denies writes without this header."""
    deny = {
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:PutObject",
        "Resource": f"arn:aws:s3:::{BUCKET}/*",
    }
    other = {
        "Sid": "DenyIncorrectEncryptionHeader",
        "Condition": {"StringNotEquals": {"s3:x-amz-server-side-encryption": algorithm}},
    }
    none = {
        "Sid": "DenyUnencryptedObjectUploads",
        "Condition": {"Null": {"s3:x-amz-server-side-encryption": "true"}},
    }
    return {"Version": "2012-10-17", "Statement": [deny | other, deny | none]}
