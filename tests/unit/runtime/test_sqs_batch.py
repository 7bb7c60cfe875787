"""The messages of an SQS batch, what goes back to the queue, and what the log says of it."""

from __future__ import annotations

import json
from io import StringIO
from types import SimpleNamespace
from typing import Any

import pytest
from aws_lambda_powertools import Logger

from reseal.core.errors import ResealError, TransientError
from reseal.flow.delivery import Delivery
from reseal.runtime.sqs_batch import answer_to, deliveries_in
from tests.support.names import unique

CONTEXT: Any = SimpleNamespace(aws_request_id="request-1")


def a_batch(*bodies: str) -> dict[str, Any]:
    return {
        "Records": [
            {
                "messageId": f"message-{number}",
                "body": body,
                "attributes": {"ApproximateReceiveCount": str(number)},
                "eventSource": "aws:sqs",
            }
            for number, body in enumerate(bodies, start=1)
        ]
    }


def answered(error: Exception, *bodies: str) -> tuple[Any, list[dict[str, Any]]]:
    """The answer and the log if every message whose body begins with `bad` fails."""
    event, stream = a_batch(*bodies), StringIO()
    failures = {
        message: error
        for message, delivery in deliveries_in(event, CONTEXT).items()
        if delivery.body.startswith("bad")
    }
    answer = answer_to(event, failures, Logger(service=unique("batch"), stream=stream))
    return answer, [json.loads(line) for line in stream.getvalue().splitlines()]


def test_each_message_comes_with_its_receive_count_and_an_invocation_of_its_own() -> None:
    assert deliveries_in(a_batch("first", "second"), CONTEXT) == {
        "message-1": Delivery(body="first", receive_count=1, invocation="request-1/message-1"),
        "message-2": Delivery(body="second", receive_count=2, invocation="request-1/message-2"),
    }


def test_nothing_goes_back_and_nothing_is_logged_if_nothing_failed() -> None:
    assert answered(TransientError("slow down"), "good", "good") == ({"batchItemFailures": []}, [])


def test_only_what_failed_goes_back() -> None:
    answer, _ = answered(TransientError("slow down"), "good", "bad", "good")

    assert answer == {"batchItemFailures": [{"itemIdentifier": "message-2"}]}


def test_batch_that_fails_whole_goes_back_whole() -> None:
    answer, lines = answered(TransientError("slow down"), "bad", "bad")

    assert len(answer["batchItemFailures"]) == len(lines) == 2


def test_log_says_why_and_shows_the_message() -> None:
    _, (line,) = answered(TransientError("slow down"), "bad" * 1000)

    assert line["level"] == "ERROR"
    assert line["message"] == "the message goes back to the queue: slow down"
    assert (line["error"], line["message_id"], len(line["body"])) == ("TransientError", "message-1", 2048)


@pytest.mark.parametrize(
    ("error", "traced"), [(ResealError("foreseen"), False), (ValueError("unforeseen"), True)]
)
def test_only_unforeseen_errors_leave_a_trace(error: Exception, *, traced: bool) -> None:
    _, (line,) = answered(error, "bad")

    assert ("exception" in line) is traced
