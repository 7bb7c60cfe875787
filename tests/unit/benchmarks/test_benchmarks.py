"""What the benchmark counts for Reseal; `make bench` measures the times."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import boto3
import pytest
from botocore.client import BaseClient
from moto import mock_aws

from benchmarks.calls import CallLog
from benchmarks.products import load_reseal
from benchmarks.world import (
    BUCKET,
    COMPLIANT,
    CREDENTIALS,
    VIOLATING,
    World,
    an_event,
    is_compliant,
    make_world,
    put_state,
    reseal_settings,
)

APP = Path("functions/enforce_bucket/app.py")


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    for name, value in CREDENTIALS.items():
        monkeypatch.setenv(name, value)
    with mock_aws():
        made = make_world(boto3.client)
        for name, value in reseal_settings(made).items():
            monkeypatch.setenv(name, value)
        yield made


def calls_of_a_warm_event(world: World, state: str, *, set_to: str | None = None) -> list[str]:
    """The second event's: by then the key is known. `set_to` is what the record says, if not the state."""
    handle, s3 = load_reseal(APP), boto3.client("s3")
    with CallLog().installed() as log:
        for _ in range(2):
            put_state(s3, world, state)
            with log.counting() as names:
                handle(an_event(world, set_to or state))
    return names


def test_compliant_bucket_costs_one_call(world: World) -> None:
    assert calls_of_a_warm_event(world, COMPLIANT) == ["GetBucketEncryption"]


def test_compliant_bucket_whose_record_shows_a_violation_costs_a_read_of_the_ledger_more(
    world: World,
) -> None:
    calls = calls_of_a_warm_event(world, COMPLIANT, set_to=VIOLATING)

    assert calls == ["GetBucketEncryption", "GetItem"]


def test_repair_costs_the_guards_reads_a_last_look_write_and_check_two_ledger_writes_a_count_and_a_sighting(
    world: World,
) -> None:
    assert calls_of_a_warm_event(world, VIOLATING) == [
        "GetBucketEncryption",
        "DescribeKey",
        "GetBucketPolicy",
        "GetBucketWebsite",
        "GetBucketAcl",
        "GetBucketReplication",
        "GetKeyPolicy",
        "PutItem",
        "GetBucketEncryption",
        "PutBucketEncryption",
        "GetBucketEncryption",
        "TransactWriteItems",
        "GetItem",
        "PutItem",
        "UpdateItem",
    ]


def test_violation_that_is_only_detected_costs_the_reads_of_the_guards_and_no_ledger_write(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    enforcing = calls_of_a_warm_event(world, VIOLATING)
    monkeypatch.setenv("MODE", "detect")

    detecting = calls_of_a_warm_event(world, VIOLATING)

    opens = {"PutItem", "TransactWriteItems"}
    before_the_write = enforcing[: next(n for n, call in enumerate(enforcing) if call in opens)]
    assert detecting == [*before_the_write, "GetItem", "PutItem", "UpdateItem"]


def test_what_was_measured_was_a_repair(world: World) -> None:
    calls_of_a_warm_event(world, VIOLATING)

    assert is_compliant(boto3.client("s3"), world)


def test_calls_outside_the_count_are_neither_counted_nor_held_up(world: World) -> None:
    s3 = boto3.client("s3")

    with CallLog(latency=60).installed() as log:
        s3.head_bucket(Bucket=BUCKET)

    assert log.names == []


def test_hook_is_taken_out_again() -> None:
    before = vars(BaseClient)["_make_api_call"]

    with CallLog().installed():
        assert vars(BaseClient)["_make_api_call"] is not before

    assert vars(BaseClient)["_make_api_call"] is before
