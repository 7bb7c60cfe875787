"""One execution environment: the real adapters with intercepted clients and a role's credentials."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from botocore.config import Config

from localcloud.client.handle import ACCOUNT, Credentials
from reseal.aws.cache import TtlCache
from reseal.aws.dynamodb.alert_windows import DynamoDbWindows
from reseal.aws.dynamodb.ledger import DynamoDbLedger, retry_conflicts
from reseal.aws.dynamodb.watchlist import DynamoDbWatchlist
from reseal.aws.kms import KmsKeys
from reseal.aws.s3.buckets import S3Buckets
from reseal.aws.s3.objects import S3Objects
from reseal.aws.sns import SnsTopic
from reseal.aws.sqs import SqsReminders
from reseal.core.calls.queue_message import CloseWindow
from reseal.core.findings.message import Message
from reseal.core.state.s3_object import BucketContext
from reseal.runtime.wiring.objects import COPIES, OBJECT_CALLS
from tests.cloud.object_soak.world.calls import Wires
from tests.cloud.object_soak.world.resources import PART_SIZE, Resources

KEPT = timedelta(days=400)


class MovingClock:
    """The current time plus what a test adds."""

    def __init__(self) -> None:
        self.ahead = timedelta()

    def now(self) -> datetime:
        return datetime.now(UTC) + self.ahead

    def sleep(self, seconds: float) -> None:
        self.ahead += timedelta(seconds=seconds)


@dataclass(slots=True)
class Log:
    """The adapters' log: uploads that were, or may have been, left behind."""

    left_behind: list[dict[str, str]] = field(default_factory=list)

    def exception(self, _message: str, **fields: str) -> None:
        self.left_behind.append(fields)

    warning = exception


@dataclass(slots=True)
class Published:
    """A topic and a reminder queue that keep what was sent."""

    topic: SnsTopic
    queue: SqsReminders
    messages: list[Message] = field(default_factory=list)
    reminded: list[CloseWindow] = field(default_factory=list)

    def publish(self, message: Message) -> None:
        self.topic.publish(message)
        self.messages.append(message)

    def remind(self, reminder: CloseWindow, seconds: int) -> None:
        self.queue.remind(reminder, seconds)
        self.reminded.append(reminder)


class ExecutionEnvironment:
    """The clients and adapters of one execution environment. As in Lambda, they outlive a case."""

    def __init__(
        self, resources: Resources, wires: Wires, credentials: Credentials, clock: MovingClock
    ) -> None:
        self._resources, self._wires, self._credentials = resources, wires, credentials
        self.log, self.clock = Log(), clock
        s3, dynamodb = self._client("s3"), self._client("dynamodb")
        log: Any = self.log
        copying = self._client("s3", COPIES)
        self.s3_objects = S3Objects(s3, ACCOUNT, log, copying=copying, part_size=PART_SIZE)
        self.buckets = S3Buckets(s3, ACCOUNT, clock)
        self.keys = KmsKeys(self._client("kms"), clock)
        self._caches: list[TtlCache[Any]] = [
            self.buckets._contexts,
            self.buckets._tags,
            self.keys._keys,
            self.keys._policies,
        ]
        self._known: dict[str, list[dict[str, Any]]] = {}
        self.published = Published(
            SnsTopic(self._client("sns"), resources.topic), SqsReminders(self._client("sqs"), resources.queue)
        )
        retry_conflicts(dynamodb)
        self.ledger = DynamoDbLedger(dynamodb, resources.table, KEPT)
        self.watchlist = DynamoDbWatchlist(dynamodb, resources.table)
        self.windows = DynamoDbWindows(dynamodb, resources.table)

    def forget(self) -> None:
        """Reset as in a new environment: a case must not depend on earlier cases."""
        self.published.messages.clear()
        self.published.reminded.clear()
        self.log.left_behind.clear()
        for kept in self._caches:
            kept._kept.clear()

    def warm_up(self, bucket: str, k: str) -> None:
        """Fill the caches as in an environment that already handled the bucket; read once for all cases."""
        if bucket not in self._known:
            self.buckets.read_context(bucket)
            self.buckets.read_tags(bucket)
            self.keys.describe(k)
            self.keys.read_policy(k, max_age=0)
            self._known[bucket] = [dict(kept._kept.items()) for kept in self._caches]
        now = self.clock.now()
        for kept, known in zip(self._caches, self._known[bucket], strict=True):
            read = {name: (_read_at(now, answer), now.timestamp()) for name, (answer, _) in known.items()}
            kept._kept.update(read)

    def _client(self, service: str, calls: Config = OBJECT_CALLS) -> Any:
        config = calls._user_provided_options
        client = self._resources.cloud.client(service, self._credentials, **config)
        self._wires.attach(client)
        return client


def _read_at(now: datetime, answer: Any) -> Any:
    """A bucket context as if it had just been read; every other answer as it is."""
    return replace(answer, read_at=now) if isinstance(answer, BucketContext) else answer
