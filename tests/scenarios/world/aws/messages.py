"""Amazon SNS and SQS: what was published, and the queues between rules and functions."""

from __future__ import annotations

import itertools
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from tests.scenarios.world.aws.account import Account, Clock, error

LARGEST_MESSAGE = 262_144  # bytes, with its attributes (G7)


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """One message on the topic, as subscribers get it."""

    at: datetime
    subject: str
    email: str
    document: dict[str, Any]
    attributes: Mapping[str, Any]

    @property
    def findings(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.document["findings"]
        return found


class Topic:
    """Keeps every message, and refuses what SNS refuses."""

    def __init__(self, account: Account) -> None:
        self.messages: list[Published] = []
        self._clock = account.clock
        account.serve("sns", {"Publish": self.publish})

    def publish(self, Subject: str, Message: str, **sent: Any) -> Mapping[str, Any]:  # noqa: N803
        if len(Message.encode()) > LARGEST_MESSAGE:
            raise error("InvalidParameter", 400, "Publish", "Invalid parameter: Message too long")
        by_protocol = json.loads(Message)
        self.messages.append(
            Published(
                at=self._clock.now(),
                subject=Subject,
                email=by_protocol["email"],
                document=json.loads(by_protocol["default"]),
                attributes=sent.get("MessageAttributes", {}),
            )
        )
        return {"MessageId": f"message-{len(self.messages)}"}


@dataclass(slots=True, kw_only=True)
class Queued:
    """One message on a queue, from `due` on."""

    id: str
    body: str
    due: datetime
    received: int = 0


@dataclass(slots=True, kw_only=True)
class Queue:
    """One queue of the stack, with the function that empties it, if any."""

    name: str
    clock: Clock
    delay: float = 0.0
    visibility: float = 30.0
    most_receives: int = 5
    batch: int = 10
    function: str | None = None
    queued: list[Queued] = field(default_factory=list)
    dead: list[Queued] = field(default_factory=list)
    numbers: itertools.count[int] = field(default_factory=lambda: itertools.count(1))

    @property
    def url(self) -> str:
        return f"https://sqs.us-east-1.amazonaws.com/111122223333/{self.name}"

    def send(self, body: str, delay: float | None = None) -> None:
        due = self.clock.now() + timedelta(seconds=self.delay if delay is None else delay)
        self.queued.append(Queued(id=f"{self.name}-{next(self.numbers)}", body=body, due=due))

    def due(self) -> list[Queued]:
        now = self.clock.now()
        return [message for message in self.queued if message.due <= now][: self.batch]

    def settle(self, batch: list[Queued], failed: set[str]) -> None:
        """Delete what succeeded; what failed comes back later, or is dead after too many receives."""
        for message in batch:
            if message.id not in failed:
                self.queued.remove(message)
            elif message.received >= self.most_receives:
                self.queued.remove(message)
                self.dead.append(message)
            else:
                message.due = self.clock.now() + timedelta(seconds=self.visibility)


class Queues:
    """The stack's queues by name."""

    def __init__(self, account: Account) -> None:
        self.queues: dict[str, Queue] = {}
        account.serve("sqs", {"SendMessage": self.send_message})

    def send_message(
        self,
        QueueUrl: str,  # noqa: N803
        MessageBody: str,  # noqa: N803
        DelaySeconds: int | None = None,  # noqa: N803
        **_: Any,
    ) -> Mapping[str, Any]:
        self.queues[QueueUrl.rpartition("/")[2]].send(MessageBody, DelaySeconds)
        return {"MessageId": "sent"}
