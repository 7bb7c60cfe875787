"""Bucket-level writes arrive as CloudTrail events, through a real rule and queue."""

import json
import re
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from localcloud.client.handle import Credentials, LocalCloud

OWN, OTHER = "111122223333", "222222222222"
NAMESPACE = "http://s3.amazonaws.com/doc/2006-03-01/"
ONE_TAG = {"TagSet": [{"Key": "team", "Value": "true"}]}
TWO_TAGS = {"TagSet": [{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "x"}]}
POLICY = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Deny", "Principal": "*", "Action": "s3:PutObject", "Resource": "*"}],
}


def next_event(trail_events: Any, name: str) -> Any:
    """The next event of this name; earlier ones belong to the test's preparation."""
    for _ in range(20):
        for event in trail_events.receive_json():
            if event["detail"]["eventName"] == name:
                return event
    raise AssertionError(f"no event of {name} arrived")


def test_envelope_is_that_of_an_api_call_via_cloudtrail(s3: Any, trail_events: Any, bucket: str) -> None:
    event = next_event(trail_events, "CreateBucket")

    assert {name: event[name] for name in ("source", "detail-type", "account", "region", "resources")} == {
        "source": "aws.s3",
        "detail-type": "AWS API Call via CloudTrail",
        "account": OWN,
        "region": "us-east-1",
        "resources": [],
    }


def test_create_bucket_has_no_resources_and_no_sub_resource(trail_events: Any, bucket: str) -> None:
    detail = next_event(trail_events, "CreateBucket")["detail"]

    assert "resources" not in detail
    assert detail["requestParameters"].keys() == {"bucketName", "Host"}


def test_record_has_the_fields_of_real_records(s3: Any, trail_events: Any, bucket: str) -> None:
    s3.delete_bucket_encryption(Bucket=bucket)

    detail = next_event(trail_events, "DeleteBucketEncryption")["detail"]

    assert detail.keys() == {
        "eventVersion",
        "userIdentity",
        "eventTime",
        "eventSource",
        "eventName",
        "awsRegion",
        "sourceIPAddress",
        "userAgent",
        "requestParameters",
        "responseElements",
        "additionalEventData",
        "requestID",
        "eventID",
        "readOnly",
        "resources",
        "eventType",
        "managementEvent",
        "recipientAccountId",
        "eventCategory",
        "tlsDetails",
    }
    assert (detail["responseElements"], detail["readOnly"], detail["managementEvent"]) == (None, False, True)
    assert detail["resources"] == [
        {"accountId": OWN, "type": "AWS::S3::Bucket", "ARN": f"arn:aws:s3:::{bucket}"}
    ]
    assert re.fullmatch(r"\[Boto3/.*\]", detail["userAgent"])
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", detail["eventTime"])


CALLS: list[tuple[str, str, dict[str, Any], dict[str, Any]]] = [
    (
        "PutBucketEncryption",
        "put_bucket_encryption",
        {
            "ServerSideEncryptionConfiguration": {
                "Rules": [
                    {
                        "ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"},
                        "BucketKeyEnabled": False,
                        "BlockedEncryptionTypes": {"EncryptionType": ["SSE-C"]},
                    }
                ]
            }
        },
        {
            "encryption": "",
            "ServerSideEncryptionConfiguration": {
                "xmlns": NAMESPACE,
                "Rule": {
                    "ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"},
                    "BucketKeyEnabled": False,
                    "BlockedEncryptionTypes": {"EncryptionType": "SSE-C"},
                },
            },
        },
    ),
    ("DeleteBucketEncryption", "delete_bucket_encryption", {}, {"encryption": ""}),
    (
        "PutBucketPolicy",
        "put_bucket_policy",
        {"Policy": json.dumps(POLICY)},
        {"policy": "", "bucketPolicy": POLICY},
    ),
    ("DeleteBucketPolicy", "delete_bucket_policy", {}, {"policy": ""}),
    (
        "PutBucketVersioning",
        "put_bucket_versioning",
        {"VersioningConfiguration": {"Status": "Enabled"}},
        {"versioning": "", "VersioningConfiguration": {"xmlns": NAMESPACE, "Status": "Enabled"}},
    ),
    (
        "PutBucketTagging",
        "put_bucket_tagging",
        {"Tagging": ONE_TAG},
        {"tagging": "", "Tagging": {"xmlns": NAMESPACE, "TagSet": {"Tag": {"Key": "team", "Value": True}}}},
    ),
    (
        "PutBucketTagging",
        "put_bucket_tagging",
        {"Tagging": TWO_TAGS},
        {
            "tagging": "",
            "Tagging": {
                "xmlns": NAMESPACE,
                "TagSet": {"Tag": [{"Key": "a", "Value": 1}, {"Key": "b", "Value": "x"}]},
            },
        },
    ),
    (
        "PutBucketWebsite",
        "put_bucket_website",
        {"WebsiteConfiguration": {"IndexDocument": {"Suffix": "i.html"}}},
        {"website": "", "WebsiteConfiguration": {"xmlns": NAMESPACE, "IndexDocument": {"Suffix": "i.html"}}},
    ),
    ("DeleteBucket", "delete_bucket", {}, {}),
]


