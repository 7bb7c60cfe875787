"""Amazon SQS: messages of the stack to its own queues. The only module that calls it."""

from __future__ import annotations

from typing import Any

from botocore.config import Config
from botocore.session import get_session

from reseal.aws.errors import translated
from reseal.core.calls.keys.key_message import WATCH_KEYS
from reseal.core.calls.look import Look
from reseal.core.calls.queue_message import CloseWindow, look_body, reminder_body
from reseal.core.errors import RefusalError, TransientError
from reseal.core.resource import Resource

SEND = "sqs:SendMessage"

_CALLS = Config(retries={"mode": "standard", "total_max_attempts": 4}, connect_timeout=3, read_timeout=5)


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


class SqsLooks:
    """`Looks` on Amazon SQS. The queue's own delay applies."""

    def __init__(self, client: Any, queue_url: str) -> None:
        self._client, self._queue_url = client, queue_url

    def ask(self, look: Look[Resource]) -> None:
        """Queue the request. Raises TransientError, also if SQS refuses: it is asked again."""
        try:
            with translated(SEND):
                self._client.send_message(QueueUrl=self._queue_url, MessageBody=look_body(look))
        except RefusalError as refusal:
            raise TransientError(f"the look queue refused a request: {refusal}") from refusal


class SqsKeyWatch:
    """The key lane's look queue, for the hourly question about the keys that must stay."""

    def __init__(self, client: Any, queue_url: str) -> None:
        self._client, self._queue_url = client, queue_url

    @classmethod
    def of_region(cls, region: str, queue_url: str) -> SqsKeyWatch:
        """Make a client for `region`."""
        return cls(get_session().create_client("sqs", region_name=region, config=_CALLS), queue_url)

    def ask_about_keys(self) -> None:
        """Queue the question. Raises RefusalError and TransientError."""
        with translated(SEND):
            self._client.send_message(QueueUrl=self._queue_url, MessageBody=WATCH_KEYS)


class SqsQueue:
    """`Queue` on Amazon SQS, by the queue's name: a function's environment holds 4 KB."""

    def __init__(self, client: Any, account: str, name: str) -> None:
        self._client, self._url = client, f"{client.meta.endpoint_url}/{account}/{name}"

    def send(self, body: str, seconds: int) -> None:
        """Send the message. Raises TransientError, also if SQS refuses: it must not be lost."""
        try:
            with translated(SEND):
                self._client.send_message(QueueUrl=self._url, DelaySeconds=seconds, MessageBody=body)
        except RefusalError as refusal:
            raise TransientError(f"the queue refused a message: {refusal}") from refusal
