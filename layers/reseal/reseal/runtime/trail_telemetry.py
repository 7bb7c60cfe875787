"""The log line and the metric of one trail coverage check, through Powertools."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_lambda_powertools.metrics import MetricUnit

from reseal.runtime.telemetry import send_metric

if TYPE_CHECKING:
    from aws_lambda_powertools import Logger

    from reseal.core.trail.coverage import TrailCoverage


def record_coverage(coverage: TrailCoverage, function: str, logger: Logger) -> None:
    """Write the log line, a warning if there is no coverage, and the metric: 1 if covered, else 0.

    The metric is that of `TrailAlarm`; its dimension separates two stacks in one Region.
    """
    document = coverage.to_document()
    log = logger.info if coverage.covered else logger.warning
    log(
        f"trail coverage: {'complete' if coverage.covered else 'missing'} in this Region",
        covered=coverage.covered,
        reason=coverage.reason,
        objects=document["objects"],
        objects_reason=coverage.objects.reason,
        keys=coverage.keys.covered,
        keys_reason=coverage.keys.reason,
    )
    send_metric("TrailCoverage", MetricUnit.Count, int(coverage.covered), FunctionName=function)
