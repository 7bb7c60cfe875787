"""Lambda handler of the bucket lane: runs the flow for a batch of SQS messages; failed ones are retried."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import TYPE_CHECKING, Any

from aws_lambda_powertools import Logger

from reseal.core.calls.trigger import BucketTrigger
from reseal.core.checks.buckets.observed_bucket import ObservedBucket
from reseal.flow.flow import Flow
from reseal.flow.report import Reporter
from reseal.resources.bucket.hand_on import policies_to
from reseal.resources.bucket.kind import BucketKind
from reseal.resources.bucket.seen import Remembering
from reseal.resources.bucket.write import BucketPlan
from reseal.runtime.deadline import Deadline
from reseal.runtime.sqs_batch import answer_to, deliveries_in
from reseal.runtime.wiring.buckets import wire_buckets
from reseal.runtime.wiring.clients import SECONDS_FOR_ONE, SECONDS_TO_END, SECONDS_TO_RECORD

BUCKETS_AT_ONCE = 5
"""Threads: as many as the event source mapping's BatchSize."""

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

logger = Logger(service="enforce_bucket")
deadline = Deadline()


@cache
def flow() -> Flow[BucketTrigger, ObservedBucket, BucketPlan]:
    """The flow with its settings and clients, made once per execution environment. Raises SettingsError."""
    settings, services, snapshot, policy_lane = wire_buckets(os.environ, logger, deadline)
    reporter = Reporter(services=services, window_seconds=settings.window_seconds)
    return Flow(
        policy=settings.policy,
        kind=BucketKind(services=services),
        reporter=Remembering(reporter=reporter, snapshot=snapshot, clock=services.clock),
        ledger=services.ledger,
        clock=services.clock,
        deadline=deadline,
        workers=ThreadPoolExecutor(BUCKETS_AT_ONCE),
        seconds_to_record=SECONDS_TO_RECORD,
        seconds_for_one=SECONDS_FOR_ONE,
        seconds_to_end=SECONDS_TO_END,
        hand_on=policies_to(policy_lane) if policy_lane else None,
    )


def handler(event: dict[str, Any], context: LambdaContext) -> Any:
    """Lambda's entry point for a batch of SQS messages."""
    deadline.begin(lambda: context.get_remaining_time_in_millis() / 1000)
    return answer_to(event, flow().run(deliveries_in(event, context)), logger)
