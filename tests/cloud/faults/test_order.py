"""Events that come twice, at once, late or in the wrong order, and messages that can never succeed."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator

import pytest

from tests.cloud.faults.run.queues import received
from tests.cloud.faults.run.stack import Field

LONG_AGO = "2020-01-01T00:00:00Z"


@pytest.fixture
def bucket(ground: Field) -> Iterator[str]:
    """A new bucket whose creation the lane has not heard of: a test sends its event itself."""
    name = f"o-{uuid.uuid4().hex[:12]}"
    ground.hide(6)
    ground.batches(1, 5)
    with ground.without_events():
        ground.stack.s3.create_bucket(Bucket=name)
    yield name
    ground.cloud.clear_faults()


def assert_repaired_and_told(ground: Field, bucket: str, *, writes: int = 1) -> None:
    ground.wait_until_idle()
    ground.stack.arrivals.poll()
    default = ground.stack.rule(bucket)["ApplyServerSideEncryptionByDefault"]
    findings = [f for f in ground.stack.arrivals.findings if f["resource"]["name"] == bucket]
    assert default == {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": ground.stack.key}
    assert len(ground.writes()[bucket]) == writes
    assert {f["status"] for f in findings} == {"REMEDIATED"}
    assert len({f["id"] for f in findings}) == 1
    assert [entry["closed"]["BOOL"] for entry in ground.entries(bucket)] == [True]
    assert list(received(ground.sqs, ground.dead)) == []


def test_two_at_once_from_the_start_write_once(ground: Field, bucket: str) -> None:
    event = ground.event(bucket, "CreateBucket")

    ground.send(event, event, event)

    assert_repaired_and_told(ground, bucket)


def test_a_duplicate_while_the_first_is_writing_is_sent_back(ground: Field, bucket: str) -> None:
    event = ground.event(bucket, "CreateBucket")
    ground.hold("s3", "PutBucketEncryption", bucket)

    ground.send(event)
    ground.wait_until_struck()
    ground.send(event)

    assert_repaired_and_told(ground, bucket)
    assert ground.lease_errors(bucket)


def test_two_that_open_the_entry_at_once_write_once(ground: Field, bucket: str) -> None:
    event = ground.event(bucket, "CreateBucket")
    ground.hold("dynamodb", "PutItem", bucket)

    ground.send(event)
    ground.wait_until_struck()
    ground.send(event)

    assert_repaired_and_told(ground, bucket)


def test_one_that_outlives_its_lease_harms_nothing(ground: Field, bucket: str) -> None:
    """Its write comes after the takeover's, and is the same; what it has to tell was told."""
    event = ground.event(bucket, "CreateBucket")
    ground.hold("s3", "PutBucketEncryption", bucket)

    ground.send(event)
    ground.wait_until_struck()
    ground.end_leases(bucket=bucket)
    ground.send(event)

    assert_repaired_and_told(ground, bucket, writes=2)
    assert any("took over" in message for message in ground.lease_errors(bucket))


def test_an_older_event_after_a_newer_one_writes_nothing(ground: Field, bucket: str) -> None:
    created = ground.event(bucket, "CreateBucket")
    with ground.without_events():
        ground.stack.put(bucket, "AES256")
    ground.send(ground.event(bucket, "PutBucketEncryption"))
    ground.wait_until_idle()

    ground.send(created)

    assert_repaired_and_told(ground, bucket)


def test_an_event_of_long_ago_is_judged_by_what_is_there_now(ground: Field, bucket: str) -> None:
    late = ground.event(bucket, "CreateBucket", eventTime=LONG_AGO, eventID="late")

    ground.send(late)

    assert_repaired_and_told(ground, bucket)


def test_an_event_of_long_ago_that_was_handled_is_told_again_and_not_repaired_again(
    ground: Field, bucket: str
) -> None:
    event = ground.event(bucket, "CreateBucket", eventTime=LONG_AGO)
    ground.send(event)
    ground.wait_until_idle()

    ground.send(event)

    assert_repaired_and_told(ground, bucket)


def test_poison_in_a_batch_of_ten_dies_alone(ground: Field, bucket: str) -> None:
    names = [bucket, *(f"o-{uuid.uuid4().hex[:12]}" for _ in range(6))]
    with ground.without_events():
        for name in names[1:]:
            ground.stack.s3.create_bucket(Bucket=name)
    good = [ground.event(name, "CreateBucket") for name in names]
    poison = ["not json", '{"detail": null}', json.dumps({"detail": {"eventName": "CreateBucket"}})]
    ground.hide(2)
    ground.batches(10, 2)

    ground.send(poison[0], *good[:3], poison[1], *good[3:], poison[2])
    ground.wait_until_idle()

    assert sorted(received(ground.sqs, ground.dead)) == sorted(poison)
    for name in names:
        assert_repaired_and_told(ground, name)
    batches = {entry["held_by"]["S"].split("/")[0] for name in names for entry in ground.entries(name)}
    assert len(batches) == 1, "they were not in one batch"
