"""The snapshot's table for the contract tests: in memory, on moto, on the local cloud and on LocalEmu."""

from __future__ import annotations

from typing import Any, Protocol

from reseal.aws.dynamodb.snapshot import BY_KEY, DynamoDbSnapshot
from reseal.aws.dynamodb.sweep_state import DynamoDbSweepState
from reseal.ports import Sightings, SweepState
from tests.contract.worlds.services import Backend
from tests.support.fakes.snapshot import FakeSnapshot, FakeSweepState
from tests.support.names import unique


def new_table(dynamodb: Any) -> str:
    """A table like the template's snapshot table."""
    table = unique("snapshot")
    dynamodb.create_table(
        TableName=table,
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[
            {"AttributeName": "id", "AttributeType": "S"},
            {"AttributeName": "kms_key", "AttributeType": "S"},
        ],
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        GlobalSecondaryIndexes=[
            {
                "IndexName": BY_KEY,
                "KeySchema": [{"AttributeName": "kms_key", "KeyType": "HASH"}],
                "Projection": {"ProjectionType": "INCLUDE", "NonKeyAttributes": ["expires_at"]},
            }
        ],
    )
    return table


class SnapshotWorld(Protocol):
    """One table, written by lanes and by sweeps."""

    state: SweepState

    def by(self, sweep: str | None) -> Sightings: ...


class FakeSnapshotWorld:
    def __init__(self) -> None:
        self.state = FakeSweepState()
        self._items: dict[str, tuple[str, str | None]] = {}

    def by(self, sweep: str | None) -> Sightings:
        return FakeSnapshot(sweep=sweep, items=self._items)


class AwsSnapshotWorld:
    def __init__(self, backend: Backend) -> None:
        self._client = backend.client("dynamodb")
        self._table = new_table(self._client)
        self.state = DynamoDbSweepState(self._client, self._table)

    def by(self, sweep: str | None) -> Sightings:
        return DynamoDbSnapshot(self._client, self._table, sweep=sweep)
