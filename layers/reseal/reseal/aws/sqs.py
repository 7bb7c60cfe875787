"""Amazon SQS: a delayed message to the lane's own queue. The only module that calls it."""

from __future__ import annotations

from typing import Any

from reseal.aws.errors import translated
from reseal.core.calls.queue_message import CloseWindow, reminder_body
from reseal.core.errors import RefusalError, TransientError

SEND = "sqs:SendMessage"


class SqsReminders:
    """`Reminders` on Amazon SQS."""

    def __init__(self, client: Any, queue_url: str) -> None:
        self._client, self._queue_url = client, queue_url

    def remind(self, reminder: CloseWindow, seconds: int) -> None:
        """Send the reminder. Raises TransientError, also if SQS refuses: a summary must not be lost."""
        try:
            with translated(SEND):
                self._client.send_message(
                    QueueUrl=self._queue_url,
                    DelaySeconds=seconds,
                    MessageBody=reminder_body(reminder),
                )
        except RefusalError as refusal:
            raise TransientError(f"the lane's queue refused the reminder: {refusal}") from refusal
