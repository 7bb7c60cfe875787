"""Lambda handler of the bucket lane: runs the lane for each SQS message; failed messages are retried."""

from __future__ import annotations

import os
from functools import cache
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.batch import process_partial_response
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
from aws_lambda_powertools.utilities.typing import LambdaContext

from reseal.flow.delivery import Delivery
from reseal.resources.bucket.lane import BucketLane
from reseal.runtime.deadline import Deadline, longest_call
from reseal.runtime.sqs_batch import LoggingBatchProcessor
from reseal.runtime.wiring import CALLS, wire

logger = Logger(service="enforce_bucket")
processor = LoggingBatchProcessor(logger)
deadline = Deadline()


@cache
def bucket_lane() -> BucketLane:
    """The lane with its settings and clients, made once per execution environment. Raises SettingsError."""
    policy, services = wire(os.environ, logger, deadline)
    return BucketLane(policy=policy, services=services)


def handle_record(record: SQSRecord, lambda_context: LambdaContext) -> None:
    """Run the lane for one message. If it raises, the message returns to the queue."""
    deadline.check(longest_call(CALLS))
    delivery = Delivery(
        body=record.body,
        receive_count=int(record.attributes.approximate_receive_count),
        invocation=f"{lambda_context.aws_request_id}/{record.message_id}",
    )
    bucket_lane().enforce(delivery)


def handler(event: dict[str, Any], context: LambdaContext) -> Any:
    """Lambda's entry point for a batch of SQS messages."""
    deadline.begin(lambda: context.get_remaining_time_in_millis() / 1000)
    bucket_lane()  # wrong settings fail the whole invocation, which triggers its alarm
    return process_partial_response(event, handle_record, processor, context)
