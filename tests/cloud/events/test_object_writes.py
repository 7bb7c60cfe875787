"""The table of the object rule: the records it matches, by mode."""

from __future__ import annotations

import json
from typing import Any

import pytest

from localcloud.client.handle import ACCOUNT
from tests.cloud.events.modes import (
    ACCOUNT_MODE,
    AWS_S3,
    DSSE,
    EVERY_MODE,
    FOREIGN,
    LIST,
    LISTED,
    LONG_LIST,
    NO_MODE,
    OTHER,
    OWN,
    SUPPLIED,
    key,
)
from tests.cloud.events.rule import OBJECT, STACK_KEY, TRAIL_KEY, Event, Matches, enveloped

BUCKET = "reseal-example-payroll"
USER = {"type": "IAMUser", "arn": f"arn:aws:iam::{ACCOUNT}:user/maria", "accountId": ACCOUNT}
SSE = "x-amz-server-side-encryption"
KEY_ID = f"{SSE}-aws-kms-key-id"
CUSTOMER = f"{SSE}-customer-algorithm"
UNLISTED_OWN = EVERY_MODE - {ACCOUNT_MODE}
LEFT_OUT = object()
FSX = f"arn:aws:s3:us-east-1:{ACCOUNT}:accesspoint/fsx-ap"


def sse_kms(arn: str, algorithm: str = "aws:kms") -> dict[str, str]:
    return {SSE: algorithm, KEY_ID: arn}


SSE_S3 = {SSE: "AES256"}
SSE_C = {CUSTOMER: "AES256"}
UNDER_OWN = sse_kms(OWN)
DSSE_UNDER_OWN = sse_kms(OWN, "aws:kms:dsse")


def write(name: str = "PutObject", request: dict[str, Any] | None = None, **detail: Any) -> Event:
    """A user's write of an object; `detail` replaces fields of the record, or removes them with LEFT_OUT."""
    record = {
        "eventSource": "s3.amazonaws.com",
        "eventType": "AwsApiCall",
        "eventName": name,
        "userIdentity": USER,
        "requestParameters": {"bucketName": BUCKET, "key": "2026/salaries.csv", **(request or {})},
        "responseElements": SSE_S3,
        "resources": resources(),
        **detail,
    }
    return enveloped({field: value for field, value in record.items() if value is not LEFT_OUT})


def answered(response: Any, request: dict[str, Any] | None = None, name: str = "PutObject") -> Event:
    return write(name, request, responseElements=response)


def by(identity: Any, response: Any = SSE_S3) -> Event:
    return write(userIdentity=identity, responseElements=response)


def resources(*owners: str) -> list[dict[str, str]]:
    """An object, and buckets of these accounts (default: the own account)."""
    named = {"type": "AWS::S3::Object", "ARN": f"arn:aws:s3:::{BUCKET}/2026/salaries.csv"}
    buckets = [
        {"accountId": owner, "type": "AWS::S3::Bucket", "ARN": f"arn:aws:s3:::{BUCKET}"}
        for owner in owners or (ACCOUNT,)
    ]
    return [named, *buckets]


def session(role: str, account: str = ACCOUNT, **more: str) -> dict[str, str]:
    arn = f"arn:aws:sts::{account}:assumed-role/{role}/session"
    return {"type": "AssumedRole", "arn": arn, "accountId": account, **more}


def service(name: str) -> dict[str, str]:
    return {"type": "AWSService", "invokedBy": name}


REPLICATION = {
    "type": "AWSAccount",
    "principalId": "AROAEXAMPLE:s3-replication",
    "accountId": OTHER,
    "invokedBy": "s3.amazonaws.com",
}

