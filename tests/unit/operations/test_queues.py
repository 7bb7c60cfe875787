"""What is asked of SQS and of the log, call by call."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from botocore.stub import Stubber

from operations import queues as module
from operations.messages import DeadLetterMessage, Lane, dead_letter_message
from operations.queues import HOLD_SECONDS, Queues

QUEUE, DEAD = "https://queue", "https://dead"
LANE = Lane(name="bucket", queue_url=QUEUE, dead_letter_queue_url=DEAD, log_group="logs")
TAKE = {
    "QueueUrl": DEAD,
    "MaxNumberOfMessages": 10,
    "VisibilityTimeout": HOLD_SECONDS,
    "WaitTimeSeconds": 2,
    "MessageSystemAttributeNames": ["SentTimestamp"],
    "MessageAttributeNames": ["All"],
}


@pytest.fixture
def queues() -> Queues:
    return Queues(boto3.Session("stub", "stub", region_name="us-east-1"))


@pytest.fixture
def sqs(queues: Queues) -> Iterator[Stubber]:
    with Stubber(queues._sqs) as stub:
        yield stub
        stub.assert_no_pending_responses()


@pytest.fixture
def logs(queues: Queues) -> Iterator[Stubber]:
    with Stubber(queues._logs) as stub:
        yield stub


def messages(*ids: str) -> list[dict[str, Any]]:
    return [
        {"MessageId": i, "ReceiptHandle": f"r-{i}", "Body": f"b-{i}", "Attributes": {"SentTimestamp": "1000"}}
        for i in ids
    ]


def a_message() -> DeadLetterMessage:
    return dead_letter_message(messages("a")[0])


def test_messages_are_received_until_every_server_has_none_left(queues: Queues, sqs: Stubber) -> None:
    sqs.add_response("receive_message", {"Messages": messages("a", "b")}, TAKE)
    sqs.add_response("receive_message", {"Messages": messages("c")}, TAKE)
    sqs.add_response("receive_message", {}, TAKE)

    assert [message.message_id for message in queues.take(DEAD)] == ["a", "b", "c"]


def test_message_that_arrives_twice_is_kept_once_with_its_newest_receipt(
    queues: Queues, sqs: Stubber
) -> None:
    again = [messages("a")[0] | {"ReceiptHandle": "newer"}]
    sqs.add_response("receive_message", {"Messages": messages("a")}, TAKE)
    sqs.add_response("receive_message", {"Messages": again}, TAKE)
    sqs.add_response("receive_message", {}, TAKE)

    assert [message.receipt for message in queues.take(DEAD)] == ["newer"]


def test_no_more_is_taken_than_can_be_sent_before_it_comes_back(
    queues: Queues, sqs: Stubber, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MOST_AT_ONCE", 2)
    sqs.add_response("receive_message", {"Messages": messages("a", "b")}, TAKE)

    assert len(queues.take(DEAD)) == 2


def test_message_is_deleted_only_after_it_was_sent(queues: Queues, sqs: Stubber) -> None:
    sqs.add_response("send_message", {"MessageId": "new"}, {"QueueUrl": QUEUE, "MessageBody": "b-a"})
    sqs.add_response("delete_message", {}, {"QueueUrl": DEAD, "ReceiptHandle": "r-a"})

    queues.redrive(a_message(), source_url=DEAD, destination_url=QUEUE)


def test_message_that_could_not_be_sent_is_not_deleted(queues: Queues, sqs: Stubber) -> None:
    sqs.add_client_error("send_message", "AWS.SimpleQueueService.NonExistentQueue")

    with pytest.raises(ClientError):
        queues.redrive(a_message(), source_url=DEAD, destination_url=QUEUE)


@pytest.mark.parametrize(
    ("lines", "cause"),
    [
        (["START RequestId: 1", '{"message_id": "a", "error": "E", "message": "why"}'], "E: why"),
        (['{"message_id": "other", "error": "E", "message": "why"}'], None),
        (['{"message_id": "a", "message": "no error"}'], None),
        ([], None),
    ],
    ids=["logged", "of another message", "no error", "nothing"],
)
def test_cause_is_what_the_log_says_of_that_message(
    queues: Queues, logs: Stubber, lines: list[str], cause: str | None
) -> None:
    asked = {
        "logGroupName": "logs",
        "filterPattern": '{ $.message_id = "a" }',
        "startTime": 1000,
        "endTime": 86_401_000,
    }
    logs.add_response("filter_log_events", {"events": [{"message": line} for line in lines]}, asked)

    assert queues.cause(LANE, a_message()) == cause


def test_lane_without_a_log_gives_no_cause(queues: Queues) -> None:
    lane = Lane(name="key", queue_url=QUEUE, dead_letter_queue_url=DEAD, log_group=None)

    assert queues.cause(lane, a_message()) is None
