"""The queues and logs of a deployed stack, used with the operator's own permissions."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import boto3

from operations.messages import DeadLetterMessage, Lane, dead_letter_message

HOLD_SECONDS = 300
"""How long SQS hides a received message. If this program stops, the message is visible again after that."""

MOST_AT_ONCE = 500
"""Messages received from one queue in one run. All can be sent before the first is visible again."""

_ALL_SERVERS_SECONDS = 2  # a long poll asks all SQS servers; a short poll may miss messages

_GIVEN_UP_WITHIN = timedelta(days=1)  # five deliveries, six minutes apart, after a backlog


class Queues:
    """Receives dead-letter messages and redrives them to their queues.

    `received` counts the messages that were received, and so are hidden from others for a while.
    """

    def __init__(self, session: boto3.Session) -> None:
        self.received = 0
        self._stacks: Any = session.client("cloudformation")
        self._sqs: Any = session.client("sqs")
        self._logs: Any = session.client("logs")

    def outputs(self, stack: str) -> dict[str, str]:
        """The outputs of a stack, by name."""
        described = self._stacks.describe_stacks(StackName=stack)["Stacks"][0]
        return {output["OutputKey"]: output["OutputValue"] for output in described.get("Outputs", [])}

    def arn(self, queue_url: str) -> str:
        """The ARN of a queue."""
        answer = self._sqs.get_queue_attributes(QueueUrl=queue_url, AttributeNames=["QueueArn"])
        return str(answer["Attributes"]["QueueArn"])

    def take(self, queue_url: str) -> tuple[DeadLetterMessage, ...]:
        """All messages of a queue, up to MOST_AT_ONCE, hidden from others for HOLD_SECONDS."""
        taken: dict[str, DeadLetterMessage] = {}
        while len(taken) < MOST_AT_ONCE:
            messages = self._sqs.receive_message(
                QueueUrl=queue_url,
                MaxNumberOfMessages=10,
                VisibilityTimeout=HOLD_SECONDS,
                WaitTimeSeconds=_ALL_SERVERS_SECONDS,
                MessageSystemAttributeNames=["SentTimestamp"],
                MessageAttributeNames=["All"],
            ).get("Messages", [])
            if not messages:
                break
            self.received += len(messages)
            taken |= {message.message_id: message for message in map(dead_letter_message, messages)}
        return tuple(taken.values())

    def put_back(self, queue_url: str, message: DeadLetterMessage) -> None:
        """Make a received message visible again."""
        self._sqs.change_message_visibility(
            QueueUrl=queue_url, ReceiptHandle=message.receipt, VisibilityTimeout=0
        )

    def redrive(self, message: DeadLetterMessage, *, source_url: str, destination_url: str) -> None:
        """Send the message to its queue, then delete it: it can arrive twice, but it cannot be lost."""
        self._sqs.send_message(QueueUrl=destination_url, MessageBody=message.body)
        self._sqs.delete_message(QueueUrl=source_url, ReceiptHandle=message.receipt)

    def send(self, queue_url: str, body: str) -> None:
        """Put a message on a queue, after the queue's own delay."""
        self._sqs.send_message(QueueUrl=queue_url, MessageBody=body)

    def cause(self, lane: Lane, message: DeadLetterMessage) -> str | None:
        """Why the lane's function failed on the message, from its log; None if the log has no entry."""
        if lane.log_group is None:
            return None
        pages = self._logs.get_paginator("filter_log_events").paginate(
            logGroupName=lane.log_group,
            filterPattern=f'{{ $.message_id = "{message.message_id}" }}',
            startTime=int(message.sent_at.timestamp() * 1000),
            endTime=int((message.sent_at + _GIVEN_UP_WITHIN).timestamp() * 1000),
        )
        for page in pages:
            for event in page["events"]:
                if cause := _cause(event["message"], message.message_id):
                    return cause
        return None


def _cause(line: str, message_id: str) -> str | None:
    if not line.lstrip().startswith("{"):
        return None
    entry: Mapping[str, Any] = json.loads(line)
    if entry.get("message_id") != message_id or "error" not in entry:
        return None
    return f"{entry['error']}: {entry['message']}"
