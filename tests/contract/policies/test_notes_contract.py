"""The contracts of `BucketNotes` and `PolicyWrites`: what is noted of buckets."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from reseal.core.transit.noted import LONGEST_WRITE, NotedBucket, NotedWrite, PlainHttpCall
from reseal.ports import BucketNotes, PolicyWrites
from tests.support.fakes.services import NOON

CALL = PlainHttpCall(who="arn:aws:iam::111122223333:role/apt", name="PutObject", time=NOON)
WRITE = NotedWrite(entry_id="payroll#1#PutBucketPolicy", read_at=NOON, before="fingerprint")
SECOND = timedelta(seconds=1)


def test_nothing_is_known_of_another_bucket(bucket_notes: BucketNotes) -> None:
    bucket_notes.note_plain_http("payroll", CALL, NOON)

    assert bucket_notes.read("other") == NotedBucket()


def test_calls_over_plain_http_are_counted_and_the_last_is_named(bucket_notes: BucketNotes) -> None:
    later = replace(CALL, who="arn:aws:iam::111122223333:role/yum", time=NOON + timedelta(hours=1))
    bucket_notes.note_plain_http("payroll", CALL, NOON)
    bucket_notes.note_plain_http("payroll", later, NOON + timedelta(hours=1))

    assert bucket_notes.read("payroll") == NotedBucket(last=later, count=2)


def test_first_creator_and_last_manager_stay(bucket_notes: BucketNotes) -> None:
    bucket_notes.note_tool("payroll", creator="AWS CLI", manager=None)
    bucket_notes.note_tool("payroll", creator="console", manager="Terraform")
    bucket_notes.note_tool("payroll", creator=None, manager=None)
    bucket_notes.note_plain_http("payroll", CALL, NOON)

    assert bucket_notes.read("payroll") == NotedBucket(
        creator="AWS CLI", manager="Terraform", last=CALL, count=1
    )


@pytest.mark.parametrize(
    ("since", "found"),
    [
        (-3 * SECOND, False),
        (-2 * SECOND, True),
        (timedelta(0), True),
        (LONGEST_WRITE + 2 * SECOND, True),
        (LONGEST_WRITE + 3 * SECOND, False),
    ],
)
def test_write_is_found_around_its_time(policy_writes: PolicyWrites, since: timedelta, found: bool) -> None:
    policy_writes.note("payroll", WRITE)

    assert list(policy_writes.read_around("payroll", NOON + since)) == ([WRITE] if found else [])
    assert list(policy_writes.read_around("other", NOON)) == []


def test_each_write_is_found_also_if_one_is_noted_twice(policy_writes: PolicyWrites) -> None:
    second = replace(WRITE, entry_id="payroll#2#PutBucketPolicy", read_at=NOON + SECOND)
    for write in (WRITE, WRITE, second):
        policy_writes.note("payroll", write)

    found = policy_writes.read_around("payroll", NOON + SECOND)

    assert list(dict.fromkeys(found)) == [WRITE, second]
