"""The log line and the metric of one look at the trails, through Powertools."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_lambda_powertools.metrics import MetricUnit, single_metric

from reseal.runtime.telemetry import NAMESPACE

if TYPE_CHECKING:
    from aws_lambda_powertools import Logger

    from reseal.core.trail.coverage import TrailCoverage

METRIC, DIMENSION = "TrailCoverage", "FunctionName"
"""What the template's alarm watches; the dimension keeps two stacks of one Region apart."""


def record_coverage(coverage: TrailCoverage, function: str, logger: Logger) -> None:
    """Write the line, a warning where nothing is heard, and 1 or 0."""
    document = coverage.to_document()
    say = logger.info if coverage.covered else logger.warning
    say(
        f"{'hears' if coverage.covered else 'does not hear'} the calls of this Region",
        covered=coverage.covered,
        reason=coverage.reason,
        objects=document["objects"],
        objects_reason=coverage.objects.reason,
    )
    with single_metric(METRIC, MetricUnit.Count, int(coverage.covered), namespace=NAMESPACE) as metric:
        metric.add_dimension(DIMENSION, function)
