"""Lambda handler of the trail coverage check. It runs every hour and on request."""

from __future__ import annotations

import os
from functools import cache
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext

from reseal.aws.cloudtrail import CloudTrail
from reseal.aws.sqs import SqsKeyWatch
from reseal.core.trail.coverage import assess_coverage
from reseal.core.trail.own_trail import OwnTrail
from reseal.runtime.trail_telemetry import record_coverage

logger = Logger(service="check_trail")


@cache
def cloudtrail() -> CloudTrail:
    """The CloudTrail adapter, made once per execution environment."""
    return CloudTrail.of_region(os.environ["AWS_REGION"])


@cache
def key_lane() -> SqsKeyWatch | None:
    """The key lane's look queue, made once per execution environment; None if the lane is off."""
    if not os.environ["KEY_LOOK_QUEUE_URL"]:
        return None
    return SqsKeyWatch.of_region(os.environ["AWS_REGION"], os.environ["KEY_LOOK_QUEUE_URL"])


def own_trail() -> OwnTrail | None:
    """The trail that the stack made for ObjectBuckets; None if it made none."""
    if not os.environ["OBJECT_TRAIL_ARN"]:
        return None
    return OwnTrail(
        arn=os.environ["OBJECT_TRAIL_ARN"],
        buckets=os.environ["OBJECT_BUCKETS"],
        scope=os.environ["OBJECT_SCOPE"],
        trail_bucket=os.environ["TRAIL_BUCKET_ARN"],
        own_sessions=os.environ["OWN_SESSIONS"],
    )


def handler(_event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Lambda's entry point. If it raises, Lambda retries twice and then reports the failure on the topic.

    The key lane is asked first, because it looks at the keys that must stay whether or not there is a trail.
    """
    if keys := key_lane():
        keys.ask_about_keys()
    coverage = assess_coverage(cloudtrail().read_trails(), os.environ["AWS_REGION"], own_trail())
    record_coverage(coverage, context.function_name, logger)
    return coverage.to_document()
