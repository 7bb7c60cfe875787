"""The queues and the log of a deployed stack, as the operator's rights let them be used."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import boto3

from operations.letters import Lane, Letter, letter_of

HOLD_SECONDS = 300
"""How long what was taken is hidden from others, and when it comes back should this program die."""

MOST_AT_ONCE = 500
"""Messages taken from one queue in one run: few enough to be sent on well before they come back."""

_ALL_SERVERS_SECONDS = 2  # a long poll asks every server of SQS; a short one may miss messages

_GIVEN_UP_WITHIN = timedelta(days=1)  # five deliveries, six minutes apart, after a backlog


class Mailbox:
    """Takes letters from queues, and sends them on."""

    def __init__(self, session: boto3.Session) -> None:
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

    def take(self, queue_url: str) -> tuple[Letter, ...]:
        """Everything that waits in a queue, up to MOST_AT_ONCE, hidden from others for HOLD_SECONDS."""
        taken: dict[str, Letter] = {}
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
            taken |= {letter.message_id: letter for letter in map(letter_of, messages)}
        return tuple(taken.values())

    def put_back(self, queue_url: str, letter: Letter) -> None:
        """Show a letter that was taken again."""
        self._sqs.change_message_visibility(
            QueueUrl=queue_url, ReceiptHandle=letter.receipt, VisibilityTimeout=0
        )

    def send_on(self, letter: Letter, *, source_url: str, destination_url: str) -> None:
        """Send a letter's body, and only then delete the letter: it may come twice, but is never lost."""
        self._sqs.send_message(QueueUrl=destination_url, MessageBody=letter.body)
        self._sqs.delete_message(QueueUrl=source_url, ReceiptHandle=letter.receipt)

    def cause(self, lane: Lane, letter: Letter) -> str | None:
        """Why the lane's function gave a letter up, as its log has it; None where it says nothing."""
        if lane.log_group is None:
            return None
        pages = self._logs.get_paginator("filter_log_events").paginate(
            logGroupName=lane.log_group,
            filterPattern=f'{{ $.message_id = "{letter.message_id}" }}',
            startTime=int(letter.sent_at.timestamp() * 1000),
            endTime=int((letter.sent_at + _GIVEN_UP_WITHIN).timestamp() * 1000),
        )
        for page in pages:
            for event in page["events"]:
                if cause := _cause(event["message"], letter.message_id):
                    return cause
        return None


def _cause(line: str, message_id: str) -> str | None:
    if not line.lstrip().startswith("{"):
        return None
    told: Mapping[str, Any] = json.loads(line)
    if told.get("message_id") != message_id or "error" not in told:
        return None
    return f"{told['error']}: {told['message']}"