ENCRYPTION: dict[str, tuple[Event, frozenset[str]]] = {
    "SSE-S3 by the bucket's default": (answered(SSE_S3), EVERY_MODE),
    "SSE-S3 requested": (answered(SSE_S3, SSE_S3), EVERY_MODE),
    "SSE-S3 in another case": (answered({SSE: "Aes256"}), EVERY_MODE),
    "own key by the bucket's default": (answered(UNDER_OWN), UNLISTED_OWN),
    "own key requested": (answered(UNDER_OWN, UNDER_OWN), UNLISTED_OWN),
    "own key requested by its id": (answered(UNDER_OWN, sse_kms(OWN.rpartition("/")[2])), UNLISTED_OWN),
    "own key requested by an alias": (answered(UNDER_OWN, sse_kms("alias/team")), UNLISTED_OWN),
    "own key of another Region": (answered(sse_kms(key(99, region="us-west-2"))), EVERY_MODE),
    "own key in upper case": (answered(sse_kms(OWN.upper())), EVERY_MODE),
    "key of another account": (answered(sse_kms(FOREIGN)), EVERY_MODE),
    "key of another account requested": (answered(sse_kms(FOREIGN), sse_kms(FOREIGN)), EVERY_MODE),
    "first listed key": (answered(sse_kms(LISTED[0])), frozenset({DSSE})),
    "listed key of another account": (answered(sse_kms(LISTED[1])), frozenset({ACCOUNT_MODE, DSSE})),
    "fourth listed key": (answered(sse_kms(LISTED[3])), frozenset({LIST, DSSE})),
    "fifth listed key": (answered(sse_kms(LISTED[4])), UNLISTED_OWN),
    "the stack's key, which is none of it with a supplied one": (
        answered(sse_kms(STACK_KEY)),
        frozenset({LONG_LIST, DSSE}),
    ),
    "the trail's key": (answered(sse_kms(TRAIL_KEY)), frozenset({LIST, DSSE})),
    "customer-supplied key of another account": (
        answered(sse_kms(SUPPLIED)),
        frozenset({ACCOUNT_MODE, LIST, DSSE}),
    ),
    "DSSE under the customer-supplied key": (
        answered(sse_kms(SUPPLIED, "aws:kms:dsse")),
        frozenset({ACCOUNT_MODE, LIST}),
    ),
    "DSSE under an own key": (answered(DSSE_UNDER_OWN), frozenset({LIST, LONG_LIST})),
    "DSSE under an own key requested": (
        answered(DSSE_UNDER_OWN, DSSE_UNDER_OWN),
        frozenset({LIST, LONG_LIST}),
    ),
    "DSSE in another case": (answered(sse_kms(OWN, "AWS:KMS:DSSE")), frozenset({LIST, LONG_LIST})),
    "DSSE under a listed key": (answered(sse_kms(LISTED[0], "aws:kms:dsse")), NO_MODE),
    "DSSE requested without a key": (answered(DSSE_UNDER_OWN, {SSE: "aws:kms:dsse"}), EVERY_MODE),
    "KMS requested without a key": (answered(UNDER_OWN, {SSE: "aws:kms"}), EVERY_MODE),
    "KMS requested without a key in another case": (answered(UNDER_OWN, {SSE: "AWS:KMS"}), EVERY_MODE),
    "KMS without a key, answered a listed one": (
        answered(sse_kms(LISTED[0]), {SSE: "aws:kms"}),
        EVERY_MODE,
    ),
    "aws/s3 requested by its alias": (answered(UNDER_OWN, sse_kms("alias/aws/s3")), EVERY_MODE),
    "aws/s3 requested by its alias's ARN": (
        answered(UNDER_OWN, sse_kms(f"arn:aws:kms:us-east-1:{ACCOUNT}:alias/aws/s3")),
        EVERY_MODE,
    ),
    # Only with its ARN in AwsManagedKeyArn does the rule separate aws/s3 from the account's other keys.
    "aws/s3 by the bucket's default": (answered(sse_kms(AWS_S3)), UNLISTED_OWN),
    "aws/s3 requested by its id": (
        answered(sse_kms(AWS_S3), sse_kms(AWS_S3.rpartition("/")[2])),
        UNLISTED_OWN,
    ),
    "aws/s3 requested by its ARN": (answered(sse_kms(AWS_S3), sse_kms(AWS_S3)), UNLISTED_OWN),
    "DSSE under aws/s3 requested by its ARN": (
        answered(sse_kms(AWS_S3, "aws:kms:dsse"), sse_kms(AWS_S3, "aws:kms:dsse")),
        UNLISTED_OWN,
    ),
    "KMS without the key in the response": (answered({SSE: "aws:kms"}), EVERY_MODE),
    "SSE-C at the beginning of an upload in parts": (
        answered(SSE_C, SSE_C, "CreateMultipartUpload"),
        EVERY_MODE,
    ),
    "key of another account at the beginning of an upload in parts": (
        answered(sse_kms(FOREIGN), name="InitiateMultipartUpload"),
        EVERY_MODE,
    ),
    "SSE-C in request and response": (answered(SSE_C, SSE_C), EVERY_MODE),
    "SSE-C in the response alone": (answered(SSE_C), EVERY_MODE),
    "unknown algorithm": (answered({SSE: "aws:fsx"}), EVERY_MODE),
}
SHAPES: dict[str, tuple[Event, frozenset[str]]] = {
    "no response": (write(responseElements=LEFT_OUT), EVERY_MODE),
    "null response": (answered(None), EVERY_MODE),
    "empty response": (answered({}), EVERY_MODE),
    "response without encryption": (answered({"x-amz-expiration": "never"}), EVERY_MODE),
    "response as a text": (answered(json.dumps(UNDER_OWN)), EVERY_MODE),
    "response as a list of texts": (answered([SSE, KEY_ID]), EVERY_MODE),
    "null for a key": (answered({SSE: "aws:kms", KEY_ID: None}), EVERY_MODE),
    "no parameters": (write(requestParameters=None), EVERY_MODE),
    "multipart upload without a response": (answered(None, name="CompleteMultipartUpload"), EVERY_MODE),
    "multipart upload under an own key": (
        answered(UNDER_OWN, name="CompleteMultipartUpload"),
        UNLISTED_OWN,
    ),
    "multipart upload under DSSE": (
        answered(DSSE_UNDER_OWN, name="CompleteMultipartUpload"),
        frozenset({LIST, LONG_LIST}),
    ),
    "copy under SSE-S3": (answered(SSE_S3, name="CopyObject"), EVERY_MODE),
    "copy under an own key": (answered(UNDER_OWN, name="CopyObject"), UNLISTED_OWN),
    "form under SSE-S3": (answered(SSE_S3, name="PostObject"), EVERY_MODE),
    "form without a response": (answered(None, name="PostObject"), EVERY_MODE),
    "form under an own key": (answered(UNDER_OWN, name="PostObject"), UNLISTED_OWN),
    "changed encryption in the body": (
        answered(None, {"ObjectEncryption": {"SSE-KMS": {"KMSKeyArn": OWN}}}, "UpdateObjectEncryption"),
        EVERY_MODE,
    ),
    "changed encryption in the response": (answered(UNDER_OWN, name="UpdateObjectEncryption"), UNLISTED_OWN),
}
CALLERS: dict[str, tuple[Event, frozenset[str]]] = {
    "the function's own role": (by(session(OBJECT.role_in_events)), NO_MODE),
    "a role whose name begins like the function's": (by(session(f"{OBJECT.role_in_events}-2")), EVERY_MODE),
    "a role of another account, named like the function's": (
        by(session(OBJECT.role_in_events, OTHER)),
        EVERY_MODE,
    ),
    "another account": (by(session("Partner", OTHER)), EVERY_MODE),
    "no identity": (write(userIdentity=LEFT_OUT), EVERY_MODE),
    "anonymous": (by({"type": "AWSAccount", "accountId": "anonymous"}), EVERY_MODE),
    "replication under SSE-S3": (by(REPLICATION), EVERY_MODE),
    "replication under an own key": (by(REPLICATION, UNDER_OWN), UNLISTED_OWN),
    "CloudTrail": (by(service("cloudtrail.amazonaws.com")), frozenset({LONG_LIST})),
    "Config": (by(service("config.amazonaws.com")), frozenset({LONG_LIST})),
    "vended logs": (by(service("delivery.logs.amazonaws.com")), frozenset({LONG_LIST})),
    "server access logs": (by(service("logging.s3.amazonaws.com")), frozenset({LONG_LIST})),
    "load balancer": (
        by(service("logdelivery.elasticloadbalancing.amazonaws.com")),
        frozenset({LONG_LIST}),
    ),
    "a service that delivers no logs": (by(service("redshift.amazonaws.com")), EVERY_MODE),
    "a service with a similar name": (by(service("configure.amazonaws.com")), EVERY_MODE),
    "a service that is not named": (by({"type": "AWSService"}), EVERY_MODE),
    "a log delivery without its type": (by({"invokedBy": "delivery.logs.amazonaws.com"}), EVERY_MODE),
    "a user through Athena": (by({**USER, "invokedBy": "athena.amazonaws.com"}), EVERY_MODE),
    "a user through a service that delivers logs": (
        by({**USER, "invokedBy": "delivery.logs.amazonaws.com"}),
        EVERY_MODE,
    ),
    "a role through a service that delivers logs": (
        by(session("writer", invokedBy="config.amazonaws.com")),
        EVERY_MODE,
    ),
}
PLACES: dict[str, tuple[Event, frozenset[str]]] = {
    "bucket of another account alone": (write(resources=resources(OTHER)[1:]), NO_MODE),
    "bucket of another account beside its object": (write(resources=resources(OTHER)), NO_MODE),
    "object alone": (write(resources=resources()[:1]), EVERY_MODE),
    "own bucket, listed first": (write(resources=resources()[::-1]), EVERY_MODE),
    "bucket without an account": (
        write(resources=[{"type": "AWS::S3::Bucket", "ARN": f"arn:aws:s3:::{BUCKET}"}]),
        EVERY_MODE,
    ),
    "copy from another account": (write("CopyObject", resources=resources(ACCOUNT, OTHER)), EVERY_MODE),
    "copy to another account": (write("CopyObject", resources=resources(OTHER, ACCOUNT)), EVERY_MODE),
    "no resources": (write(resources=LEFT_OUT), EVERY_MODE),
    "event forwarded by another account": (write() | {"account": OTHER}, NO_MODE),
    "access point of an FSx file system": (
        write(
            requestParameters={"bucketName": FSX, "key": "a/b.csv"},
            responseElements={SSE: "aws:fsx"},
            resources=[{"accountId": ACCOUNT, "type": "AWS::S3::AccessPoint", "ARN": FSX}],
        ),
        EVERY_MODE,
    ),
    "S3 on Outposts": (write(eventSource="s3-outposts.amazonaws.com"), NO_MODE),
    "S3 on Outposts under S3's source": (
        write(eventSource="s3-outposts.amazonaws.com") | {"source": "aws.s3"},
        NO_MODE,
    ),
    "directory bucket": (write(eventSource="s3express.amazonaws.com"), NO_MODE),
    "directory bucket under S3's source": (
        write(eventSource="s3express.amazonaws.com") | {"source": "aws.s3"},
        NO_MODE,
    ),
}
CALLS: dict[str, tuple[Event, frozenset[str]]] = {
    "refused write": (write(errorCode="AccessDenied", responseElements=None), NO_MODE),
    "service event": (write(eventType="AwsServiceEvent"), NO_MODE),
    "event of a VPC endpoint": (write(eventType="AwsVpceEvent"), NO_MODE),
    "detail type of service events": (
        write() | {"detail-type": "AWS Service Event via CloudTrail"},
        NO_MODE,
    ),
    "S3's own notification": (write() | {"detail-type": "Object Created"}, NO_MODE),
    **{
        name: (write(name), NO_MODE)
        for name in (
            "GetObject",
            "DeleteObject",
            "DeleteObjects",
            "CreateMultipartUpload",
            "InitiateMultipartUpload",
            "UploadPart",
            "UploadPartCopy",
            "RestoreObject",
            "PutObjectTagging",
            "PutObjectAcl",
            "CreateBucket",
            "PutBucketEncryption",
            "DeleteBucketEncryption",
            "PutBucketPolicy",
        )
    },
}
TABLE = {
    f"{title}: {row}": outcome
    for title, rows in {
        "encryption": ENCRYPTION,
        "shape": SHAPES,
        "caller": CALLERS,
        "place": PLACES,
        "call": CALLS,
    }.items()
    for row, outcome in rows.items()
}


@pytest.mark.parametrize(("event", "expected"), TABLE.values(), ids=list(TABLE))
def test_object_rule_matches_every_record_not_proven_compliant(
    event: Event, expected: frozenset[str], object_modes: dict[str, Matches]
) -> None:
    assert {mode for mode, passes in object_modes.items() if passes(event)} == expected


def test_placeholders_of_a_short_list_approve_no_key(object_modes: dict[str, Matches]) -> None:
    passes = object_modes[LIST]

    assert all(passes(answered(sse_kms(f"{OWN[:-1]}{filling}"))) for filling in "12345")
