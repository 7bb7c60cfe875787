"""Dead-letter messages, and the queues that they came from."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

_DEAD_LETTER_QUEUE = "DeadLetterQueueUrl"
_UNDELIVERED = "UndeliveredQueueUrl"
_URGENT = "UrgentObjectQueueUrl"


class NotResealError(Exception):
    """The stack has no outputs with the URLs of its queues."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lane:
    """A lane's queue, its dead-letter queue, and the log group of its function."""

    name: str
    queue_url: str
    dead_letter_queue_url: str
    log_group: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadLetterMessage:
    """A message taken from a dead-letter queue. Only undelivered events have `target` and `refusal` (B8)."""

    message_id: str
    receipt: str
    body: str
    sent_at: datetime
    target: str | None
    refusal: str | None


def lanes_of(outputs: Mapping[str, str]) -> tuple[Lane, ...]:
    """Every lane of a stack, by the outputs `<Lane>QueueUrl` and `<Lane>DeadLetterQueueUrl`.

    Raises NotResealError if the outputs are missing.
    """
    names = [key.removesuffix(_DEAD_LETTER_QUEUE) for key in outputs if key.endswith(_DEAD_LETTER_QUEUE)]
    lanes = tuple(
        Lane(
            name=name.lower(),
            queue_url=outputs[f"{name}QueueUrl"],
            dead_letter_queue_url=outputs[f"{name}{_DEAD_LETTER_QUEUE}"],
            log_group=outputs.get(f"{name}FunctionLogs"),
        )
        for name in names
        if f"{name}QueueUrl" in outputs
    )
    if not lanes or _UNDELIVERED not in outputs:
        raise NotResealError(
            "the stack has no outputs that name queues and dead-letter queues: is it a Reseal stack?"
        )
    return lanes


def targets_of(outputs: Mapping[str, str]) -> tuple[Lane, ...]:
    """The lanes of a stack by each queue on which a rule puts events. The object lane has two."""
    lanes = lanes_of(outputs)
    urgent = outputs.get(_URGENT)
    return lanes + tuple(
        replace(lane, name="urgent object", queue_url=urgent)
        for lane in lanes
        if urgent and lane.name == "object"
    )


def undelivered_of(outputs: Mapping[str, str]) -> str:
    """The URL of the queue for events that EventBridge could not deliver."""
    return outputs[_UNDELIVERED]


def dead_letter_message(message: Mapping[str, Any]) -> DeadLetterMessage:
    """Parse a message from the answer of sqs:ReceiveMessage."""
    attributes = {name: value["StringValue"] for name, value in message.get("MessageAttributes", {}).items()}
    refusal = ": ".join(attributes[name] for name in ("ERROR_CODE", "ERROR_MESSAGE") if name in attributes)
    return DeadLetterMessage(
        message_id=message["MessageId"],
        receipt=message["ReceiptHandle"],
        body=message["Body"],
        sent_at=datetime.fromtimestamp(int(message["Attributes"]["SentTimestamp"]) / 1000, UTC),
        target=attributes.get("TARGET_ARN"),
        refusal=refusal or None,
    )


def oldest_of(messages: Iterable[DeadLetterMessage]) -> DeadLetterMessage:
    """The message that has waited longest. `messages` must not be empty."""
    return min(messages, key=lambda message: message.sent_at)
