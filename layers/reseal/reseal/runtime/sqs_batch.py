"""Messages that go back to their queue, with a log line for each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType

from reseal.core.errors import ResealError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from aws_lambda_powertools import Logger
    from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord

_LONGEST_BODY_LOGGED = 2048


class LoggingBatchProcessor(BatchProcessor):
    """Powertools' processor of SQS messages; logs why a message returns to the queue."""

    def __init__(self, logger: Logger) -> None:
        super().__init__(event_type=EventType.SQS, raise_on_entire_batch_failure=False)
        self._logger = logger

    def failure_handler(self, record: Any, exception: Any) -> Any:
        """Log the cause; with the stack trace if the error is not a ResealError."""
        _log(self._logger, record, exception[1])
        return super().failure_handler(record, exception)


def partial_failures(
    records: Iterable[SQSRecord], failures: Mapping[str, Exception], logger: Logger
) -> dict[str, list[dict[str, str]]]:
    """Lambda's answer that sends the failed messages back to the queue (SQS, partial batch responses)."""
    for record in records:
        if record.message_id in failures:
            _log(logger, record, failures[record.message_id])
    return {"batchItemFailures": [{"itemIdentifier": message} for message in failures]}


def _log(logger: Logger, record: SQSRecord, error: Exception) -> None:
    """Log the cause; with the stack trace if the error is not a ResealError."""
    logger.error(
        f"the message goes back to the queue: {error}",
        error=type(error).__name__,
        message_id=record.message_id,
        body=record.body[:_LONGEST_BODY_LOGGED],
        exc_info=None if isinstance(error, ResealError) else error,
    )
