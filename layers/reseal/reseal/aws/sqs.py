"""Amazon SQS: messages of Reseal to its own lanes. The only module that calls it."""

from __future__ import annotations

from typing import Any

from reseal.aws.errors import translated
from reseal.core.calls.look import Look
from reseal.core.calls.queue_message import CloseWindow, look_body, reminder_body
from reseal.core.errors import RefusalError, TransientError
from reseal.core.resource import BucketResource

SEND = "sqs:SendMessage"


class SqsReminders:
    """`Reminders` on Amazon SQS."""

    def __init__(self, client: Any, queue_url: str) -> None:
        self._client, self._queue_url = client, queue_url

    def remind(self, reminder: CloseWindow, seconds: int) -> None:
        """Send the reminder. Raises TransientError, also if SQS refuses: a summary must not be lost."""
        _send(
            self._client, "the lane's queue", self._queue_url, reminder_body(reminder), DelaySeconds=seconds
        )


class SqsLooks:
    """`Looks` on Amazon SQS."""

    def __init__(self, client: Any, queue_url: str) -> None:
        self._client, self._queue_url = client, queue_url

    def ask(self, look: Look[BucketResource]) -> None:
        """Send the request. Raises TransientError, also if SQS refuses: a repair must not be lost."""
        _send(self._client, "the policy queue", self._queue_url, look_body(look))


def _send(client: Any, queue: str, url: str, body: str, **more: Any) -> None:
    try:
        with translated(SEND):
            client.send_message(QueueUrl=url, MessageBody=body, **more)
    except RefusalError as refusal:
        raise TransientError(f"{queue} refused a message: {refusal}") from refusal
