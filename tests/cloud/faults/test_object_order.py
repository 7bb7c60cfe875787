"""Writes whose events come twice, at once, late or in the wrong order, and messages that never succeed."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator

import pytest

from tests.cloud.faults.run.object_steps import HOUR, KEY
from tests.cloud.faults.run.queues import received
from tests.cloud.faults.run.runner import make_older
from tests.cloud.faults.run.stack import Field


@pytest.fixture
def bucket(object_ground: Field) -> Iterator[str]:
    """A bucket with an object under SSE-S3 that the lane has not heard of: a test sends its event itself."""
    object_ground.hide(6)
    object_ground.batches(1, 5)
    yield new_object(object_ground)
    object_ground.cloud.clear_faults()


def new_object(ground: Field) -> str:
    name = f"o-{uuid.uuid4().hex[:12]}"
    with ground.without_events():
        ground.stack.s3.create_bucket(Bucket=name)
        write(ground, name)
    return name


def write(ground: Field, bucket: str, key: str = KEY) -> None:
    ground.stack.s3.put_object(Bucket=bucket, Key=key, Body=b"1", ServerSideEncryption="AES256")


def assert_repaired_and_told(ground: Field, bucket: str) -> None:
    ground.wait_until_idle()
    ground.cloud.drain_trail()
    findings = ground.findings()[bucket]
    head = ground.stack.s3.head_object(Bucket=bucket, Key=KEY)
    assert (head["ServerSideEncryption"], head["SSEKMSKeyId"]) == ("aws:kms", ground.stack.key)
    assert len(ground.made()[bucket]) == 1
    assert {f["status"] for f in findings} == {"REMEDIATED"}
    assert len({f["id"] for f in findings if not f["occurrences"]}) <= 1
    assert all(entry["closed"]["BOOL"] for entry in ground.entries(bucket))
    assert list(received(ground.sqs, ground.dead)) == []


def test_duplicates_at_once_make_one_repair(object_ground: Field, bucket: str) -> None:
    event = object_ground.event(bucket, "PutObject")

    object_ground.send(event, event, event)

    assert_repaired_and_told(object_ground, bucket)
    assert len(object_ground.entries(bucket)) == 1


def test_duplicates_in_one_batch_make_one_repair(object_ground: Field, bucket: str) -> None:
    event, other = object_ground.event(bucket, "PutObject"), new_object(object_ground)
    object_ground.batches(10, 2)

    object_ground.send(event, object_ground.event(other, "PutObject"), event, event)

    assert_repaired_and_told(object_ground, bucket)
    assert_repaired_and_told(object_ground, other)


def test_a_duplicate_while_the_first_is_copying_is_sent_back(object_ground: Field, bucket: str) -> None:
    event = object_ground.event(bucket, "PutObject")
    object_ground.hold("s3", "CopyObject", bucket)

    object_ground.send(event)
    object_ground.wait_until_struck()
    object_ground.send(event)

    assert_repaired_and_told(object_ground, bucket)
    assert object_ground.lease_errors(bucket)


def test_two_that_open_the_entry_at_once_make_one_repair(object_ground: Field, bucket: str) -> None:
    event = object_ground.event(bucket, "PutObject")
    object_ground.hold("dynamodb", "TransactWriteItems", bucket)

    object_ground.send(event)
    object_ground.wait_until_struck()
    object_ground.send(event)

    assert_repaired_and_told(object_ground, bucket)


def test_one_that_outlives_its_lease_copies_nothing(object_ground: Field, bucket: str) -> None:
    """Its copy comes after the takeover's, and S3 refuses it: the object is another one by then."""
    event = object_ground.event(bucket, "PutObject")
    object_ground.hold("s3", "CopyObject", bucket)

    object_ground.send(event)
    object_ground.wait_until_struck()
    object_ground.end_leases(bucket=bucket)
    object_ground.send(event)

    assert_repaired_and_told(object_ground, bucket)
    assert any("took over" in message for message in object_ground.lease_errors(bucket))


@pytest.mark.parametrize("newer_first", [True, False], ids=["newer first", "in order"])
def test_of_two_writes_of_one_key_what_is_there_is_repaired_once(
    object_ground: Field, bucket: str, newer_first: bool
) -> None:
    older = object_ground.event(bucket, "PutObject")
    object_ground.cloud.make_older(bucket, KEY, HOUR)
    before = json.loads(older)
    make_older(before)
    with object_ground.without_events():
        write(object_ground, bucket)
    newer = object_ground.event(bucket, "PutObject")
    assert json.loads(newer)["detail"]["eventID"] != before["detail"]["eventID"]
    events = [newer, json.dumps(before)]

    for event in events if newer_first else reversed(events):
        object_ground.send(event)
        object_ground.wait_until_idle()

    assert_repaired_and_told(object_ground, bucket)


def test_an_event_that_is_an_hour_late_is_repaired(object_ground: Field, bucket: str) -> None:
    event = json.loads(object_ground.event(bucket, "PutObject"))
    object_ground.cloud.make_older(bucket, KEY, HOUR)
    make_older(event)

    object_ground.send(json.dumps(event))

    assert_repaired_and_told(object_ground, bucket)


def test_a_late_duplicate_of_what_was_repaired_is_told_again_and_not_repaired_again(
    object_ground: Field, bucket: str
) -> None:
    event = json.loads(object_ground.event(bucket, "PutObject"))
    object_ground.send(json.dumps(event))
    object_ground.wait_until_idle()
    make_older(event)

    object_ground.send(json.dumps(event))

    assert_repaired_and_told(object_ground, bucket)


def test_an_object_that_is_gone_is_no_violation(object_ground: Field, bucket: str) -> None:
    event = object_ground.event(bucket, "PutObject")
    object_ground.stack.s3.delete_object(Bucket=bucket, Key=KEY)

    object_ground.send(event)
    object_ground.wait_until_idle()

    assert object_ground.findings()[bucket] == []
    assert list(received(object_ground.sqs, object_ground.dead)) == []


def test_poison_in_a_batch_of_ten_objects_dies_alone(object_ground: Field, bucket: str) -> None:
    names = [bucket, *(new_object(object_ground) for _ in range(6))]
    good = [object_ground.event(name, "PutObject") for name in names]
    poison = ["not json", '{"detail": null}', json.dumps({"detail": {"eventName": "PutObject"}})]
    object_ground.hide(2)
    object_ground.batches(10, 2)

    object_ground.send(poison[0], *good[:3], poison[1], *good[3:], poison[2])
    object_ground.wait_until_idle()

    assert sorted(received(object_ground.sqs, object_ground.dead)) == sorted(poison)
    for name in names:
        assert_repaired_and_told(object_ground, name)
    batches = {entry["held_by"]["S"].split("/")[0] for name in names for entry in object_ground.entries(name)}
    assert len(batches) == 1, "they were not in one batch"
