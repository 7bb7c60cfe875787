"""What leaves an account in a record: nothing that belongs to it."""

from __future__ import annotations

import json
import string
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from localcloud.client.handle import REPOSITORY
from operations.verify_aws.scrub import scrubbed
from reseal.core.calls.object_call import parse_object_call

WORD = string.ascii_letters + string.digits
ACCOUNTS = st.text(string.digits, min_size=12, max_size=12).filter(lambda number: len(set(number)) > 3)
NAMES = st.text(WORD + "+=,.@-_ü", min_size=3, max_size=30)
BUCKETS = st.text(string.ascii_lowercase + string.digits + ".-", min_size=3, max_size=30)
IDS = st.text(string.ascii_uppercase + string.digits, min_size=12, max_size=17)
ADDRESSES = st.one_of(st.ip_addresses(v=4), st.ip_addresses(v=6)).map(str)
UUIDS = st.uuids().map(str)

Secrets = dict[str, str]
SECRETS = st.fixed_dictionaries(
    {
        "account": ACCOUNTS,
        "other_account": ACCOUNTS,
        "user": NAMES,
        "role": NAMES,
        "session": NAMES,
        "bucket": BUCKETS,
        "access_key": IDS.map(lambda text: f"AKIA{text}"),
        "principal": IDS.map(lambda text: f"AIDA{text}"),
        "address": ADDRESSES,
        "kms_key": UUIDS,
        "alias": NAMES,
        "free": NAMES,
    }
).filter(lambda secrets: len(set(secrets.values())) == len(secrets))


def by_user(secret: Secrets) -> dict[str, Any]:
    return {
        "type": "IAMUser",
        "principalId": secret["principal"],
        "arn": f"arn:aws:iam::{secret['account']}:user/{secret['user']}",
        "accountId": secret["account"],
        "accessKeyId": secret["access_key"],
        "userName": secret["user"],
    }


def by_role(secret: Secrets) -> dict[str, Any]:
    return {
        "type": "AssumedRole",
        "principalId": f"{secret['principal']}:{secret['session']}",
        "arn": f"arn:aws:sts::{secret['account']}:assumed-role/{secret['role']}/{secret['session']}",
        "accountId": secret["account"],
        "accessKeyId": secret["access_key"],
        "sessionContext": {
            "sessionIssuer": {
                "type": "Role",
                "principalId": secret["principal"],
                "arn": f"arn:aws:iam::{secret['account']}:role/{secret['free']}/{secret['role']}",
                "accountId": secret["account"],
                "userName": secret["role"],
            },
            "attributes": {"creationDate": "2026-11-27T05:00:00Z", "mfaAuthenticated": "false"},
        },
    }


def event(secret: Secrets, identity: dict[str, Any]) -> dict[str, Any]:
    """A record with every kind of name in every place that is known, and in some that are not."""
    bucket, account = secret["bucket"], secret["account"]
    key = f"arn:aws:kms:eu-west-1:{secret['other_account']}:key/{secret['kms_key']}"
    host = f"{bucket}.s3.eu-west-1.amazonaws.com"
    return {
        "version": "0",
        "id": secret["kms_key"],
        "detail-type": "AWS API Call via CloudTrail",
        "source": "aws.s3",
        "account": account,
        "time": "2026-11-27T05:00:00Z",
        "region": "eu-west-1",
        "resources": [f"arn:aws:s3:::{bucket}"],
        "detail": {
            "eventVersion": "1.11",
            "userIdentity": identity,
            "eventTime": "2026-11-27T05:00:00Z",
            "eventSource": "s3.amazonaws.com",
            "eventName": "CopyObject",
            "awsRegion": "eu-west-1",
            "sourceIPAddress": secret["address"],
            "userAgent": f"[Boto3/1.44.5 {secret['free']} app/{secret['user']}]",
            "errorCode": "AccessDenied",
            "errorMessage": f"User: {identity['arn']} is not authorized on {bucket} from {secret['address']}",
            "requestParameters": {
                "bucketName": bucket,
                "Host": host,
                "key": "2026/11/report.csv",
                "x-amz-copy-source": f"{bucket}/2026/11/report.csv?versionId={secret['free']}",
                "x-amz-server-side-encryption-aws-kms-key-id": key,
                "x-amz-tagging": f"owner={quote(secret['user'])}",
                "aliasName": f"alias/{secret['alias']}",
                "keyId": secret["kms_key"],
                "policy": json.dumps(
                    {"Statement": [{"Sid": secret["free"], "Principal": {"AWS": identity["arn"]}}]}
                ),
                "TagSet": {"Tag": [{"Key": secret["free"], "Value": int(account)}]},
                "unheard-of": {"of": [secret["user"], account, key, host]},
            },
            "responseElements": {"x-amz-server-side-encryption-aws-kms-key-id": key},
            "additionalEventData": {"SSEApplied": "SSE_KMS", "x-amz-id-2": secret["free"]},
            "requestID": secret["free"],
            "eventID": secret["kms_key"],
            "resources": [
                {"type": "AWS::S3::Object", "ARN": f"arn:aws:s3:::{bucket}/2026/11/report.csv"},
                {"accountId": account, "type": "AWS::S3::Bucket", "ARN": f"arn:aws:s3:::{bucket}"},
            ],
            "recipientAccountId": account,
            "sharedEventID": secret["kms_key"],
            "vpcEndpointId": secret["free"],
            "vpcEndpointAccountId": secret["other_account"],
            "tlsDetails": {"tlsVersion": "TLSv1.3", "clientProvidedHostHeader": host},
        },
    }


