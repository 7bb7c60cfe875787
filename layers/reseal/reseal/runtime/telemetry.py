"""The log line and the metrics of each event, through Powertools."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from aws_lambda_powertools.metrics import MetricUnit, single_metric

from reseal.core.calls.look import Look
from reseal.core.text.quoted import LONGEST_KEY, cut_or_none

if TYPE_CHECKING:
    from aws_lambda_powertools import Logger

    from reseal.core.calls.trigger import Trigger
    from reseal.core.findings.event_result import EventResult

NAMESPACE = "Reseal"


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
            with single_metric("Checks", MetricUnit.Count, 1, namespace=NAMESPACE) as metric:
                metric.add_dimension("Check", check)
                metric.add_dimension("Status", status)
        for finding in event_result.findings:
            if finding.seconds_to_remediate is not None:
                self._remediation_time(finding.check.id, finding.seconds_to_remediate)

    def _remediation_time(self, check: str, seconds: float) -> None:
        name = "SecondsToRemediate"
        with single_metric(name, MetricUnit.Seconds, seconds, namespace=NAMESPACE) as metric:
            metric.add_dimension("Check", check)


def _resource(call: Trigger) -> dict[str, Any]:
    names: dict[str, str | None] = asdict(call.resource)
    return {name: cut_or_none(value, LONGEST_KEY) for name, value in names.items()}


def _caller(call: Trigger) -> dict[str, Any]:
    if isinstance(call, Look):
        return {}
    return {"api_call": call.name, "actor": call.actor.who, "tool": call.actor.tool}
