"""Lambda handler of the policy lane: runs the flow for a batch of SQS messages; failed ones are retried."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import TYPE_CHECKING, Any

from aws_lambda_powertools import Logger

from reseal.core.checks.buckets.observed_bucket import ObservedPolicy
from reseal.flow.flow import Flow
from reseal.flow.report import Reporter
from reseal.resources.bucket_policy.kind import BucketLook, PolicyKind
from reseal.resources.bucket_policy.write import PolicyPlan
from reseal.runtime.deadline import Deadline
from reseal.runtime.sqs_batch import answer_to, deliveries_in
from reseal.runtime.wiring.clients import SECONDS_FOR_ONE, SECONDS_TO_END, SECONDS_TO_RECORD
from reseal.runtime.wiring.policies import wire_policies

BUCKETS_AT_ONCE = 5
"""Threads: as many as the event source mapping's BatchSize."""

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

logger = Logger(service="enforce_policy")
deadline = Deadline()


@cache
def flow() -> Flow[BucketLook, ObservedPolicy, PolicyPlan]:
    """The flow with its settings and clients, made once per execution environment. Raises SettingsError."""
    settings, services, policies = wire_policies(os.environ, logger, deadline)
    return Flow(
        policy=settings.policy,
        kind=PolicyKind(services=services, policies=policies),
        reporter=Reporter(services=services, window_seconds=settings.window_seconds),
        ledger=services.ledger,
        clock=services.clock,
        deadline=deadline,
        workers=ThreadPoolExecutor(BUCKETS_AT_ONCE),
        seconds_to_record=SECONDS_TO_RECORD,
        seconds_for_one=SECONDS_FOR_ONE,
        seconds_to_end=SECONDS_TO_END,
    )


def handler(event: dict[str, Any], context: LambdaContext) -> Any:
    """Lambda's entry point for a batch of SQS messages."""
    deadline.begin(lambda: context.get_remaining_time_in_millis() / 1000)
    return answer_to(event, flow().run(deliveries_in(event, context)), logger)
