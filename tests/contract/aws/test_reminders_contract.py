"""The contract of `Reminders`: a delayed message to the lane's own queue."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from reseal.aws.sqs import SqsReminders
from reseal.core.calls.queue_message import CloseWindow, parse_bucket_message, parse_object_message
from reseal.core.errors import TransientError
from tests.contract.worlds.services import Backend
from tests.support.fakes.stubs import stubbed
from tests.support.names import unique

QUEUE = "https://sqs.us-east-1.amazonaws.com/111122223333/objects"
REMINDER = CloseWindow(scope="payroll", window_id="0123456789abcdef")


def test_reminder_is_a_delayed_message() -> None:
    body = '{"reseal": "close-alert-window", "scope": "payroll", "window": "0123456789abcdef"}'
    with stubbed("sqs") as (client, stub):
        expected = {"QueueUrl": QUEUE, "DelaySeconds": 300, "MessageBody": body}
        stub.add_response("send_message", {"MessageId": "1"}, expected)

        SqsReminders(client, QUEUE).remind(REMINDER, 300)


@pytest.mark.parametrize(
    "code", ["AccessDenied", "AWS.SimpleQueueService.NonExistentQueue", "InvalidParameterValue", "Throttling"]
)
def test_every_refusal_of_the_queue_is_transient(code: str) -> None:
    with stubbed("sqs") as (client, stub):
        stub.add_client_error("send_message", code, http_status_code=400)

        with pytest.raises(TransientError, match=f"sqs:SendMessage: {code}"):
            SqsReminders(client, QUEUE).remind(REMINDER, 300)


@pytest.mark.parametrize("parse", [parse_bucket_message, parse_object_message])
@pytest.mark.parametrize("backend", ["moto", "local cloud", "LocalEmu"], indirect=True)
def test_each_lane_can_parse_the_received_reminder(backend: Backend, parse: Callable[[str], object]) -> None:
    sqs = backend.client("sqs")
    queue = sqs.create_queue(QueueName=unique("reminders"))["QueueUrl"]

    SqsReminders(sqs, queue).remind(REMINDER, 0)

    message = sqs.receive_message(QueueUrl=queue, WaitTimeSeconds=20)["Messages"][0]
    assert parse(message["Body"]) == REMINDER
