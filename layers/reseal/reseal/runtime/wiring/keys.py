"""Makes the key lane's adapters. A separate module, so that the other lanes do not load them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from reseal.aws.dynamodb.known_keys import DynamoDbKnownKeys
from reseal.aws.dynamodb.ledger import retry_conflicts
from reseal.aws.dynamodb.snapshot import DynamoDbSnapshot
from reseal.aws.kms_management import KmsManagement
from reseal.aws.sqs import SqsLooks
from reseal.ports import KeyServices, Looks, Services
from reseal.runtime.deadline import longest_attempt
from reseal.runtime.settings import KeySettings, read_key_settings
from reseal.runtime.wiring.clients import CALLS, Clients, services_of

if TYPE_CHECKING:
    from aws_lambda_powertools import Logger

    from reseal.runtime.deadline import Deadline

SECONDS_FOR_ONE = 4 * longest_attempt(CALLS)
"""What a key needs from its write on: a read, cancelling, enabling, and a read."""


def wire_keys(
    environment: Mapping[str, str], logger: Logger, deadline: Deadline | None = None
) -> tuple[KeySettings, Services, KeyServices, Looks]:
    """The settings and the services of the key lane, and the bucket lane's queue. Raises SettingsError.

    With a `deadline`, a call that could outlast the invocation raises TransientError instead.
    """
    settings = read_key_settings(environment)
    base = settings.settings
    clients = Clients(base.region, deadline=deadline)
    dynamodb = clients.later("dynamodb", retry_conflicts)
    keys = KeyServices(
        management=KmsManagement(clients.later("kms")),
        known=DynamoDbKnownKeys(dynamodb, base.ledger_table),
        snapshot=DynamoDbSnapshot(dynamodb, base.snapshot_table),
        looks=SqsLooks(clients.later("sqs"), settings.look_queue_url),
    )
    buckets = SqsLooks(clients.later("sqs"), settings.bucket_look_queue_url)
    return settings, services_of(base, clients, logger), keys, buckets
