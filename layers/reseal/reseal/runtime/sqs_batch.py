"""The messages of an SQS batch, and Lambda's answer about those that must be delivered again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from reseal.core.errors import ResealError
from reseal.core.text.quoted import cut
from reseal.flow.delivery import Delivery

if TYPE_CHECKING:
    from aws_lambda_powertools import Logger
    from aws_lambda_powertools.utilities.typing import LambdaContext

_LONGEST_LOGGED = 2048


def deliveries_in(event: Mapping[str, Any], context: LambdaContext) -> dict[str, Delivery]:
    """The messages of a batch, by message id."""
    return {
        record["messageId"]: Delivery(
            body=record["body"],
            receive_count=int(record["attributes"]["ApproximateReceiveCount"]),
            invocation=f"{context.aws_request_id}/{record['messageId']}",
        )
        for record in event["Records"]
    }


def answer_to(
    event: Mapping[str, Any], failures: Mapping[str, Exception], logger: Logger
) -> dict[str, list[dict[str, str]]]:
    """Lambda's answer that sends the failed messages back to the queue (SQS, partial batch responses)."""
    for record in event["Records"]:
        if record["messageId"] in failures:
            _log(logger, record, failures[record["messageId"]])
    return {"batchItemFailures": [{"itemIdentifier": message} for message in failures]}


def _log(logger: Logger, record: Mapping[str, Any], error: Exception) -> None:
    """Log the cause; with the stack trace if the error is not a ResealError."""
    logger.error(
        f"the message goes back to the queue: {cut(str(error), _LONGEST_LOGGED)}",
        error=type(error).__name__,
        message_id=record["messageId"],
        body=record["body"][:_LONGEST_LOGGED],
        exc_info=None if isinstance(error, ResealError) else error,
    )
