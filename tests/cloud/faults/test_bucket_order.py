"""Bucket events that come twice, at once, late or in the wrong order, and poison messages."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator

import pytest

from tests.cloud.faults.run.queues import received
from tests.cloud.faults.run.stack import Resources

LONG_AGO = "2020-01-01T00:00:00Z"


@pytest.fixture
def bucket(resources: Resources) -> Iterator[str]:
    """A new bucket whose event was not delivered: each test sends it itself."""
    name = f"o-{uuid.uuid4().hex[:12]}"
    resources.hide(6)
    resources.batches(1, 5)
    with resources.without_events():
        resources.deployment.s3.create_bucket(Bucket=name)
    yield name
    resources.cloud.clear_faults()


def assert_repaired_and_published(resources: Resources, bucket: str, *, writes: int = 1) -> None:
    resources.wait_until_idle()
    resources.deployment.arrivals.poll()
    default = resources.deployment.rule(bucket)["ApplyServerSideEncryptionByDefault"]
    findings = [f for f in resources.deployment.arrivals.findings if f["resource"]["name"] == bucket]
    assert default == {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": resources.deployment.key}
    assert len(resources.writes()[bucket]) == writes
    assert {f["status"] for f in findings} == {"REMEDIATED"}
    assert len({f["id"] for f in findings}) == 1
    assert [entry["closed"]["BOOL"] for entry in resources.entries(bucket)] == [True]
    assert list(received(resources.sqs, resources.dead)) == []


def test_concurrent_duplicates_write_once(resources: Resources, bucket: str) -> None:
    event = resources.event(bucket, "CreateBucket")

    resources.send(event, event, event)

    assert_repaired_and_published(resources, bucket)


def test_duplicate_returns_to_the_queue_while_the_first_is_writing(resources: Resources, bucket: str) -> None:
    event = resources.event(bucket, "CreateBucket")
    resources.delay_next_call("s3", "PutBucketEncryption", bucket)

    resources.send(event)
    resources.wait_until_all_faults_hit()
    resources.send(event)

    assert_repaired_and_published(resources, bucket)
    assert resources.lease_errors(bucket)


def test_two_invocations_that_open_the_entry_at_once_write_once(resources: Resources, bucket: str) -> None:
    event = resources.event(bucket, "CreateBucket")
    resources.delay_next_call("dynamodb", "PutItem", bucket)

    resources.send(event)
    resources.wait_until_all_faults_hit()
    resources.send(event)

    assert_repaired_and_published(resources, bucket)


def test_invocation_that_outlives_its_lease_harms_nothing(resources: Resources, bucket: str) -> None:
    """Its write comes after the write of the takeover and is the same; its finding is already published."""
    event = resources.event(bucket, "CreateBucket")
    resources.delay_next_call("s3", "PutBucketEncryption", bucket)

    resources.send(event)
    resources.wait_until_all_faults_hit()
    resources.end_leases(bucket=bucket)
    resources.send(event)

    assert_repaired_and_published(resources, bucket, writes=2)
    assert any("took over" in message for message in resources.lease_errors(bucket))


def test_older_event_after_a_newer_one_writes_nothing(resources: Resources, bucket: str) -> None:
    created = resources.event(bucket, "CreateBucket")
    with resources.without_events():
        resources.deployment.put(bucket, "AES256")
    resources.send(resources.event(bucket, "PutBucketEncryption"))
    resources.wait_until_idle()

    resources.send(created)

    assert_repaired_and_published(resources, bucket)


def test_old_event_is_judged_by_the_current_state(resources: Resources, bucket: str) -> None:
    late = resources.event(bucket, "CreateBucket", eventTime=LONG_AGO, eventID="late")

    resources.send(late)

    assert_repaired_and_published(resources, bucket)


def test_old_event_that_was_handled_publishes_again_and_repairs_nothing(
    resources: Resources, bucket: str
) -> None:
    event = resources.event(bucket, "CreateBucket", eventTime=LONG_AGO)
    resources.send(event)
    resources.wait_until_idle()

    resources.send(event)

    assert_repaired_and_published(resources, bucket)


def test_only_the_poison_messages_of_a_batch_of_ten_reach_the_dead_letter_queue(
    resources: Resources, bucket: str
) -> None:
    names = [bucket, *(f"o-{uuid.uuid4().hex[:12]}" for _ in range(6))]
    with resources.without_events():
        for name in names[1:]:
            resources.deployment.s3.create_bucket(Bucket=name)
    good = [resources.event(name, "CreateBucket") for name in names]
    poison = ["not json", '{"detail": null}', json.dumps({"detail": {"eventName": "CreateBucket"}})]
    resources.hide(2)
    resources.batches(10, 2)

    resources.send(poison[0], *good[:3], poison[1], *good[3:], poison[2])
    resources.wait_until_idle()

    assert sorted(received(resources.sqs, resources.dead)) == sorted(poison)
    for name in names:
        assert_repaired_and_published(resources, name)
    batches = {entry["held_by"]["S"].split("/")[0] for name in names for entry in resources.entries(name)}
    assert len(batches) == 1, "the messages were not in one batch"
