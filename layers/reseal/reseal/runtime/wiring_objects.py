"""Makes the object lane's adapters. A separate module, so that the bucket lane does not load them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from botocore.config import Config

from reseal.aws.dynamodb.alert_windows import DynamoDbWindows
from reseal.aws.dynamodb.batch_ledger import DynamoDbObjectLedger
from reseal.aws.s3.objects import S3Objects
from reseal.aws.sqs import SqsReminders
from reseal.ports import ObjectServices, Services
from reseal.runtime.settings import ObjectSettings, read_object_settings
from reseal.runtime.wiring import CALLS, Clients, services_of

if TYPE_CHECKING:
    from aws_lambda_powertools import Logger

OBJECT_CALLS = CALLS.merge(
    Config(
        read_timeout=60,  # CopyObject answers only when the copy is done
        max_pool_connections=64,  # a batch runs in threads, and a copy in parts uses more of them
    )
)


def wire_objects(
    environment: Mapping[str, str], logger: Logger
) -> tuple[ObjectSettings, Services, ObjectServices]:
    """The settings and the services of the object lane. Raises SettingsError."""
    settings = read_object_settings(environment)
    base = settings.settings
    clients = Clients(base.policy.region, calls=OBJECT_CALLS)
    services = services_of(base, clients, logger)
    objects = ObjectServices(
        objects=S3Objects(clients.of("s3"), base.policy.account, logger),
        ledger=DynamoDbObjectLedger(clients.of("dynamodb"), base.ledger_table, base.ledger_kept),
        windows=DynamoDbWindows(clients.of("dynamodb"), base.ledger_table),
        reminders=SqsReminders(clients.of("sqs"), settings.queue_url),
    )
    return settings, services, objects
