"""What the benchmark counts for Reseal's object lane; `make bench` measures the times."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import boto3
import pytest
from moto import mock_aws

from benchmarks.calls import CallLog
from benchmarks.objects.answers import answer_to
from benchmarks.objects.products import RESEAL, RESEAL_AGAIN, load
from benchmarks.objects.scenes import KEPT, LOST, RACE, compare
from benchmarks.objects.world import is_compliant, make_bucket_and_queue, object_settings, put_objects
from benchmarks.world import COMPLIANT, CREDENTIALS, VIOLATING, World, make_world
from reseal.runtime.clock import SystemClock

APP = Path("functions/enforce_object/app.py")
A_BATCH = 50


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    for name, value in CREDENTIALS.items():
        monkeypatch.setenv(name, value)
    with mock_aws():
        made = make_world(boto3.client)
        make_bucket_and_queue(boto3.client, made)
        for name, value in object_settings(made).items():
            monkeypatch.setenv(name, value)
        yield made


@pytest.fixture(autouse=True)
def still_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """The calls are of a batch that comes at once: what is known of a bucket is read again after seconds."""
    now = datetime.now(UTC)
    monkeypatch.setattr(SystemClock, "now", lambda _: now)


def calls_of_a_warm_batch(world: World, state: str, size: int, product: str = RESEAL) -> Counter[str]:
    """The second batch's: by then the bucket and the key are known."""
    stage, s3 = load(product, world, APP, state), boto3.client("s3")
    with CallLog().installed() as log:
        for batch in ("first", "second"):
            keys = [f"{batch}/{number}" for number in range(size)]
            put_objects(s3, world, state, keys)
            act = stage(keys)
            with log.counting() as names:
                act()
    assert all(is_compliant(s3, world, key) for key in keys)
    return Counter(names)


def test_compliant_object_that_reaches_the_function_costs_one_call(world: World) -> None:
    assert calls_of_a_warm_batch(world, COMPLIANT, 1) == {"HeadObject": 1}


def test_repair_of_one_object_costs_its_three_calls_and_ten_of_its_batch(world: World) -> None:
    assert calls_of_a_warm_batch(world, VIOLATING, 1) == {
        "HeadObject": 2,
        "CopyObject": 1,
        "GetItem": 3,
        "PutItem": 3,
        "TransactWriteItems": 1,
        "SendMessage": 1,
        "Publish": 1,
    }


def test_full_batch_costs_three_calls_an_object_and_ten_for_all_of_them(world: World) -> None:
    assert calls_of_a_warm_batch(world, VIOLATING, A_BATCH) == {
        "HeadObject": 2 * A_BATCH,
        "CopyObject": A_BATCH,
        "TransactGetItems": 2,
        "TransactWriteItems": 2,
        "GetItem": 2,
        "PutItem": 2,
        "SendMessage": 1,
        "Publish": 1,
    }


def test_more_of_the_same_is_counted_and_not_told(world: World) -> None:
    calls = calls_of_a_warm_batch(world, VIOLATING, 1, RESEAL_AGAIN)

    assert (calls["PutItem"], calls["Publish"], calls["SendMessage"]) == (2, 0, 0)


def test_stand_in_shows_an_object_as_it_was_re_encrypted() -> None:
    before = answer_to("HEAD", "/bucket/folder/1", {}, b"")

    sent = {"x-amz-copy-source": "bucket/folder/1", "x-amz-server-side-encryption": "aws:kms"}
    answer_to("PUT", "/bucket/folder/1", sent, b"")
    after = answer_to("HEAD", "/bucket/folder/1", {}, b"")

    assert before.headers["x-amz-server-side-encryption"] == "AES256"
    assert after.headers["x-amz-server-side-encryption"] == "aws:kms"
    assert before.headers["ETag"] != after.headers["ETag"]


def test_stand_in_lists_what_was_written_and_not_deleted() -> None:
    answer_to("PUT", "/bucket/kept", {}, b"x")
    answer_to("PUT", "/bucket/deleted", {}, b"x")
    answer_to("DELETE", "/bucket/deleted", {}, b"")

    listing = answer_to("GET", "/bucket", {}, b"").body

    assert b"<Key>kept</Key>" in listing
    assert b"<Key>deleted</Key>" not in listing


def test_stand_in_keeps_the_alert_window_that_is_put() -> None:
    window = {"id": {"S": "window#mine"}, "version": {"N": "1"}}

    for operation, request in (("PutItem", {"Item": window}), ("GetItem", {"Key": {"id": window["id"]}})):
        target = {"x-amz-target": f"DynamoDB_20120810.{operation}"}
        answer = answer_to("POST", "/", target, json.dumps(request).encode())

    assert json.loads(answer.body)["Item"] == window


def looks(**differing: object) -> dict[str, object]:
    same = dict.fromkeys(
        ("content type", "cache control", "content disposition", "content language", "expires", "ACL"), "x"
    )
    more = dict.fromkeys(("user metadata", "storage class", "website redirect", "checksum, SHA-256"), "x")
    rest = {"tags": ["x"], "bytes": b"old", "encryption": "aws:kms", "lock": None, "versions": set[str]()}
    return {**same, **more, **rest, **differing}


def test_property_that_is_not_there_any_more_is_lost() -> None:
    fates = compare("everything", looks(), looks(tags=[]))

    assert (fates["tags"], fates["ACL"]) == (LOST, KEPT)


@pytest.mark.parametrize(
    ("after", "fate"),
    [
        (looks(), "overwritten by the old object"),
        ({"bytes": b"a newer write", "encryption": "aws:kms:dsse", "storage class": None}, KEPT),
        (
            {"bytes": b"a newer write", "encryption": "aws:kms", "storage class": "STANDARD_IA"},
            "its encryption and class replaced",
        ),
    ],
)
def test_newer_write_is_kept_only_with_its_encryption_and_class(after: dict[str, object], fate: str) -> None:
    assert compare(RACE, looks(), after) == {"a newer write meanwhile": fate}


def test_first_object_of_a_bucket_costs_nine_looks_at_the_bucket_and_two_at_the_key(world: World) -> None:
    stage, s3 = load(RESEAL, world, APP, VIOLATING), boto3.client("s3")
    put_objects(s3, world, VIOLATING, ["first"])
    act = stage(["first"])
    with CallLog().installed() as log, log.counting() as names:
        act()

    about_the_bucket = {name for name in names if "Bucket" in name}
    assert len(about_the_bucket) == 9
    assert {"DescribeKey", "GetKeyPolicy", "ListKeyPolicies"} <= set(names)
    assert len(names) == 9 + 12 + 4
