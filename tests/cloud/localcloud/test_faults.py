"""Injected faults in every protocol that the deployed functions use."""

import time
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from localcloud.client.handle import Credentials, LocalCloud, LocalCloudError

CALLS: list[tuple[str, str, Callable[[Any], Any]]] = [
    ("s3", "ListBuckets", lambda client: client.list_buckets()),
    ("s3", "GetBucketEncryption", lambda client: client.get_bucket_encryption(Bucket="any-bucket")),
    ("kms", "ListKeys", lambda client: client.list_keys()),
    ("dynamodb", "ListTables", lambda client: client.list_tables()),
    ("sns", "ListTopics", lambda client: client.list_topics()),
    ("sqs", "ListQueues", lambda client: client.list_queues()),
]


@pytest.mark.parametrize(("service", "operation", "call"), CALLS, ids=[f"{s}-{o}" for s, o, _ in CALLS])
def test_injected_error_reaches_the_sdk(
    local_cloud: LocalCloud, user: Credentials, service: str, operation: str, call: Callable[[Any], Any]
) -> None:
    local_cloud.inject_fault("error", service, operation, status=400, code="Throttled", message="slow <down>")

    with pytest.raises(ClientError) as failed:
        call(local_cloud.client(service, user))

    assert failed.value.response["Error"]["Code"] == "Throttled"
    assert failed.value.response["Error"]["Message"] == "slow <down>"
    assert failed.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400


def test_injected_error_prevents_the_calls_effect(local_cloud: LocalCloud, s3: Any, bucket: str) -> None:
    local_cloud.inject_fault("error", "s3", "DeleteBucket", status=503, code="SlowDown")

    with pytest.raises(ClientError, match="SlowDown"):
        s3.delete_bucket(Bucket=bucket)

    s3.head_bucket(Bucket=bucket)


def test_lost_response_keeps_the_calls_effect(local_cloud: LocalCloud, s3: Any, bucket: str) -> None:
    local_cloud.inject_fault("lost_response", "s3", "DeleteBucket")

    with pytest.raises(ClientError, match="InternalError"):
        s3.delete_bucket(Bucket=bucket)

    with pytest.raises(ClientError, match="404"):
        s3.head_bucket(Bucket=bucket)


def test_delay_comes_before_the_calls_effect(local_cloud: LocalCloud, s3: Any, bucket: str) -> None:
    local_cloud.inject_fault("delay", "s3", "HeadBucket", seconds=0.2)
    started = time.monotonic()

    s3.head_bucket(Bucket=bucket)

    assert time.monotonic() - started >= 0.2


def outcomes(s3: Any, count: int) -> str:
    found = ""
    for _ in range(count):
        try:
            s3.list_buckets()
            found += "."
        except ClientError:
            found += "x"
    return found


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ({}, "x...."),
        ({"times": 2}, "xx..."),
        ({"times": None}, "xxxxx"),
        ({"skip": 2}, "..x.."),
        ({"skip": 1, "times": 3}, ".xxx."),
        ({"caller": "*:user/engineer", "times": None}, "xxxxx"),
        ({"caller": "*:assumed-role/*", "times": None}, "....."),
        ({"resource": "arn:aws:s3:::other*"}, "....."),
    ],
    ids=str,
)
def test_fault_affects_only_matching_calls(
    local_cloud: LocalCloud, s3: Any, rule: dict[str, Any], expected: str
) -> None:
    local_cloud.inject_fault("error", "s3", "List*", **rule)

    assert outcomes(s3, 5) == expected


def test_resource_glob_selects_one_bucket(local_cloud: LocalCloud, s3: Any, bucket: str) -> None:
    local_cloud.inject_fault("error", "s3", resource=f"arn:aws:s3:::{bucket}", code="Chosen")

    with pytest.raises(ClientError, match="Chosen"):
        s3.get_bucket_encryption(Bucket=bucket)


def test_cleared_faults_have_no_effect(local_cloud: LocalCloud, s3: Any) -> None:
    local_cloud.inject_fault("error", "s3", times=None)

    local_cloud.clear_faults()

    assert (outcomes(s3, 2), local_cloud.faults()) == ("..", [])


def test_faults_count_their_hits(local_cloud: LocalCloud, s3: Any) -> None:
    number = local_cloud.inject_fault("error", "s3", "ListBuckets", times=3)

    outcomes(s3, 2)

    assert [(rule["id"], rule["hits"], rule["times"]) for rule in local_cloud.faults()] == [(number, 2, 1)]


@pytest.mark.parametrize(
    "fields", [{"kind": "explode"}, {"kind": "error", "colour": "red"}], ids=["kind", "field"]
)
def test_invalid_fault_is_refused(local_cloud: LocalCloud, fields: dict[str, Any]) -> None:
    with pytest.raises(LocalCloudError):
        local_cloud.inject_fault(service="s3", **fields)