FIXED = {
    name: f"{name}-that-nobody-has" for name in ("user", "role", "session", "bucket", "alias", "free")
} | {
    "account": "999900001111",
    "other_account": "888800001111",
    "access_key": "AKIAI44QH8DHBTEST",
    "principal": "AIDAI44QH8DHBTEST",
    "address": "203.0.113.7",
    "kms_key": "11111111-2222-4333-8444-555555555555",
}
BY = pytest.mark.parametrize("identity", [by_user, by_role], ids=["user", "role"])


@BY
@settings(max_examples=50)
@given(one=SECRETS, another=SECRETS)
def test_what_remains_does_not_depend_on_the_names_of_the_account(
    identity: Any, one: Secrets, another: Secrets
) -> None:
    """So nothing can be learnt of them, however short or common a name is."""
    first, second = (scrubbed(event(names, identity(names)), names["account"]) for names in (one, another))

    assert first == second


@BY
@settings(max_examples=30)
@given(names=SECRETS)
def test_no_name_of_the_account_is_in_the_text(identity: Any, names: Secrets) -> None:
    text, of_others = (
        json.dumps(scrubbed(event(of, identity(of)), of["account"]), ensure_ascii=False)
        for of in (names, FIXED)
    )

    assert [name for name in names.values() if name in text and name not in of_others] == []


@settings(max_examples=30)
@given(names=SECRETS)
def test_scrubbed_record_stays_as_it_is(names: Secrets) -> None:
    once = scrubbed(event(names, by_role(names)), names["account"])

    assert scrubbed(once, "111122223333") == once


@settings(max_examples=30)
@given(names=SECRETS)
def test_words_of_cloudtrail_remain(names: Secrets) -> None:
    found = scrubbed(event(names, by_user(names)), names["account"])["detail"]

    assert (found["eventName"], found["errorCode"], found["additionalEventData"]["SSEApplied"]) == (
        "CopyObject",
        "AccessDenied",
        "SSE_KMS",
    )
    assert found["requestParameters"]["key"] == "2026/11/report.csv"
    assert found["userAgent"] == "[Boto3/1.44.5]"


@settings(max_examples=30)
@given(names=SECRETS)
def test_equal_names_stay_equal_and_different_ones_different(names: Secrets) -> None:
    found = scrubbed(event(names, by_user(names)), names["account"])["detail"]

    asked, bucket = found["requestParameters"], found["requestParameters"]["bucketName"]
    assert found["resources"][1]["ARN"] == f"arn:aws:s3:::{bucket}"
    assert asked["x-amz-copy-source"] == f"{bucket}/2026/11/report.csv"
    assert f":{found['vpcEndpointAccountId']}:" not in asked["x-amz-server-side-encryption-aws-kms-key-id"]
    assert found["recipientAccountId"] not in asked["x-amz-server-side-encryption-aws-kms-key-id"]


@pytest.mark.parametrize(
    ("field", "text", "expected"),
    [
        ("sourceIPAddress", "cloudtrail.amazonaws.com", "cloudtrail.amazonaws.com"),
        ("sourceIPAddress", "AWS Internal", "198.51.100.24"),
        ("userAgent", "[S3Console/0.4, aws-internal/3]", "EXAMPLE"),
        ("aliasName", "alias/aws/s3", "alias/aws/s3"),
        ("Host", "s3.eu-west-1.amazonaws.com", "s3.eu-west-1.amazonaws.com"),
        ("Host", "a.b.s3.eu-west-1.amazonaws.com", "reseal-example-1.s3.eu-west-1.amazonaws.com"),
        ("Host", "files.example.com", "EXAMPLE"),
        ("policy", "", ""),
        ("policy", "no policy", "EXAMPLE"),
        ("keyId", "mrk-0123456789abcdef0123456789abcdef", "mrk-0d9a4c1e-8f27-4b63-a5c0-000000000001"),
        ("arn", "arn:aws:iam::999900001111:root", "arn:aws:iam::444455556666:root"),
        (
            "arn",
            "arn:aws:sns:eu-west-1:999900001111:team-topic",
            "arn:aws:sns:eu-west-1:444455556666:EXAMPLE",
        ),
    ],
)
def test_known_forms_keep_their_form(field: str, text: str, expected: str) -> None:
    assert scrubbed({field: text}, "111100002222") == {field: expected}


@pytest.mark.parametrize(
    "name", ["put_object_sse_kms_own_key", "copy_object_sse_kms_own_key", "put_object_denied"]
)
def test_scrubbed_event_is_still_one_for_the_parser(name: str) -> None:
    known = json.loads((REPOSITORY / "events" / f"{name}.json").read_text())

    call = parse_object_call(json.dumps(scrubbed(known, "111122223333")))

    assert (call.bucket, call.name) == ("reseal-example-1", known["detail"]["eventName"])
