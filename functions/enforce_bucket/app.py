"""Lambda handler of the bucket lane: runs the lane for each SQS message; failed messages are retried."""

from __future__ import annotations

import os
from functools import cache, partial
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext

from reseal.lanes.bucket.lane import BucketLane
from reseal.lanes.delivery import Delivery
from reseal.runtime.deadline import Deadline, longest_call
from reseal.runtime.sqs_batch import Record, each
from reseal.runtime.wiring import CALLS, wire

logger = Logger(service="enforce_bucket")
deadline = Deadline()


@cache
def bucket_lane() -> BucketLane:
    """The lane with its settings and clients, made once per execution environment. Raises SettingsError."""
    policy, services = wire(os.environ, logger, deadline)
    return BucketLane(policy=policy, services=services)


def handle_record(record: Record, invocation: str) -> None:
    """Run the lane for one message. If it raises, the message returns to the queue."""
    deadline.check(longest_call(CALLS))
    delivery = Delivery(
        body=record["body"],
        receive_count=int(record["attributes"]["ApproximateReceiveCount"]),
        invocation=f"{invocation}/{record['messageId']}",
    )
    bucket_lane().enforce(delivery)


def handler(event: dict[str, Any], context: LambdaContext) -> Any:
    """Lambda's entry point for a batch of SQS messages."""
    deadline.begin(lambda: context.get_remaining_time_in_millis() / 1000)
    bucket_lane()  # wrong settings fail the whole invocation, which triggers its alarm
    return each(event["Records"], partial(handle_record, invocation=context.aws_request_id), logger)