@pytest.mark.parametrize(
    ("name", "call", "arguments", "parameters"),
    CALLS,
    ids=[
        "encryption",
        "no encryption",
        "policy",
        "no policy",
        "versioning",
        "one tag",
        "two tags",
        "website",
        "bucket",
    ],
)
def test_request_parameters_have_the_shape_of_the_call(
    s3: Any,
    trail_events: Any,
    bucket: str,
    name: str,
    call: str,
    arguments: dict[str, Any],
    parameters: dict[str, Any],
) -> None:
    getattr(s3, call)(Bucket=bucket, **arguments)

    found = next_event(trail_events, name)["detail"]["requestParameters"]

    assert found == {"bucketName": bucket, "Host": found["Host"], **parameters}


def test_put_bucket_replication_is_delivered(s3: Any, trail_events: Any, bucket: str) -> None:
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    rule = {
        "Status": "Enabled",
        "Priority": 1,
        "Filter": {"Prefix": ""},
        "DeleteMarkerReplication": {"Status": "Disabled"},
        "Destination": {"Bucket": f"arn:aws:s3:::{bucket}-no"},
    }
    s3.put_bucket_replication(
        Bucket=bucket,
        ReplicationConfiguration={"Role": f"arn:aws:iam::{OWN}:role/replicator", "Rules": [rule]},
    )

    parameters = next_event(trail_events, "PutBucketReplication")["detail"]["requestParameters"]

    assert parameters["replication"] == ""
    assert parameters["ReplicationConfiguration"]["Rule"]["Status"] == "Enabled"


def test_put_bucket_acl_is_delivered_with_its_headers(s3: Any, trail_events: Any, bucket: str) -> None:
    s3.put_bucket_ownership_controls(
        Bucket=bucket, OwnershipControls={"Rules": [{"ObjectOwnership": "BucketOwnerPreferred"}]}
    )
    s3.put_bucket_acl(Bucket=bucket, ACL="private")

    parameters = next_event(trail_events, "PutBucketAcl")["detail"]["requestParameters"]

    assert (parameters["acl"], parameters["x-amz-acl"]) == ("", "private")


def test_caller_is_the_iam_user(s3: Any, trail_events: Any, user: Credentials, bucket: str) -> None:
    identity = next_event(trail_events, "CreateBucket")["detail"]["userIdentity"]

    assert identity == {
        "type": "IAMUser",
        "principalId": identity["principalId"],
        "userName": "engineer",
        "arn": f"arn:aws:iam::{OWN}:user/engineer",
        "accountId": OWN,
        "accessKeyId": user.access_key,
    }
    assert identity["principalId"].startswith("AIDA")


def test_record_identifies_the_root_user(local_cloud: LocalCloud, trail_events: Any) -> None:
    local_cloud.client("s3").create_bucket(Bucket=f"by-root-{uuid.uuid4().hex[:8]}")

    identity = next_event(trail_events, "CreateBucket")["detail"]["userIdentity"]

    assert (identity["type"], identity["arn"], identity["principalId"]) == (
        "Root",
        f"arn:aws:iam::{OWN}:root",
        OWN,
    )


def test_failed_call_is_delivered_with_its_error(s3: Any, trail_events: Any, bucket: str) -> None:
    s3.put_object(Bucket=bucket, Key="k", Body=b"x")
    with pytest.raises(ClientError, match="BucketNotEmpty"):
        s3.delete_bucket(Bucket=bucket)

    detail = next_event(trail_events, "DeleteBucket")["detail"]

    assert (detail["errorCode"], bool(detail["errorMessage"])) == ("BucketNotEmpty", True)


def test_denied_call_is_delivered(local_cloud: LocalCloud, trail_events: Any, bucket: str) -> None:
    nobody = local_cloud.create_user(f"nobody-{bucket}")
    with pytest.raises(ClientError, match="AccessDenied"):
        local_cloud.client("s3", nobody).delete_bucket_encryption(Bucket=bucket)

    detail = next_event(trail_events, "DeleteBucketEncryption")["detail"]

    assert (detail["errorCode"], detail["userIdentity"]["userName"]) == ("AccessDenied", f"nobody-{bucket}")


