"""Lambda handler of the key lane: runs the flow for a batch of SQS messages; failed ones are retried."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import TYPE_CHECKING, Any

from aws_lambda_powertools import Logger

from reseal.core.calls.keys.key_message import KeyTrigger
from reseal.core.checks.keys.observed_key import ObservedKey
from reseal.flow.flow import Flow
from reseal.flow.report import Reporter
from reseal.resources.key.hand_on import buckets_to
from reseal.resources.key.kind import KeyKind
from reseal.resources.key.write import KeyPlan
from reseal.runtime.deadline import Deadline
from reseal.runtime.sqs_batch import answer_to, deliveries_in
from reseal.runtime.wiring.clients import SECONDS_TO_END, SECONDS_TO_RECORD
from reseal.runtime.wiring.keys import SECONDS_FOR_ONE, wire_keys

KEYS_AT_ONCE = 5
"""Threads: as many as the event source mapping's BatchSize."""

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

logger = Logger(service="enforce_key")
deadline = Deadline()


@cache
def flow() -> Flow[KeyTrigger, ObservedKey, KeyPlan]:
    """The flow with its settings and clients, made once per execution environment. Raises SettingsError."""
    settings, services, keys, bucket_lane = wire_keys(os.environ, logger, deadline)
    return Flow(
        policy=settings.settings.policy,
        kind=KeyKind(watched=settings.watched, services=services, keys=keys),
        reporter=Reporter(services=services, window_seconds=settings.settings.window_seconds),
        ledger=services.ledger,
        clock=services.clock,
        deadline=deadline,
        workers=ThreadPoolExecutor(KEYS_AT_ONCE),
        seconds_to_record=SECONDS_TO_RECORD,
        seconds_for_one=SECONDS_FOR_ONE,
        seconds_to_end=SECONDS_TO_END,
        hand_on=buckets_to(bucket_lane),
    )


def handler(event: dict[str, Any], context: LambdaContext) -> Any:
    """Lambda's entry point for a batch of SQS messages."""
    deadline.begin(lambda: context.get_remaining_time_in_millis() / 1000)
    return answer_to(event, flow().run(deliveries_in(event, context)), logger)
