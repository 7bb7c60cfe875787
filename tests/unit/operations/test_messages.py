"""Which queue is whose, and what a message says of itself."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from operations.messages import (
    DeadLetterMessage,
    Lane,
    NotResealError,
    dead_letter_message,
    lanes_of,
    oldest_of,
    targets_of,
    undelivered_of,
)

OUTPUTS = {
    "BucketQueueUrl": "https://queue",
    "BucketDeadLetterQueueUrl": "https://dead",
    "BucketFunctionLogs": "logs",
    "UndeliveredQueueUrl": "https://undelivered",
    "TopicArn": "arn",
}
BUCKET = Lane(
    name="bucket", queue_url="https://queue", dead_letter_queue_url="https://dead", log_group="logs"
)


def received(**changes: Any) -> dict[str, Any]:
    right: dict[str, Any] = {
        "MessageId": "id",
        "ReceiptHandle": "receipt",
        "Body": "body",
        "Attributes": {"SentTimestamp": "1795446000500"},
    }
    return right | changes


def attributes_of(**attributes: str) -> dict[str, dict[str, str]]:
    return {name: {"DataType": "String", "StringValue": text} for name, text in attributes.items()}


def test_lane_is_found_by_its_outputs() -> None:
    assert lanes_of(OUTPUTS) == (BUCKET,)
    assert undelivered_of(OUTPUTS) == "https://undelivered"


def test_lane_that_is_added_is_found_without_a_change_here() -> None:
    more = OUTPUTS | {"KeyQueueUrl": "https://keys", "KeyDeadLetterQueueUrl": "https://dead-keys"}

    assert [(lane.name, lane.queue_url, lane.log_group) for lane in lanes_of(more)] == [
        ("bucket", "https://queue", "logs"),
        ("key", "https://keys", None),
    ]


@pytest.mark.parametrize("missing", ["BucketQueueUrl", "BucketDeadLetterQueueUrl", "UndeliveredQueueUrl"])
def test_stack_without_the_outputs_is_not_reseals(missing: str) -> None:
    with pytest.raises(NotResealError):
        lanes_of({name: url for name, url in OUTPUTS.items() if name != missing})


def test_dead_letter_message_of_a_lane_is_read() -> None:
    assert dead_letter_message(received()) == DeadLetterMessage(
        message_id="id",
        receipt="receipt",
        body="body",
        sent_at=datetime(2026, 11, 23, 15, 0, 0, 500_000, tzinfo=UTC),
        target=None,
        refusal=None,
    )


@pytest.mark.parametrize(
    ("attributes", "refusal"),
    [
        (
            attributes_of(ERROR_CODE="NO_PERMISSIONS", ERROR_MESSAGE="not admitted"),
            "NO_PERMISSIONS: not admitted",
        ),
        (attributes_of(ERROR_CODE="SDK_CLIENT_ERROR"), "SDK_CLIENT_ERROR"),
        ({}, None),
    ],
    ids=["code and message", "code", "neither"],
)
def test_undelivered_event_says_where_it_was_meant_to_go_and_why_not(
    attributes: dict[str, Any], refusal: str | None
) -> None:
    message = dead_letter_message(
        received(MessageAttributes=attributes | attributes_of(TARGET_ARN="arn:queue"))
    )

    assert (message.target, message.refusal) == ("arn:queue", refusal)


def test_oldest_message_is_the_one_that_was_sent_first() -> None:
    messages = [
        dead_letter_message(received(MessageId=t, Attributes={"SentTimestamp": t})) for t in ("2000", "1000")
    ]

    assert oldest_of(messages).message_id == "1000"


def test_events_can_be_undelivered_for_either_queue_of_the_object_lane() -> None:
    outputs = {
        "ObjectQueueUrl": "objects",
        "UrgentObjectQueueUrl": "urgent",
        "ObjectDeadLetterQueueUrl": "dead",
        "UndeliveredQueueUrl": "undelivered",
    }

    assert {lane.name: lane.queue_url for lane in targets_of(outputs)} == {
        "object": "objects",
        "urgent object": "urgent",
    }
    assert [lane.queue_url for lane in lanes_of(outputs)] == ["objects"]


def test_a_stack_that_checks_no_objects_has_no_urgent_queue() -> None:
    outputs = {
        "ObjectQueueUrl": "objects",
        "ObjectDeadLetterQueueUrl": "dead",
        "UndeliveredQueueUrl": "undelivered",
    }

    assert [lane.name for lane in targets_of(outputs)] == ["object"]
