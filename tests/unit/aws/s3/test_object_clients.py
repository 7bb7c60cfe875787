"""How the object lane's clients are made."""

from __future__ import annotations

from typing import Any

import pytest
from aws_lambda_powertools import Logger

from reseal.ports import ObjectServices, Services
from reseal.runtime.settings import ObjectSettings
from reseal.runtime.wiring.objects import wire_objects
from tests.unit.runtime.test_object_settings import RIGHT

Wired = tuple[ObjectSettings, Services, ObjectServices]
ADAPTERS = (
    ["buckets", "keys", "ledger", "watchlist", "windows", "reminders", "topic"],
    ["objects"],
)


@pytest.fixture(scope="module")
def wired() -> Wired:
    return wire_objects(RIGHT | {"AWS_REGION": "eu-west-1"}, Logger(service="clients"))


def clients(wired: Wired) -> dict[str, Any]:
    _, services, objects = wired
    adapters = [getattr(services, name) for name in ADAPTERS[0]]
    adapters += [getattr(objects, name) for name in ADAPTERS[1]]
    return {type(adapter).__name__: adapter._client for adapter in adapters}


def test_settings_are_those_of_the_environment(wired: Wired) -> None:
    settings = wired[0]

    assert (settings.settings.window_seconds, settings.settings.region) == (300, "eu-west-1")


def test_there_is_one_client_for_each_service(wired: Wired) -> None:
    found = clients(wired)

    services = {client.meta.service_model.service_name for client in found.values()}
    assert services == {"s3", "kms", "dynamodb", "sns", "sqs"}
    assert len({id(client) for client in found.values()}) == len(services)


def copying(wired: Wired) -> Any:
    objects: Any = wired[2].objects
    return objects._copies.client


def test_client_asks_four_times_and_waits_no_longer_than_the_bucket_lanes(wired: Wired) -> None:
    for client in clients(wired).values():
        config = client.meta.config
        assert config.retries == {"mode": "standard", "total_max_attempts": 4}
        assert (config.connect_timeout, config.read_timeout) == (3, 5)
        assert config.max_pool_connections == 64


def test_client_for_copies_waits_for_a_large_one_and_asks_three_times(wired: Wired) -> None:
    config = copying(wired).meta.config

    assert config.retries == {"mode": "standard", "total_max_attempts": 3}
    assert (config.connect_timeout, config.read_timeout) == (3, 60)
    assert config.max_pool_connections == 64
    assert config.user_agent.startswith("Reseal Botocore/")


def test_client_calls_the_stacks_region(wired: Wired) -> None:
    made = [*clients(wired).values(), copying(wired)]

    assert {client.meta.region_name for client in made} == {"eu-west-1"}
