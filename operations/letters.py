"""Dead letters and where each belongs: what the queues' outputs and a message's attributes say of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

_DEAD_LETTERS = "DeadLettersUrl"
_UNDELIVERED = "UndeliveredQueueUrl"


class NotResealError(Exception):
    """The stack lacks the outputs that say where its queues are."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lane:
    """A lane's queue, the queue of its dead letters, and the log of the function between them."""

    name: str
    queue_url: str
    dead_letters_url: str
    log_group: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """A message as it was taken from a queue. Only undelivered events have `target` and `refusal` (B8)."""

    message_id: str
    receipt: str
    body: str
    sent_at: datetime
    target: str | None
    refusal: str | None


def lanes_of(outputs: Mapping[str, str]) -> tuple[Lane, ...]:
    """Every lane of a stack: for each `<Lane>DeadLettersUrl` its `<Lane>QueueUrl`. Raises NotResealError."""
    names = [key.removesuffix(_DEAD_LETTERS) for key in outputs if key.endswith(_DEAD_LETTERS)]
    lanes = tuple(
        Lane(
            name=name.lower(),
            queue_url=outputs[f"{name}QueueUrl"],
            dead_letters_url=outputs[f"{name}{_DEAD_LETTERS}"],
            log_group=outputs.get(f"{name}FunctionLogs"),
        )
        for name in names
        if f"{name}QueueUrl" in outputs
    )
    if not lanes or _UNDELIVERED not in outputs:
        raise NotResealError("the stack has no outputs that name queues and dead letters: is it Reseal's?")
    return lanes


def undelivered_of(outputs: Mapping[str, str]) -> str:
    """The URL of the queue of what EventBridge could not deliver."""
    return outputs[_UNDELIVERED]


def letter_of(message: Mapping[str, Any]) -> Letter:
    """Read a message as sqs:ReceiveMessage answers it."""
    told = {name: value["StringValue"] for name, value in message.get("MessageAttributes", {}).items()}
    refusal = ": ".join(told[name] for name in ("ERROR_CODE", "ERROR_MESSAGE") if name in told)
    return Letter(
        message_id=message["MessageId"],
        receipt=message["ReceiptHandle"],
        body=message["Body"],
        sent_at=datetime.fromtimestamp(int(message["Attributes"]["SentTimestamp"]) / 1000, UTC),
        target=told.get("TARGET_ARN"),
        refusal=refusal or None,
    )


def oldest_of(letters: Iterable[Letter]) -> Letter:
    """The letter that has waited longest; there must be one."""
    return min(letters, key=lambda letter: letter.sent_at)
