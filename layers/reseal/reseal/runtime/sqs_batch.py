"""Powertools' batch processor with a log line for every failure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType

from reseal.core.errors import ResealError

if TYPE_CHECKING:
    from aws_lambda_powertools import Logger

_LONGEST_BODY_LOGGED = 2048


class LoggingBatchProcessor(BatchProcessor):
    """Powertools' processor of SQS messages; logs why a message returns to the queue."""

    def __init__(self, logger: Logger) -> None:
        super().__init__(event_type=EventType.SQS, raise_on_entire_batch_failure=False)
        self._logger = logger

    def failure_handler(self, record: Any, exception: Any) -> Any:
        """Log the cause; with the stack trace if the error is not a ResealError."""
        error = exception[1]
        self._logger.error(
            f"the message goes back to the queue: {error}",
            error=type(error).__name__,
            message_id=record.message_id,
            body=record.body[:_LONGEST_BODY_LOGGED],
            exc_info=None if isinstance(error, ResealError) else exception,
        )
        return super().failure_handler(record, exception)