def test_call_from_another_account_is_delivered_to_the_owner(
    local_cloud: LocalCloud, s3: Any, trail_events: Any, bucket: str
) -> None:
    statement = {
        "Effect": "Allow",
        "Principal": {"AWS": f"arn:aws:iam::{OTHER}:root"},
        "Action": "s3:PutBucketTagging",
        "Resource": f"arn:aws:s3:::{bucket}",
    }
    document = {"Version": "2012-10-17", "Statement": [statement]}
    s3.put_bucket_policy(Bucket=bucket, Policy=json.dumps(document))
    local_cloud.client("s3", local_cloud.account_root(OTHER)).put_bucket_tagging(
        Bucket=bucket, Tagging=ONE_TAG
    )

    detail = next_event(trail_events, "PutBucketTagging")["detail"]

    assert (detail["userIdentity"]["accountId"], detail["recipientAccountId"]) == (OTHER, OWN)
    assert detail["resources"][0]["accountId"] == OWN
    assert detail["sharedEventID"] != detail["eventID"]


def test_reads_and_object_calls_are_not_delivered(s3: Any, trail_events: Any, bucket: str) -> None:
    next_event(trail_events, "CreateBucket")

    s3.get_bucket_encryption(Bucket=bucket)
    s3.put_object(Bucket=bucket, Key="k", Body=b"x")
    s3.delete_objects(Bucket=bucket, Delete={"Objects": [{"Key": "k"}]})

    assert trail_events.receive(within=0.3) == []


def test_create_bucket_is_delivered_in_the_region_of_the_call(s3: Any, trail_events: Any) -> None:
    s3.create_bucket(
        Bucket=f"elsewhere-{uuid.uuid4().hex[:8]}",
        CreateBucketConfiguration={"LocationConstraint": "eu-west-1"},
    )

    detail = next_event(trail_events, "CreateBucket")["detail"]

    assert detail["awsRegion"] == "us-east-1"
    assert detail["requestParameters"]["CreateBucketConfiguration"] == {
        "xmlns": NAMESPACE,
        "LocationConstraint": "eu-west-1",
    }


def test_calls_in_another_region_are_not_delivered_here(
    local_cloud: LocalCloud, user: Credentials, trail_events: Any
) -> None:
    local_cloud.client("s3", user, region="eu-west-1").create_bucket(
        Bucket=f"there-{uuid.uuid4().hex[:8]}", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"}
    )

    assert trail_events.receive(within=0.3) == []


def test_events_keep_the_order_of_their_calls(s3: Any, trail_events: Any, bucket: str) -> None:
    for number in range(8):
        s3.put_bucket_tagging(Bucket=bucket, Tagging={"TagSet": [{"Key": "n", "Value": f"v{number}"}]})

    bodies = [event["detail"]["requestParameters"] for event in trail_events.receive_json(9)][1:]

    assert [body["Tagging"]["TagSet"]["Tag"]["Value"] for body in bodies] == [f"v{n}" for n in range(8)]


@pytest.mark.parametrize(
    ("pattern", "matches"),
    [
        ({"detail": {"errorCode": [{"exists": False}]}}, True),
        ({"detail": {"resources": {"accountId": [OWN]}}}, True),
        ({"detail": {"resources": {"accountId": [OTHER]}}}, False),
        (
            {
                "detail": {
                    "userIdentity": {"arn": [{"anything-but": {"prefix": f"arn:aws:iam::{OWN}:user/"}}]}
                }
            },
            False,
        ),
    ],
    ids=["no error", "own account", "other account", "other callers"],
)
def test_patterns_are_matched_by_ministacks_own_engine(
    s3: Any, events: Any, make_queue: Callable[[], Any], bucket: str, pattern: dict[str, Any], matches: bool
) -> None:
    queue = make_queue()
    pattern["detail"] |= {"requestParameters": {"bucketName": [bucket]}}
    rule = events.put_rule(Name=bucket, EventPattern=json.dumps(pattern))["RuleArn"]
    queue.admit("events.amazonaws.com", rule)
    events.put_targets(Rule=bucket, Targets=[{"Id": "queue", "Arn": queue.arn}])

    s3.delete_bucket_encryption(Bucket=bucket)

    assert bool(queue.receive(within=2.0 if matches else 0.3)) is matches
