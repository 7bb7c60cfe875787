"""Launch switches for the alternatives of AWS behaviour that is UNCONFIRMED."""

import json
import time
from collections.abc import Iterator
from typing import Any

import pytest

from localcloud.client.handle import LocalCloud

SWITCHES = ("--new-buckets-allow-sse-c", "--put-drops-sse-c-block", "--trail-delay", "0.4")


@pytest.fixture(scope="module")
def other_cloud(cloud_python: str) -> Iterator[LocalCloud]:
    with LocalCloud.start(python=cloud_python, region="eu-west-1", switches=SWITCHES) as cloud:
        yield cloud


@pytest.fixture
def make_bucket(other_cloud: LocalCloud) -> Any:
    def make(name: str) -> Any:
        s3 = other_cloud.client("s3")
        s3.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
        return s3

    return make


def blocked(s3: Any, bucket: str) -> Any:
    rule = s3.get_bucket_encryption(Bucket=bucket)["ServerSideEncryptionConfiguration"]["Rules"][0]
    return rule.get("BlockedEncryptionTypes")


def put(s3: Any, bucket: str, **rule: Any) -> None:
    default = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}, **rule}
    s3.put_bucket_encryption(Bucket=bucket, ServerSideEncryptionConfiguration={"Rules": [default]})


def test_new_bucket_may_allow_sse_c(make_bucket: Any) -> None:
    assert blocked(make_bucket("new-bucket"), "new-bucket") is None


def test_put_can_drop_the_block_list_it_does_not_name(make_bucket: Any) -> None:
    s3 = make_bucket("blocking-bucket")
    put(s3, "blocking-bucket", BlockedEncryptionTypes={"EncryptionType": ["SSE-C"]})

    put(s3, "blocking-bucket", BucketKeyEnabled=True)

    assert blocked(s3, "blocking-bucket") is None


@pytest.fixture
def trail_events(other_cloud: LocalCloud) -> tuple[Any, str]:
    """An SQS client and the URL of a queue that receives every event of bucket calls."""
    events, sqs = other_cloud.client("events"), other_cloud.client("sqs")
    url = sqs.create_queue(QueueName="late")["QueueUrl"]
    arn = "arn:aws:sqs:eu-west-1:111122223333:late"
    statement = {"Effect": "Allow", "Principal": "*", "Action": "sqs:SendMessage", "Resource": arn}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy})
    events.put_rule(Name="late", EventPattern=json.dumps({"source": ["aws.s3"]}))
    events.put_targets(Rule="late", Targets=[{"Id": "queue", "Arn": arn}])
    other_cloud.drain_trail()
    sqs.purge_queue(QueueUrl=url)
    return sqs, url


def test_events_can_be_delayed(trail_events: tuple[Any, str], make_bucket: Any) -> None:
    sqs, url = trail_events
    started = time.monotonic()

    make_bucket("late-bucket")

    assert sqs.receive_message(QueueUrl=url, WaitTimeSeconds=5)["Messages"]
    assert time.monotonic() - started >= 0.4


def test_draining_the_trail_delivers_delayed_events(
    other_cloud: LocalCloud, trail_events: tuple[Any, str], make_bucket: Any
) -> None:
    sqs, url = trail_events
    make_bucket("awaited-bucket")

    other_cloud.drain_trail()

    assert len(sqs.receive_message(QueueUrl=url)["Messages"]) == 1
