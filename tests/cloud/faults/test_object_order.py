"""Writes whose events come twice, at once, late or in the wrong order, and poison messages."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator

import pytest

from tests.cloud.faults.run.object_steps import HOUR, KEY
from tests.cloud.faults.run.queues import received
from tests.cloud.faults.run.runner import make_older
from tests.cloud.faults.run.stack import Resources


@pytest.fixture
def bucket(object_resources: Resources) -> Iterator[str]:
    """A bucket with an object under SSE-S3 whose event was not delivered: each test sends it itself."""
    object_resources.hide(6)
    object_resources.batches(1, 5)
    yield new_object(object_resources)
    object_resources.cloud.clear_faults()


def new_object(resources: Resources) -> str:
    name = f"o-{uuid.uuid4().hex[:12]}"
    with resources.without_events():
        resources.deployment.s3.create_bucket(Bucket=name)
        write(resources, name)
    return name


def write(resources: Resources, bucket: str, key: str = KEY) -> None:
    resources.deployment.s3.put_object(Bucket=bucket, Key=key, Body=b"1", ServerSideEncryption="AES256")


def assert_repaired_and_published(resources: Resources, bucket: str, calls: int = 1) -> None:
    """One repair, and at most one finding for each of the calls; alert windows are short here."""
    resources.wait_until_idle()
    resources.cloud.drain_trail()
    findings = resources.findings()[bucket]
    head = resources.deployment.s3.head_object(Bucket=bucket, Key=KEY)
    assert (head["ServerSideEncryption"], head["SSEKMSKeyId"]) == ("aws:kms", resources.deployment.key)
    assert len(resources.made()[bucket]) == 1
    assert {f["status"] for f in findings} == {"REMEDIATED"}
    assert len({f["id"] for f in findings if not f["occurrences"]}) <= calls
    assert all(entry["closed"]["BOOL"] for entry in resources.entries(bucket))
    assert list(received(resources.sqs, resources.dead)) == []


def test_concurrent_duplicates_make_one_repair(object_resources: Resources, bucket: str) -> None:
    event = object_resources.event(bucket, "PutObject")

    object_resources.send(event, event, event)

    assert_repaired_and_published(object_resources, bucket)
    assert len(object_resources.entries(bucket)) == 1


def test_duplicates_in_one_batch_make_one_repair(object_resources: Resources, bucket: str) -> None:
    event, other = object_resources.event(bucket, "PutObject"), new_object(object_resources)
    object_resources.batches(10, 2)

    object_resources.send(event, object_resources.event(other, "PutObject"), event, event)

    assert_repaired_and_published(object_resources, bucket)
    assert_repaired_and_published(object_resources, other)


def test_duplicate_returns_to_the_queue_while_the_first_is_copying(
    object_resources: Resources, bucket: str
) -> None:
    event = object_resources.event(bucket, "PutObject")
    object_resources.delay_next_call("s3", "CopyObject", bucket)

    object_resources.send(event)
    object_resources.wait_until_all_faults_hit()
    object_resources.send(event)

    assert_repaired_and_published(object_resources, bucket)
    assert object_resources.lease_errors(bucket)


def test_two_invocations_that_open_the_entry_at_once_make_one_repair(
    object_resources: Resources, bucket: str
) -> None:
    event = object_resources.event(bucket, "PutObject")
    object_resources.delay_next_call("dynamodb", "PutItem", bucket)

    object_resources.send(event)
    object_resources.wait_until_all_faults_hit()
    object_resources.send(event)

    assert_repaired_and_published(object_resources, bucket)


def test_invocation_that_outlives_its_lease_copies_nothing(object_resources: Resources, bucket: str) -> None:
    """Its copy comes after the copy of the takeover. S3 refuses it, because the object has changed."""
    event = object_resources.event(bucket, "PutObject")
    object_resources.delay_next_call("s3", "CopyObject", bucket)

    object_resources.send(event)
    object_resources.wait_until_all_faults_hit()
    object_resources.end_leases(bucket=bucket)
    object_resources.send(event)

    assert_repaired_and_published(object_resources, bucket)
    assert any("took over" in message for message in object_resources.lease_errors(bucket))


@pytest.mark.parametrize("newer_first", [True, False], ids=["newer first", "in order"])
def test_two_writes_of_one_object_key_make_one_repair(
    object_resources: Resources, bucket: str, newer_first: bool
) -> None:
    older = object_resources.event(bucket, "PutObject")
    object_resources.cloud.make_older(bucket, KEY, HOUR)
    before = json.loads(older)
    make_older(before)
    with object_resources.without_events():
        write(object_resources, bucket)
    newer = object_resources.event(bucket, "PutObject")
    assert json.loads(newer)["detail"]["eventID"] != before["detail"]["eventID"]
    events = [newer, json.dumps(before)]

    for event in events if newer_first else reversed(events):
        object_resources.send(event)
        object_resources.wait_until_idle()

    assert_repaired_and_published(object_resources, bucket, calls=2)


def test_event_that_is_an_hour_late_is_repaired(object_resources: Resources, bucket: str) -> None:
    event = json.loads(object_resources.event(bucket, "PutObject"))
    object_resources.cloud.make_older(bucket, KEY, HOUR)
    make_older(event)

    object_resources.send(json.dumps(event))

    assert_repaired_and_published(object_resources, bucket)


def test_late_duplicate_publishes_the_finding_again_and_repairs_nothing(
    object_resources: Resources, bucket: str
) -> None:
    event = json.loads(object_resources.event(bucket, "PutObject"))
    object_resources.send(json.dumps(event))
    object_resources.wait_until_idle()
    make_older(event)

    object_resources.send(json.dumps(event))

    assert_repaired_and_published(object_resources, bucket)


def test_deleted_object_is_no_violation(object_resources: Resources, bucket: str) -> None:
    event = object_resources.event(bucket, "PutObject")
    object_resources.deployment.s3.delete_object(Bucket=bucket, Key=KEY)

    object_resources.send(event)
    object_resources.wait_until_idle()

    assert object_resources.findings()[bucket] == []
    assert list(received(object_resources.sqs, object_resources.dead)) == []


def test_only_the_poison_messages_of_a_batch_of_ten_reach_the_object_dead_letter_queue(
    object_resources: Resources, bucket: str
) -> None:
    names = [bucket, *(new_object(object_resources) for _ in range(6))]
    good = [object_resources.event(name, "PutObject") for name in names]
    poison = ["not json", '{"detail": null}', json.dumps({"detail": {"eventName": "PutObject"}})]
    object_resources.hide(2)
    object_resources.batches(10, 2)

    object_resources.send(poison[0], *good[:3], poison[1], *good[3:], poison[2])
    object_resources.wait_until_idle()

    assert sorted(received(object_resources.sqs, object_resources.dead)) == sorted(poison)
    for name in names:
        assert_repaired_and_published(object_resources, name)
    batches = {
        entry["held_by"]["S"].split("/")[0] for name in names for entry in object_resources.entries(name)
    }
    assert len(batches) == 1, "the messages were not in one batch"
