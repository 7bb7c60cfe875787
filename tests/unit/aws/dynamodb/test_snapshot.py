"""The snapshot's writes: on the condition that nobody wrote in between, and what the table refuses."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import boto3
import pytest
from moto import mock_aws

from benchmarks.calls import CallLog
from reseal.aws.dynamodb.snapshot import DynamoDbSnapshot
from reseal.aws.dynamodb.sweep_state import DynamoDbSweepState
from reseal.core.errors import TransientError
from reseal.core.snapshot import BucketSeen, Creator
from tests.contract.worlds.snapshot import new_table
from tests.support.builders import BUCKET, TEAM_KEY
from tests.support.fakes.services import NOON
from tests.support.fakes.stubs import stubbed
from tests.unit.aws.dynamodb.table import TABLE_REFUSES

SEEN = BucketSeen(bucket=BUCKET, seen_at=NOON, first_seen=NOON)
ALICE = Creator(who="alice", tool="Terraform", at=NOON)
CREATED = BucketSeen(bucket=BUCKET, seen_at=NOON, first_seen=NOON, creator=ALICE)
CALLS: dict[str, tuple[str, Callable[[Any], object]]] = {
    "read": ("get_item", lambda client: DynamoDbSnapshot(client, "t").read_bucket(BUCKET)),
    "put": ("get_item", lambda client: DynamoDbSnapshot(client, "t", sweep="s").put(SEEN)),
    "add": ("update_item", lambda client: DynamoDbSnapshot(client, "t").put(SEEN)),
    "buckets of key": ("query", lambda client: DynamoDbSnapshot(client, "t").buckets_of_key(TEAM_KEY, NOON)),
    "read ahead": (
        "batch_get_item",
        lambda client: DynamoDbSnapshot(client, "t", sweep="s").read_ahead([BUCKET]),
    ),
    "seen by": ("scan", lambda client: list(DynamoDbSnapshot(client, "t").seen_by("s"))),
    "names of keys": (
        "scan",
        lambda client: list(DynamoDbSnapshot(client, "t").names_of_keys("s")),
    ),
    "claim": ("update_item", lambda client: DynamoDbSweepState(client, "t").claim("me", NOON, NOON)),
}


class Interrupted:
    """A client in whose calls another writer writes first."""

    def __init__(self, client: Any, writes: Iterator[Callable[[], None]]) -> None:
        self._client, self._writes = client, writes

    def update_item(self, **call: Any) -> Any:
        next(self._writes, lambda: None)()
        return self._client.update_item(**call)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._client, name)


@pytest.fixture
def client() -> Iterator[Any]:
    with mock_aws():
        yield boto3.client("dynamodb", region_name="us-east-1")


def test_write_that_another_one_came_before_is_joined_with_it(client: Any) -> None:
    table = new_table(client)
    lane = DynamoDbSnapshot(client, table)
    interrupted: Any = Interrupted(client, iter([lambda: lane.put(CREATED)]))

    DynamoDbSnapshot(interrupted, table, sweep="s").put(SEEN)

    assert lane.read_bucket(BUCKET) == CREATED


def test_lane_adds_what_it_saw_in_one_call(client: Any) -> None:
    table = new_table(client)
    DynamoDbSnapshot(client, table, sweep="s").put(CREATED)

    with CallLog().installed() as log, log.counting() as calls:
        DynamoDbSnapshot(client, table).put(SEEN)

    assert calls == ["UpdateItem"]


def test_item_does_not_grow_with_the_events_of_its_bucket(client: Any) -> None:
    table = new_table(client)
    lane = DynamoDbSnapshot(client, table)
    lane.put(CREATED)

    sizes = []
    for number in range(1, 30):
        at = NOON + timedelta(minutes=number)
        lane.put(BucketSeen(bucket=BUCKET, seen_at=at, first_seen=at))
        item = client.get_item(TableName=table, Key={"id": {"S": f"bucket#{BUCKET}"}})["Item"]
        sizes.append(len(item.get("added", {"L": []})["L"]))

    assert max(sizes) == 8
    seen = lane.read_bucket(BUCKET)
    assert seen is not None
    assert (seen.creator, seen.first_seen, seen.seen_at) == (ALICE, NOON, NOON + timedelta(minutes=29))


def test_item_that_never_stops_changing_is_tried_again_later(client: Any) -> None:
    table = new_table(client)
    lane = DynamoDbSnapshot(client, table)
    interrupted: Any = Interrupted(client, iter([lambda: lane.put(SEEN)] * 9))

    with pytest.raises(TransientError, match="kept changing"):
        DynamoDbSnapshot(interrupted, table, sweep="s").put(SEEN)


def test_rows_come_from_every_page_of_the_table(client: Any) -> None:
    table = new_table(client)
    sweep = DynamoDbSnapshot(client, table, sweep="s")
    for number in range(3):
        reason = "x" * 390_000
        sweep.put(BucketSeen(bucket=f"b{number}", seen_at=NOON, first_seen=NOON, not_read=reason))

    assert sorted(one.name for one in sweep.seen_by("s")) == ["b0", "b1", "b2"]


@pytest.mark.parametrize("code", TABLE_REFUSES)
@pytest.mark.parametrize(("method", "call"), CALLS.values(), ids=CALLS)
def test_whatever_the_table_refuses_is_tried_again(
    method: str, call: Callable[[Any], object], code: str
) -> None:
    with stubbed("dynamodb") as (client, stub):
        stub.add_client_error(method, code, http_status_code=400)

        with pytest.raises(TransientError, match=code):
            call(client)


def test_what_dynamodb_leaves_out_of_a_batch_is_read_when_it_is_put() -> None:
    with stubbed("dynamodb") as (client, stub):
        key = {"id": {"S": f"bucket#{BUCKET}"}}
        left = {"UnprocessedKeys": {"t": {"Keys": [key]}}, "Responses": {"t": []}}
        stub.add_response("batch_get_item", left)
        stub.add_response("get_item", {})
        stub.add_response("update_item", {})
        sweep = DynamoDbSnapshot(client, "t", sweep="s")

        sweep.read_ahead([BUCKET])
        sweep.put(SEEN)


def test_a_hundred_items_are_read_in_one_call() -> None:
    with stubbed("dynamodb") as (client, stub):
        for _ in range(2):
            stub.add_response("batch_get_item", {"Responses": {}})

        DynamoDbSnapshot(client, "t", sweep="s").read_ahead([f"b{one}" for one in range(101)])
