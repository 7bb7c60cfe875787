"""Messages that go back to their queue, with a log line for each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from reseal.core.errors import ResealError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from aws_lambda_powertools import Logger

_LONGEST_BODY_LOGGED = 2048

Record = dict[str, Any]
"""A message of a batch, as Lambda hands it over."""

Answer = dict[str, list[dict[str, str]]]
"""Lambda's answer that sends the failed messages back to the queue (SQS, partial batch responses)."""


def each(records: Iterable[Record], act: Callable[[Record], object], logger: Logger) -> Answer:
    """Act on each message; those for which it raises go back."""
    failures: dict[str, Exception] = {}
    records = list(records)
    for record in records:
        try:
            act(record)
        except Exception as error:  # noqa: BLE001 - whatever failed, its message must not be lost
            failures[record["messageId"]] = error
    return partial_failures(records, failures, logger)


def partial_failures(records: Iterable[Record], failures: Mapping[str, Exception], logger: Logger) -> Answer:
    """The answer for these failures, by the ids of their messages."""
    for record in records:
        if record["messageId"] in failures:
            _log(logger, record, failures[record["messageId"]])
    return {"batchItemFailures": [{"itemIdentifier": message} for message in failures]}


def _log(logger: Logger, record: Record, error: Exception) -> None:
    """Log the cause; with the stack trace if the error is not a ResealError."""
    logger.error(
        f"the message goes back to the queue: {error}",
        error=type(error).__name__,
        message_id=record["messageId"],
        body=record["body"][:_LONGEST_BODY_LOGGED],
        exc_info=None if isinstance(error, ResealError) else error,
    )
