"""Makes the bucket lane's adapters."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from reseal.aws.dynamodb.ledger import retry_conflicts
from reseal.aws.dynamodb.snapshot import DynamoDbSnapshot
from reseal.aws.sqs import SqsLooks
from reseal.ports import Looks, Services, Snapshot
from reseal.runtime.settings import Settings, read_bucket_settings
from reseal.runtime.wiring.clients import Clients, services_of

if TYPE_CHECKING:
    from aws_lambda_powertools import Logger

    from reseal.runtime.deadline import Deadline


def wire_buckets(
    environment: Mapping[str, str], logger: Logger, deadline: Deadline | None = None
) -> tuple[Settings, Services, Snapshot, Looks | None]:
    """The settings and the services of the bucket lane, and the policy lane's queue, if it exists.

    Raises SettingsError.

    With a `deadline`, a call that could outlast the invocation raises TransientError instead.
    """
    read = read_bucket_settings(environment)
    settings, url = read.settings, read.policy_queue_url
    clients = Clients(settings.region, deadline=deadline)
    snapshot = DynamoDbSnapshot(clients.later("dynamodb", retry_conflicts), settings.snapshot_table)
    looks = SqsLooks(clients.later("sqs"), url) if url else None
    return settings, services_of(settings, clients, logger), snapshot, looks
