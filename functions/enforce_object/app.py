"""Lambda handler of the object lane: runs the flow for a batch of SQS messages; failed ones are retried."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import TYPE_CHECKING, Any

from aws_lambda_powertools import Logger

from reseal.core.calls.trigger import ObjectTrigger
from reseal.flow.flow import Flow
from reseal.flow.report import Reporter
from reseal.resources.object.kind import ObjectKind, ObjectSeen
from reseal.resources.object.plan import ObjectPlan
from reseal.runtime.deadline import Deadline
from reseal.runtime.sqs_batch import answer_to, deliveries_in
from reseal.runtime.wiring.objects import SECONDS_FOR_ONE, SECONDS_TO_END, SECONDS_TO_RECORD, wire_objects

OBJECTS_AT_ONCE = 50
"""Threads for a whole batch: each object mostly waits for S3."""

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

logger = Logger(service="enforce_object")
deadline = Deadline()


@cache
def flow() -> Flow[ObjectTrigger, ObjectSeen, ObjectPlan]:
    """The flow with its settings and clients, made once per execution environment. Raises SettingsError."""
    settings, services, objects = wire_objects(os.environ, logger, deadline)
    return Flow(
        policy=settings.settings.policy,
        kind=ObjectKind(methods=settings.methods, services=services, objects=objects, deadline=deadline),
        reporter=Reporter(services=services, window_seconds=settings.settings.window_seconds),
        ledger=services.ledger,
        clock=services.clock,
        deadline=deadline,
        workers=ThreadPoolExecutor(OBJECTS_AT_ONCE),
        seconds_to_record=SECONDS_TO_RECORD,
        seconds_for_one=SECONDS_FOR_ONE,
        seconds_to_end=SECONDS_TO_END,
    )


def handler(event: dict[str, Any], context: LambdaContext) -> Any:
    """Lambda's entry point for a batch of SQS messages."""
    deadline.begin(lambda: context.get_remaining_time_in_millis() / 1000)
    return answer_to(event, flow().run(deliveries_in(event, context)), logger)
