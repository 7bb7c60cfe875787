"""What is asked of SQS and of the log, call by call."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from botocore.stub import Stubber

from operations import mailbox as module
from operations.letters import Lane, Letter, letter_of
from operations.mailbox import HOLD_SECONDS, Mailbox

QUEUE, DEAD = "https://queue", "https://dead"
LANE = Lane(name="bucket", queue_url=QUEUE, dead_letters_url=DEAD, log_group="logs")
TAKE = {
    "QueueUrl": DEAD,
    "MaxNumberOfMessages": 10,
    "VisibilityTimeout": HOLD_SECONDS,
    "WaitTimeSeconds": 2,
    "MessageSystemAttributeNames": ["SentTimestamp"],
    "MessageAttributeNames": ["All"],
}


@pytest.fixture
def mailbox() -> Mailbox:
    return Mailbox(boto3.Session("stub", "stub", region_name="us-east-1"))


@pytest.fixture
def sqs(mailbox: Mailbox) -> Iterator[Stubber]:
    with Stubber(mailbox._sqs) as stub:
        yield stub
        stub.assert_no_pending_responses()


@pytest.fixture
def logs(mailbox: Mailbox) -> Iterator[Stubber]:
    with Stubber(mailbox._logs) as stub:
        yield stub


def messages(*ids: str) -> list[dict[str, Any]]:
    return [
        {"MessageId": i, "ReceiptHandle": f"r-{i}", "Body": f"b-{i}", "Attributes": {"SentTimestamp": "1000"}}
        for i in ids
    ]


def a_letter() -> Letter:
    return letter_of(messages("a")[0])


def test_letters_are_taken_until_every_server_has_none_left(mailbox: Mailbox, sqs: Stubber) -> None:
    sqs.add_response("receive_message", {"Messages": messages("a", "b")}, TAKE)
    sqs.add_response("receive_message", {"Messages": messages("c")}, TAKE)
    sqs.add_response("receive_message", {}, TAKE)

    assert [letter.message_id for letter in mailbox.take(DEAD)] == ["a", "b", "c"]


def test_letter_that_comes_twice_is_taken_once_by_its_newest_receipt(mailbox: Mailbox, sqs: Stubber) -> None:
    again = [messages("a")[0] | {"ReceiptHandle": "newer"}]
    sqs.add_response("receive_message", {"Messages": messages("a")}, TAKE)
    sqs.add_response("receive_message", {"Messages": again}, TAKE)
    sqs.add_response("receive_message", {}, TAKE)

    assert [letter.receipt for letter in mailbox.take(DEAD)] == ["newer"]


def test_no_more_is_taken_than_can_be_sent_before_it_comes_back(
    mailbox: Mailbox, sqs: Stubber, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MOST_AT_ONCE", 2)
    sqs.add_response("receive_message", {"Messages": messages("a", "b")}, TAKE)

    assert len(mailbox.take(DEAD)) == 2


def test_letter_is_deleted_only_after_it_was_sent(mailbox: Mailbox, sqs: Stubber) -> None:
    sqs.add_response("send_message", {"MessageId": "new"}, {"QueueUrl": QUEUE, "MessageBody": "b-a"})
    sqs.add_response("delete_message", {}, {"QueueUrl": DEAD, "ReceiptHandle": "r-a"})

    mailbox.send_on(a_letter(), source_url=DEAD, destination_url=QUEUE)


def test_letter_that_could_not_be_sent_is_not_deleted(mailbox: Mailbox, sqs: Stubber) -> None:
    sqs.add_client_error("send_message", "AWS.SimpleQueueService.NonExistentQueue")

    with pytest.raises(ClientError):
        mailbox.send_on(a_letter(), source_url=DEAD, destination_url=QUEUE)


@pytest.mark.parametrize(
    ("lines", "cause"),
    [
        (["START RequestId: 1", '{"message_id": "a", "error": "E", "message": "why"}'], "E: why"),
        (['{"message_id": "other", "error": "E", "message": "why"}'], None),
        (['{"message_id": "a", "message": "no error"}'], None),
        ([], None),
    ],
    ids=["told", "of another message", "no error", "nothing"],
)
def test_cause_is_what_the_log_says_of_that_message(
    mailbox: Mailbox, logs: Stubber, lines: list[str], cause: str | None
) -> None:
    asked = {
        "logGroupName": "logs",
        "filterPattern": '{ $.message_id = "a" }',
        "startTime": 1000,
        "endTime": 86_401_000,
    }
    logs.add_response("filter_log_events", {"events": [{"message": line} for line in lines]}, asked)

    assert mailbox.cause(LANE, a_letter()) == cause


def test_lane_without_a_log_tells_no_cause(mailbox: Mailbox) -> None:
    lane = Lane(name="key", queue_url=QUEUE, dead_letters_url=DEAD, log_group=None)

    assert mailbox.cause(lane, a_letter()) is None
