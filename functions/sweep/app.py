"""Lambda handler of the sweep: it works until its time is up, and continues in another invocation."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import cache
from typing import TYPE_CHECKING, Any

from aws_lambda_powertools import Logger

from reseal import __version__
from reseal.core.errors import ResealError
from reseal.runtime.deadline import Deadline
from reseal.runtime.sqs_batch import answer_to
from reseal.runtime.wiring.sweep import THREADS, wire_sweep
from reseal.sweep.engine import Sweep
from reseal.sweep.finish import Finish

LEASE = timedelta(seconds=305)
"""Longer than the function's timeout, shorter than the queue's visibility timeout."""

PAGE_SECONDS, LEAST_PAGE = 5.0, 10
"""Buckets in one step: as many as calls are made in five seconds at the present rate, but at least ten.

If each is right, that takes twice as long; if each is a suspect, eight or nine times: most of a minute.
"""

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

logger = Logger(service="sweep")
deadline = Deadline()


@cache
def sweep() -> Sweep:
    """The sweep with its settings and clients, made once per execution environment. Raises SettingsError."""
    settings, services, further, pacer = wire_sweep(os.environ, logger, deadline)
    policy = settings.settings.policy
    finish = Finish(
        policy=policy,
        reports=further.reports,
        topic=services.topic,
        clock=services.clock,
        version=__version__,
    )
    return Sweep(
        policy=policy,
        repairs=settings.repairs,
        settle=settings.settle,
        services=services,
        sweep=further,
        deadline=deadline,
        workers=ThreadPoolExecutor(THREADS),
        lease=LEASE,
        page_size=lambda: max(LEAST_PAGE, int(PAGE_SECONDS * pacer.rate)),
        finish=finish,
    )


def handler(event: dict[str, Any], context: LambdaContext) -> Any:
    """Lambda's entry point for one SQS message (BatchSize 1)."""
    deadline.begin(lambda: context.get_remaining_time_in_millis() / 1000)
    engine = sweep()
    failures: dict[str, Exception] = {}
    for record in event["Records"]:
        message_id = record["messageId"]
        try:
            worked = engine.work(record["body"], message_id, f"{context.aws_request_id}/{message_id}")
        except ResealError as error:
            failures[message_id] = error
        else:
            progress = worked.progress
            logger.info(
                f"sweep: {worked.what}",
                sweep=progress.sweep if progress else None,
                hop=progress.hop if progress else None,
                listed=progress.listed if progress else None,
            )
    return answer_to(event, failures, logger)
