"""The log line and the metric of one trail coverage check, through Powertools."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_lambda_powertools.metrics import MetricUnit, single_metric

from reseal.runtime.telemetry import NAMESPACE

if TYPE_CHECKING:
    from aws_lambda_powertools import Logger

    from reseal.core.trail.coverage import TrailCoverage

METRIC, DIMENSION = "TrailCoverage", "FunctionName"
"""The metric of the template's alarm; the dimension separates two stacks in one Region."""


def record_coverage(coverage: TrailCoverage, function: str, logger: Logger) -> None:
    """Write the log line, a warning if there is no coverage, and the metric: 1 if covered, else 0."""
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
    with single_metric(METRIC, MetricUnit.Count, int(coverage.covered), namespace=NAMESPACE) as metric:
        metric.add_dimension(DIMENSION, function)
