"""The log line and the metrics of each event, through Powertools."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.metrics.functions import is_metrics_disabled
from aws_lambda_powertools.metrics.provider.cloudwatch_emf.cloudwatch import AmazonCloudWatchEMFProvider

from reseal.core.calls.look import Look
from reseal.core.text.quoted import LONGEST_KEY, cut_or_none

if TYPE_CHECKING:
    from aws_lambda_powertools import Logger

    from reseal.core.calls.trigger import Trigger
    from reseal.core.findings.event_result import EventResult

_EMBEDDED = AmazonCloudWatchEMFProvider(namespace="Reseal")


class PowertoolsTelemetry:
    """`Telemetry` as one structured log line, and metrics in CloudWatch's embedded format."""

    def __init__(self, logger: Logger) -> None:
        self._logger = logger

    def record(self, event_result: EventResult) -> None:
        """Write the log line, a count for each check and status, and the seconds of each repair."""
        call = event_result.call
        self._logger.info(
            f"{call.name} {call.resource.in_words}: {event_result.result.value}",
            event_id=call.event_id,
            **_resource(call),
            **_caller(call),
            result=event_result.result.value,
            checks=event_result.status_by_check,
            reason=event_result.reasons,
            findings=[finding.id for finding in event_result.findings],
            suppressed=event_result.suppressed,
        )
        for check, status in event_result.status_by_check.items():
            send_metric("Checks", MetricUnit.Count, 1, Check=check, Status=status)
        for finding in event_result.findings:
            seconds = finding.seconds_to_remediate
            if seconds is not None:
                send_metric("SecondsToRemediate", MetricUnit.Seconds, seconds, Check=finding.check.id)


def send_metric(name: str, unit: MetricUnit, value: float, **dimensions: str) -> None:
    """Print one metric for CloudWatch, unless POWERTOOLS_METRICS_DISABLED is set.

    One provider writes all: `single_metric` makes one for each metric, a quarter of a compliant event's time.
    """
    if not is_metrics_disabled():
        metric = {name: {"Unit": unit.value, "Value": [value]}}
        document = _EMBEDDED.serialize_metric_set(metrics=metric, dimensions=dimensions)
        print(json.dumps(document, separators=(",", ":")))


def _resource(call: Trigger) -> dict[str, Any]:
    names: dict[str, str | None] = asdict(call.resource)
    return {name: cut_or_none(value, LONGEST_KEY) for name, value in names.items()}


def _caller(call: Trigger) -> dict[str, Any]:
    if isinstance(call, Look):
        return {}
    return {"api_call": call.name, "actor": call.actor.who, "tool": call.actor.tool}
