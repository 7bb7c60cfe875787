"""Every adapter on its client, made once per execution environment."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import boto3
from botocore.config import Config

from reseal.adapters.clock import SystemClock
from reseal.adapters.dynamodb import DynamoDbLedger
from reseal.adapters.dynamodb_objects import DynamoDbObjectLedger
from reseal.adapters.dynamodb_windows import DynamoDbWindows
from reseal.adapters.kms import KmsKeys
from reseal.adapters.s3 import S3Buckets
from reseal.adapters.s3_objects import S3Objects
from reseal.adapters.settings import ObjectSettings, Settings, read_object_settings, read_settings
from reseal.adapters.sns import SnsTopic
from reseal.adapters.sqs import SqsReminders
from reseal.adapters.telemetry import PowertoolsTelemetry
from reseal.core.policy import Policy
from reseal.ports import ObjectServices, Services

if TYPE_CHECKING:
    from aws_lambda_powertools import Logger

_CALLS = Config(
    retries={"mode": "standard", "total_max_attempts": 4},
    connect_timeout=3,
    read_timeout=5,
)


_OBJECT_CALLS = _CALLS.merge(
    Config(
        read_timeout=60,  # a large object's copy answers when it is done
        max_pool_connections=64,  # a batch is worked on in threads, and a copy in parts uses more of them
    )
)


def wire(environment: Mapping[str, str], logger: Logger) -> tuple[Policy, Services]:
    """The policy and the services of this deployment. Raises SettingsError."""
    settings = read_settings(environment)
    clients = _Clients(settings.policy.region)
    return settings.policy, _services(settings, clients, logger)


def wire_objects(
    environment: Mapping[str, str], logger: Logger
) -> tuple[ObjectSettings, Services, ObjectServices]:
    """The settings and the services of the object lane. Raises SettingsError."""
    settings = read_object_settings(environment)
    base = settings.settings
    clients = _Clients(base.policy.region, calls=_OBJECT_CALLS)
    services = _services(base, clients, logger)
    objects = ObjectServices(
        objects=S3Objects(clients.of("s3"), base.policy.account, logger),
        ledger=DynamoDbObjectLedger(clients.of("dynamodb"), base.ledger_table, base.ledger_kept),
        windows=DynamoDbWindows(clients.of("dynamodb"), base.ledger_table),
        reminders=SqsReminders(clients.of("sqs"), settings.queue_url),
    )
    return settings, services, objects


class _Clients:
    """One client for each service. Clients may be shared by threads (boto3, multithreading)."""

    def __init__(self, region: str, calls: Config = _CALLS) -> None:
        self._session, self._calls = boto3.Session(region_name=region), calls
        self._made: dict[str, Any] = {}

    def of(self, service: str) -> Any:
        if service not in self._made:
            self._made[service] = self._session.client(service, config=self._calls)  # type: ignore[call-overload]
        return self._made[service]


def _services(settings: Settings, clients: _Clients, logger: Logger) -> Services:
    clock = SystemClock()
    return Services(
        buckets=S3Buckets(clients.of("s3"), settings.policy.account, clock),
        keys=KmsKeys(clients.of("kms"), clock),
        ledger=DynamoDbLedger(clients.of("dynamodb"), settings.ledger_table, settings.ledger_kept),
        topic=SnsTopic(clients.of("sns"), settings.topic_arn),
        telemetry=PowertoolsTelemetry(logger),
        clock=clock,
    )
