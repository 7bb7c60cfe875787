"""The dashboard: it exists where there are metrics, and each metric on it is of a resource of the stack."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from reseal.core.findings.finding import Status
from tests.support.translated import of_type, resolved

PARTS: dict[str, dict[str, str]] = {
    "everything": {"Mode": "enforce", "TlsMode": "enforce"},
    "defaults": {},
    "no objects": {"ObjectEncryptionMode": "off"},
    "off": {"Mode": "off"},
}
KEYS_OFF = dict.fromkeys(
    ("KeyRotationMode", "KeyDeletionMode", "KeyDisabledMode", "KeyPolicyMode", "KeyAliasMode"), "off"
)
PARTS["no keys"] = KEYS_OFF
NAMED = re.compile(r"\$\{(\w+)(?:\.QueueName)?\}")


def widgets(**parameters: str) -> list[Any]:
    (dashboard,) = of_type(resolved(**parameters), "AWS::CloudWatch::Dashboard").values()
    found: list[Any] = json.loads(dashboard["DashboardBody"])["widgets"]
    return found


def metrics_of(widget: Any) -> list[tuple[str, str, str]]:
    """Namespace, metric and resource of each metric; `.` repeats what stands before."""
    rows: list[list[str]] = []
    for row in widget["properties"]["metrics"]:
        rows.append([rows[-1][n] if cell == "." else cell for n, cell in enumerate(row)])
    return [(namespace, metric, NAMED.fullmatch(named)[1]) for namespace, metric, _, named in rows]  # type: ignore[index]


def all_metrics(**parameters: str) -> list[tuple[str, str, str]]:
    return [one for widget in widgets(**parameters)[1:] for one in metrics_of(widget)]


@pytest.mark.parametrize("parameters", PARTS.values(), ids=PARTS)
def test_every_metric_is_of_a_queue_or_function_of_the_stack(parameters: dict[str, str]) -> None:
    stack = resolved(**parameters)
    kinds = {"AWS/SQS": "AWS::SQS::Queue", "AWS/Lambda": "AWS::Lambda::Function"}

    strange = [
        name
        for namespace, _, name in all_metrics(**parameters)
        if name not in of_type(stack, kinds[namespace])
    ]

    assert strange == []


@pytest.mark.parametrize("parameters", PARTS.values(), ids=PARTS)
def test_every_queue_and_function_is_on_it(parameters: dict[str, str]) -> None:
    stack, shown = resolved(**parameters), all_metrics(**parameters)
    visible = {name for _, metric, name in shown if metric == "ApproximateNumberOfMessagesVisible"}
    polled = {
        mapping["Properties"]["EventSourceArn"]["Fn::GetAtt"][0]
        for mapping in stack["Resources"].values()
        if mapping["Type"] == "AWS::Lambda::EventSourceMapping"
    }

    assert {name for _, metric, name in shown if metric == "ApproximateAgeOfOldestMessage"} == polled
    assert {name for _, metric, name in shown if metric == "Errors"} == set(
        of_type(stack, "AWS::Lambda::Function")
    )
    dead = {name for name in of_type(stack, "AWS::SQS::Queue") if "DeadLetter" in name}
    assert visible == dead | {"UndeliveredQueue"}


def test_findings_are_those_of_every_status_of_a_finding() -> None:
    ((search,),) = widgets()[0]["properties"]["metrics"]

    statuses = set(re.findall(r'"([A-Z]+)"', search["expression"]))
    assert statuses == {one.value for one in Status}
    assert "{Reseal,Check,Status}" in search["expression"]


def test_stack_without_metrics_has_none() -> None:
    assert of_type(resolved(AlarmsAndMetrics="false"), "AWS::CloudWatch::Dashboard") == {}


def test_dashboards_of_two_regions_have_different_names() -> None:
    (dashboard,) = of_type(resolved(), "AWS::CloudWatch::Dashboard").values()

    assert dashboard["DashboardName"] == "${AWS::StackName}-us-east-1"
