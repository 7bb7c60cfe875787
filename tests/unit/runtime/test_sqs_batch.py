"""The answer to a batch: what goes back to the queue, and what the log says of it."""

from __future__ import annotations

import json
from io import StringIO
from typing import Any

import pytest
from aws_lambda_powertools import Logger

from reseal.core.errors import ResealError, TransientError
from reseal.runtime.sqs_batch import each
from tests.support.names import unique


def a_batch(*bodies: str) -> dict[str, Any]:
    return {
        "Records": [
            {"messageId": f"message-{number}", "body": body, "eventSource": "aws:sqs"}
            for number, body in enumerate(bodies, start=1)
        ]
    }


def process(error: Exception, *bodies: str) -> tuple[Any, list[dict[str, Any]]]:
    """Every message whose body begins with `bad` fails."""

    def handle(record: Any) -> None:
        if record["body"].startswith("bad"):
            raise error

    stream = StringIO()
    logger = Logger(service=unique("batch"), stream=stream)
    answer = each(a_batch(*bodies)["Records"], handle, logger)
    return answer, [json.loads(line) for line in stream.getvalue().splitlines()]


def test_only_what_failed_goes_back() -> None:
    answer, _ = process(TransientError("slow down"), "good", "bad", "good")

    assert answer == {"batchItemFailures": [{"itemIdentifier": "message-2"}]}


def test_batch_that_fails_whole_goes_back_whole() -> None:
    answer, lines = process(TransientError("slow down"), "bad", "bad")

    assert len(answer["batchItemFailures"]) == len(lines) == 2


def test_log_says_why_and_shows_the_message() -> None:
    _, (line,) = process(TransientError("slow down"), "bad" * 1000)

    assert line["level"] == "ERROR"
    assert line["message"] == "the message goes back to the queue: slow down"
    assert (line["error"], line["message_id"], len(line["body"])) == ("TransientError", "message-1", 2048)


@pytest.mark.parametrize(
    ("error", "traced"), [(ResealError("foreseen"), False), (ValueError("unforeseen"), True)]
)
def test_only_unforeseen_errors_leave_a_trace(error: Exception, *, traced: bool) -> None:
    _, (line,) = process(error, "bad")

    assert ("exception" in line) is traced
