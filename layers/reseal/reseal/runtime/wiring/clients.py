"""Makes every adapter with its client, once per execution environment."""

from __future__ import annotations

from collections.abc import Callable
from threading import RLock
from typing import TYPE_CHECKING, Any

import botocore
from botocore.config import Config
from botocore.session import get_session

from reseal.aws.dynamodb.alert_windows import DynamoDbWindows
from reseal.aws.dynamodb.bucket_notes import DynamoDbBucketNotes
from reseal.aws.dynamodb.key_uses import DynamoDbKeyUses
from reseal.aws.dynamodb.ledger import DynamoDbLedger, retry_conflicts
from reseal.aws.dynamodb.policy_writes import DynamoDbPolicyWrites
from reseal.aws.dynamodb.watchlist import DynamoDbWatchlist
from reseal.aws.kms import KmsKeys
from reseal.aws.s3.buckets import S3Buckets
from reseal.aws.sns import SnsTopic
from reseal.aws.sqs import SqsReminders
from reseal.aws.timestamps import read_timestamps_quickly
from reseal.ports import Services
from reseal.runtime.clock import SystemClock
from reseal.runtime.deadline import longest_attempt
from reseal.runtime.settings import Settings
from reseal.runtime.telemetry import PowertoolsTelemetry

if TYPE_CHECKING:
    from aws_lambda_powertools import Logger

    from reseal.runtime.deadline import Deadline

CALLS = Config(
    # CloudTrail shows it. A fixed text saves building one for each call.
    user_agent=f"Reseal Botocore/{botocore.__version__}",
    retries={"mode": "standard", "total_max_attempts": 4},
    connect_timeout=3,
    read_timeout=5,
)

SECONDS_TO_RECORD = 3 * longest_attempt(CALLS)
"""What a batch needs to open its entries: two reads of the ledger, and the call that opens."""

SECONDS_TO_END = 2 * longest_attempt(CALLS)
"""What a batch needs after its repairs: to close the ledger's entries, and to publish."""

SECONDS_FOR_ONE = 2 * longest_attempt(CALLS)
"""What a bucket needs from its write on: the write, and the read after it."""


class Clients:
    """One client for each service, and others. Threads may share clients (boto3, multithreading).

    They are botocore's: boto3 adds only transfers and resources to them, and a quarter to a cold start.
    Each but S3's is made at its first call: most first events need only one.
    """

    def __init__(self, region: str, calls: Config = CALLS, deadline: Deadline | None = None) -> None:
        self._session, self._region = get_session(), region
        read_timestamps_quickly(self._session)
        self._calls, self._deadline = calls, deadline
        self._made: dict[str, Any] = {}
        self._making = RLock()  # botocore's session makes one client at a time

    def of(self, service: str) -> Any:
        """The client of a service."""
        with self._making:
            if service not in self._made:
                self._made[service] = self.another(service, self._calls)
            return self._made[service]

    def later(self, service: str, prepare: Callable[[Any], None] = lambda _client: None) -> Any:
        """The client of a service, made at its first use, and then prepared once."""

        def made() -> Any:
            with self._making:
                fresh = service not in self._made
                client = self.of(service)
                if fresh:
                    prepare(client)
                return client

        return _MadeLater(made)

    def another(self, service: str, calls: Config) -> Any:
        """A client of its own, with another configuration."""
        client: Any = self._session.create_client(service, region_name=self._region, config=calls)
        if self._deadline:
            self._deadline.guard(client, calls)
        return client


class _MadeLater:
    """Stands for a client that is made when something is asked of it."""

    def __init__(self, made: Callable[[], Any]) -> None:
        self._made = made

    def __getattr__(self, name: str) -> Any:
        return getattr(self._made(), name)


def services_of(settings: Settings, clients: Clients, logger: Logger) -> Services:
    """The adapters of every lane."""
    clock = SystemClock()
    dynamodb, table = clients.later("dynamodb", retry_conflicts), settings.ledger_table
    return Services(
        buckets=S3Buckets(clients.of("s3"), settings.account, clock, control=lambda: clients.of("s3control")),
        keys=KmsKeys(clients.later("kms"), clock),
        key_uses=DynamoDbKeyUses(dynamodb, table),
        ledger=DynamoDbLedger(dynamodb, table, settings.ledger_kept),
        watchlist=DynamoDbWatchlist(dynamodb, table),
        bucket_notes=DynamoDbBucketNotes(dynamodb, table),
        policy_writes=DynamoDbPolicyWrites(dynamodb, table),
        windows=DynamoDbWindows(dynamodb, table),
        reminders=SqsReminders(clients.later("sqs"), settings.queue_url),
        topic=SnsTopic(clients.later("sns"), settings.topic_arn),
        telemetry=PowertoolsTelemetry(logger),
        clock=clock,
    )
