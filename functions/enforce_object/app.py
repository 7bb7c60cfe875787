"""Lambda handler of the object lane: runs the lane once per batch of SQS messages; failures are retried."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext

from reseal.lanes.delivery import Delivery
from reseal.lanes.object.lane import ObjectLane
from reseal.lanes.object.observe import Observer
from reseal.lanes.object.report import Reporter
from reseal.runtime.deadline import Deadline
from reseal.runtime.sqs_batch import Record, partial_failures
from reseal.runtime.wiring_objects import SECONDS_FOR_ONE, SECONDS_TO_END, wire_objects

OBJECTS_AT_ONCE = 50
"""Threads for a whole batch: each object mostly waits for S3."""

logger = Logger(service="enforce_object")
deadline = Deadline()


@cache
def object_lane() -> ObjectLane:
    """The lane with its settings and clients, made once per execution environment. Raises SettingsError."""
    settings, services, objects = wire_objects(os.environ, logger, deadline)
    policy = settings.settings.policy
    return ObjectLane(
        observer=Observer(
            policy=policy,
            methods=settings.methods,
            exempts_log_deliveries=settings.exempt_log_deliveries,
            services=services,
            objects=objects,
        ),
        reporter=Reporter(
            policy=policy, window_seconds=settings.window_seconds, services=services, objects=objects
        ),
        services=services,
        objects=objects,
        workers=ThreadPoolExecutor(OBJECTS_AT_ONCE),
        keep=deadline.keep,
        seconds_for_one=SECONDS_FOR_ONE,
        seconds_to_end=SECONDS_TO_END,
    )


def handler(event: dict[str, Any], context: LambdaContext) -> Any:
    """Lambda's entry point for a batch of SQS messages."""
    records: list[Record] = event["Records"]
    deliveries = {record["messageId"]: _delivery(record, context) for record in records}

    def seconds_left() -> float:
        return float(context.get_remaining_time_in_millis()) / 1000

    deadline.begin(seconds_left)
    return partial_failures(records, object_lane().enforce(deliveries, seconds_left), logger)


def _delivery(record: Record, context: LambdaContext) -> Delivery:
    return Delivery(
        body=record["body"],
        receive_count=int(record["attributes"]["ApproximateReceiveCount"]),
        invocation=f"{context.aws_request_id}/{record['messageId']}",
    )
