"""CloudTrail's records of S3 and KMS calls, in the EventBridge events that bring them."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from tests.scenarios.world.aws.account import ACCOUNT, REGION

Record = dict[str, Any]
_SSE = "x-amz-server-side-encryption"
_numbers = itertools.count(1)


def role(name: str, account: str = ACCOUNT) -> dict[str, Any]:
    """A session of a role, as `userIdentity`."""
    return {
        "type": "AssumedRole",
        "arn": f"arn:aws:sts::{account}:assumed-role/{name}/alice",
        "accountId": account,
        "sessionContext": {"sessionIssuer": {"arn": f"arn:aws:iam::{account}:role/{name}"}},
    }


def bucket_call(name: str, bucket: str, at: datetime, **changes: Any) -> Record:
    """A call on a bucket; `changes` replaces fields, and None removes one."""
    marker = {"PutBucketEncryption": "encryption", "PutBucketPolicy": "policy", "PutBucketAcl": "acl"}
    record = _call(name, bucket, at) | {"managementEvent": True}
    if name in marker:
        record["requestParameters"][marker[name]] = ""
    if name == "CreateBucket":  # it names no resource (A9)
        record["resources"] = None
    return _changed(record, changes)


def put_encryption(
    bucket: str,
    at: datetime,
    algorithm: str = "AES256",
    key_id: str | None = None,
    *,
    blocked: str | None = None,
    bucket_key: bool | None = None,
    **changes: Any,
) -> Record:
    """A PutBucketEncryption with its configuration (A8)."""
    default = {"SSEAlgorithm": algorithm} | ({"KMSMasterKeyID": key_id} if key_id else {})
    rule: dict[str, Any] = {"ApplyServerSideEncryptionByDefault": default}
    if blocked:
        rule["BlockedEncryptionTypes"] = {"EncryptionType": blocked}
    if bucket_key is not None:
        rule["BucketKeyEnabled"] = bucket_key
    record = bucket_call("PutBucketEncryption", bucket, at)
    record["requestParameters"]["ServerSideEncryptionConfiguration"] = {"Rule": rule}
    return _changed(record, changes)


def object_call(
    name: str,
    bucket: str,
    key: str,
    at: datetime,
    *,
    algorithm: str | None = "AES256",
    key_id: str | None = None,
    asked: Mapping[str, str] | None = None,
    version_id: str | None = None,
    **changes: Any,
) -> Record:
    """A write of an object; `algorithm` and `key_id` are S3's answer, `asked` more headers of the request."""
    record = _call(name, bucket, at) | {
        "managementEvent": False,
        "eventCategory": "Data",
        "responseElements": _answer(algorithm, key_id, version_id),
        "additionalEventData": {"SignatureVersion": "SigV4", "AuthenticationMethod": "AuthHeader"},
        "tlsDetails": {"tlsVersion": "TLSv1.3", "cipherSuite": "TLS_AES_128_GCM_SHA256"},
    }
    record["requestParameters"] |= {"key": key, **(asked or {})}
    record["resources"].insert(0, {"type": "AWS::S3::Object", "ARN": f"arn:aws:s3:::{bucket}/{key}"})
    return _changed(record, changes)


def key_call(name: str, key_arn: str, at: datetime, *, alias: str | None = None, **changes: Any) -> Record:
    """A call on a KMS key, or on an alias that now stands for it (A41)."""
    of_alias = {"aliasName": alias, "targetKeyId": key_arn}
    key_id = key_arn.rpartition("/")[2]
    key = {"accountId": ACCOUNT, "type": "AWS::KMS::Key", "ARN": key_arn}
    record = _call(name, "", at) | {
        "managementEvent": True,
        "eventSource": "kms.amazonaws.com",
        "requestParameters": of_alias if alias else {"keyId": key_id},
        "resources": [key],
    }
    return _changed(record, changes)


def event(record: Record) -> dict[str, Any]:
    """The event on the default bus."""
    return {
        "version": "0",
        "id": f"event-{record['eventID']}",
        "detail-type": "AWS API Call via CloudTrail",
        "source": f"aws.{record['eventSource'].partition('.')[0]}",
        "account": record.get("recipientAccountId", ACCOUNT),
        "time": record["eventTime"],
        "region": REGION,
        "resources": [],
        "detail": record,
    }


def _call(name: str, bucket: str, at: datetime) -> Record:
    return {
        "eventVersion": "1.11",
        "userIdentity": role("Payroll"),
        "eventTime": f"{at:%Y-%m-%dT%H:%M:%SZ}",
        "eventSource": "s3.amazonaws.com",
        "eventName": name,
        "awsRegion": REGION,
        "sourceIPAddress": "198.51.100.7",
        "userAgent": "[aws-cli/2.31.0 md/awscrt#0.27.6 ua/2.1]",
        "requestParameters": {"bucketName": bucket, "Host": f"{bucket}.s3.{REGION}.amazonaws.com"},
        "responseElements": None,
        "eventID": f"c0ffee00-0000-0000-0000-{next(_numbers):012}",
        "eventType": "AwsApiCall",
        "recipientAccountId": ACCOUNT,
        "tlsDetails": {"tlsVersion": "TLSv1.3", "cipherSuite": "TLS_AES_128_GCM_SHA256"},
        "resources": [
            {"accountId": ACCOUNT, "type": "AWS::S3::Bucket", "ARN": f"arn:aws:s3:::{bucket}"},
        ],
    }


def _answer(algorithm: str | None, key_id: str | None, version_id: str | None) -> dict[str, str]:
    """S3's answer names the encryption that the object got (A16)."""
    said = {
        f"{_SSE}-customer-algorithm" if algorithm == "SSE-C" else _SSE: (
            "AES256" if algorithm == "SSE-C" else algorithm
        ),
        f"{_SSE}-aws-kms-key-id": key_id,
        "x-amz-version-id": version_id,
    }
    return {name: text for name, text in said.items() if text}


def _changed(record: Record, changes: Mapping[str, Any]) -> Record:
    record |= changes
    return {name: value for name, value in record.items() if name not in changes or value is not None}
