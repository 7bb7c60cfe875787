"""How the deployed clients are made: where they call, how long they wait, how often they ask."""

from __future__ import annotations

from typing import Any

import pytest
from aws_lambda_powertools import Logger

from reseal.aws.cloudtrail import CloudTrail
from reseal.ports import Services
from reseal.runtime.wiring.buckets import wire_buckets
from reseal.runtime.wiring.clients import Clients
from tests.unit.functions.test_enforce_bucket import SETTINGS

PORTS = ["buckets", "keys", "ledger", "watchlist", "windows", "reminders", "topic"]


@pytest.fixture(scope="module")
def services() -> Services:
    return wire_buckets(SETTINGS | {"AWS_REGION": "eu-west-1"}, Logger(service="clients"))[1]


def test_client_is_made_at_its_first_use_and_prepared_once() -> None:
    clients, prepared = Clients("eu-west-1"), list[Any]()

    kms = clients.later("kms", prepared.append)
    before = list(prepared)

    assert kms.meta.region_name == kms.meta.region_name == "eu-west-1"
    assert (before, prepared) == ([], [clients.of("kms")])


@pytest.mark.parametrize("port", PORTS)
def test_client_asks_four_times_and_waits_no_longer_than_one_message_may_take(
    services: Services, port: str
) -> None:
    client: Any = getattr(services, port)._client
    config = client.meta.config

    assert config.retries == {"mode": "standard", "total_max_attempts": 4}
    assert (config.connect_timeout, config.read_timeout) == (3, 5)


@pytest.mark.parametrize("port", PORTS)
def test_client_says_that_it_is_reseal(services: Services, port: str) -> None:
    client: Any = getattr(services, port)._client

    assert client.meta.config.user_agent.startswith("Reseal Botocore/")


@pytest.mark.parametrize("port", PORTS)
def test_client_calls_the_stacks_region(services: Services, port: str) -> None:
    client: Any = getattr(services, port)._client

    assert client.meta.region_name == "eu-west-1"


def test_the_trails_client_waits_and_asks_alike_in_the_region_it_is_made_for() -> None:
    client = CloudTrail.of_region("eu-west-1")._client

    config = client.meta.config
    assert config.retries == {"mode": "standard", "total_max_attempts": 4}
    assert (config.connect_timeout, config.read_timeout) == (3, 5)
    assert client.meta.region_name == "eu-west-1"
