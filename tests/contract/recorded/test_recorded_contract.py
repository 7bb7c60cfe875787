"""What others recorded from AWS or AWS documents, on the local cloud and on LocalEmu.

The adapters' fakes do not know these calls: only here would a mistake of the local cloud show.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.contract.worlds.services import Backend

INVALID = "invalid-version-id"
EMPTY = {"a": {"DataType": "String", "StringValue": ""}}


@dataclass(frozen=True, slots=True)
class World:
    """Clients of one emulator, and a bucket with the object `k`."""

    backend: Backend
    bucket: str

    def client(self, service: str) -> Any:
        return self.backend.client(service)

    def make_key(self, **properties: Any) -> str:
        return str(self.client("kms").create_key(**properties)["KeyMetadata"]["KeyId"])


@pytest.fixture
def world(emulator: Backend) -> World:
    s3, bucket = emulator.client("s3"), f"recorded-{uuid.uuid4().hex[:12]}"
    s3.create_bucket(Bucket=bucket)
    s3.put_object(Bucket=bucket, Key="k", Body=b"hello")
    return World(emulator, bucket)


def code(act: Callable[[], object]) -> str | None:
    """The error code of a call; None if it succeeds."""
    try:
        act()
    except ClientError as error:
        return str(error.response["Error"]["Code"])
    return None


@pytest.mark.parametrize(
    "kind",
    [
        {"KeySpec": "RSA_2048", "KeyUsage": "SIGN_VERIFY"},
        {"KeySpec": "HMAC_256", "KeyUsage": "GENERATE_VERIFY_MAC"},
        {"Origin": "EXTERNAL"},
    ],
    ids=["RSA", "HMAC", "imported"],
)
def test_key_that_cannot_rotate_is_refused(world: World, kind: dict[str, str]) -> None:
    key, kms = world.make_key(**kind), world.client("kms")

    assert code(lambda: kms.enable_key_rotation(KeyId=key)) == "UnsupportedOperationException"


def test_disabled_key_does_not_rotate(world: World) -> None:
    key, kms = world.make_key(), world.client("kms")
    kms.disable_key(KeyId=key)

    assert code(lambda: kms.enable_key_rotation(KeyId=key)) == "DisabledException"


@pytest.mark.parametrize(
    "call", ["enable_key", "disable_key", "enable_key_rotation", "schedule_key_deletion"]
)
def test_key_pending_deletion_refuses(world: World, call: str) -> None:
    key, kms = world.make_key(), world.client("kms")
    kms.schedule_key_deletion(KeyId=key)

    assert code(lambda: getattr(kms, call)(KeyId=key)) == "KMSInvalidStateException"


def test_cancelled_deletion_leaves_the_key_disabled(world: World) -> None:
    key, kms = world.make_key(), world.client("kms")
    kms.schedule_key_deletion(KeyId=key)

    kms.cancel_key_deletion(KeyId=key)

    assert kms.describe_key(KeyId=key)["KeyMetadata"]["KeyState"] == "Disabled"


def test_deletion_that_is_not_pending_cannot_be_cancelled(world: World) -> None:
    key, kms = world.make_key(), world.client("kms")

    assert code(lambda: kms.cancel_key_deletion(KeyId=key)) == "KMSInvalidStateException"


def test_rotation_status_shows_key_period_and_date(world: World) -> None:
    key, kms = world.make_key(), world.client("kms")
    kms.enable_key_rotation(KeyId=key, RotationPeriodInDays=120)

    status = kms.get_key_rotation_status(KeyId=key)

    assert status["KeyId"].endswith(key)
    assert status["RotationPeriodInDays"] == 120
    assert "NextRotationDate" in status


def test_key_rotates_on_demand(world: World) -> None:
    key, kms = world.make_key(), world.client("kms")

    assert kms.rotate_key_on_demand(KeyId=key)["KeyId"].endswith(key)


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({"SSEKMSKeyId": "1234"}, "InvalidArgument"),
        ({"ServerSideEncryption": "AES256", "SSEKMSKeyId": "1234"}, "InvalidArgument"),
        ({"ExpectedBucketOwner": "nobody"}, "InvalidBucketOwnerAWSAccountID"),
        ({"ExpectedBucketOwner": "444455556666"}, "AccessDenied"),
    ],
    ids=["key alone", "key with SSE-S3", "malformed owner", "wrong owner"],
)
def test_write_is_refused(world: World, headers: dict[str, str], expected: str) -> None:
    s3 = world.client("s3")

    assert code(lambda: s3.put_object(Bucket=world.bucket, Key="k", Body=b"x", **headers)) == expected


def test_version_of_a_bucket_without_versions_is_refused(world: World) -> None:
    s3 = world.client("s3")

    found = code(lambda: s3.get_object(Bucket=world.bucket, Key="k", VersionId=INVALID))

    assert found == "InvalidArgument"


@pytest.mark.parametrize("call", ["get_object", "get_object_tagging", "get_object_acl"])
def test_delete_marker_is_not_allowed(world: World, call: str) -> None:
    s3, where = world.client("s3"), {"Bucket": world.bucket, "Key": "k"}
    s3.put_bucket_versioning(Bucket=world.bucket, VersioningConfiguration={"Status": "Enabled"})
    marker = s3.delete_object(**where)["VersionId"]

    assert code(lambda: getattr(s3, call)(**where, VersionId=marker)) == "MethodNotAllowed"


def test_copy_with_suspended_versioning_is_the_null_version(world: World) -> None:
    s3 = world.client("s3")
    for status in ("Enabled", "Suspended"):
        s3.put_bucket_versioning(Bucket=world.bucket, VersioningConfiguration={"Status": status})

    copy = s3.copy_object(Bucket=world.bucket, Key="copy", CopySource=f"{world.bucket}/k")

    assert copy["VersionId"] == "null"


def test_listed_time_is_that_of_the_header(world: World) -> None:
    s3 = world.client("s3")

    (listed,) = s3.list_objects_v2(Bucket=world.bucket)["Contents"]

    assert listed["LastModified"] == s3.head_object(Bucket=world.bucket, Key="k")["LastModified"]


@pytest.mark.parametrize(
    "changes",
    [
        {"Resource": "arn:aws:s3:::another-bucket/*"},
        {"Principal": {"AWS": "AROAEXAMPLEEXAMPLE123"}},
        {"Effect": "allow"},
        {"Action": "sqs:SendMessage"},
    ],
    ids=["another bucket", "deleted principal", "no effect", "another service"],
)
def test_bucket_policy_is_malformed(world: World, changes: dict[str, Any]) -> None:
    statement = {
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:PutObject",
        "Resource": f"arn:aws:s3:::{world.bucket}/*",
    } | changes
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})

    found = code(lambda: world.client("s3").put_bucket_policy(Bucket=world.bucket, Policy=policy))

    assert found == "MalformedPolicy"


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ({"Message": ""}, "InvalidParameter"),
        ({"Message": "m", "Subject": "a\nb"}, "InvalidParameter"),
        ({"Message": "m", "Subject": "x" * 101}, "InvalidParameter"),
        ({"Message": "m", "MessageAttributes": EMPTY}, "ParameterValueInvalid"),
    ],
    ids=["empty message", "line break in the subject", "long subject", "empty attribute"],
)
def test_topic_refuses(world: World, message: dict[str, Any], expected: str) -> None:
    sns = world.client("sns")
    topic = sns.create_topic(Name=world.bucket)["TopicArn"]

    assert code(lambda: sns.publish(TopicArn=topic, **message)) == expected


@pytest.mark.parametrize(
    "message",
    [{"DelaySeconds": 901}, {"MessageAttributes": EMPTY}, {"MessageBody": "x" * (1024 * 1024 + 1)}],
    ids=["long delay", "empty attribute", "body over 1 MiB"],
)
def test_queue_refuses(world: World, message: dict[str, Any]) -> None:
    sqs = world.client("sqs")
    queue = sqs.create_queue(QueueName=world.bucket)["QueueUrl"]

    found = code(lambda: sqs.send_message(QueueUrl=queue, **({"MessageBody": "m"} | message)))

    assert found == "InvalidParameterValue"
