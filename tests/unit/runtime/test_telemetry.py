"""The log line and the metric documents, as they reach standard output."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from aws_lambda_powertools import Logger

from reseal.core.checks.buckets.observed_bucket import ObservedBucket
from reseal.core.checks.catalogue import checks_of, decisions_of
from reseal.core.findings.event_result import EventResult
from reseal.core.findings.results import CheckResult, findings_of
from reseal.core.outcome import Applied
from reseal.core.resource import BucketResource
from reseal.runtime.telemetry import PowertoolsTelemetry
from tests.support.builders import (
    BUCKET,
    DEFAULT_ENCRYPTION,
    EVENT_ID,
    KEY,
    TEAM_KEY,
    a_call,
    a_key_call,
    an_object_call,
    encryption,
    requirements,
)
from tests.support.fakes.services import NOON
from tests.support.findings import an_entry
from tests.support.names import unique

CHECKS = sorted(check.id for check in checks_of(BucketResource))


def repaired() -> EventResult:
    """An SSE-S3 bucket put under K 2.5 seconds after the call."""
    required, call, found = requirements(), a_call(time=NOON - timedelta(seconds=2.5)), encryption()
    decisions = decisions_of(required, call, ObservedBucket(read_at=NOON, encryption=found))
    after = encryption("aws:kms", required.remediation_key, bucket_key=True)
    outcome = Applied(after=after, at=NOON)
    results = {check: CheckResult(decision=one, before=found) for check, one in decisions.items()}
    results[DEFAULT_ENCRYPTION] = replace(results[DEFAULT_ENCRYPTION], entry=an_entry(outcome, found))
    findings = findings_of(required, call, results)
    return EventResult(call=call, decisions=decisions, outcome=outcome, findings=findings)


@pytest.fixture
def emitted(capsys: pytest.CaptureFixture[str]) -> Callable[[EventResult], list[dict[str, Any]]]:
    def record(event_result: EventResult) -> list[dict[str, Any]]:
        PowertoolsTelemetry(Logger(service=unique("telemetry"))).record(event_result)
        return [json.loads(line) for line in capsys.readouterr().out.splitlines()]

    return record


def log_lines(documents: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [document for document in documents if "_aws" not in document]


def metrics(documents: list[dict[str, Any]], name: str) -> list[dict[str, Any]]:
    return [document for document in documents if "_aws" in document and name in document]


def test_event_sends_no_metric_if_metrics_are_off(
    emitted: Callable[[EventResult], list[dict[str, Any]]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("POWERTOOLS_METRICS_DISABLED", "true")

    documents = emitted(repaired())

    assert len(documents) == len(log_lines(documents)) == 1


def test_event_leaves_one_log_line(emitted: Callable[[EventResult], list[dict[str, Any]]]) -> None:
    assert len(log_lines(emitted(repaired()))) == 1


def test_log_line_says_what_came_of_the_event(
    emitted: Callable[[EventResult], list[dict[str, Any]]],
) -> None:
    event_result = repaired()

    (line,) = log_lines(emitted(event_result))

    expected = {
        "level": "INFO",
        "message": f"PutBucketEncryption bucket {BUCKET}: Applied",
        "event_id": EVENT_ID,
        "api_call": "PutBucketEncryption",
        "bucket": BUCKET,
        "actor": event_result.call.actor.who,
        "tool": "AWS CLI",
        "result": "Applied",
        "checks": event_result.status_by_check,
        "findings": [finding.id for finding in event_result.findings],
        "suppressed": False,
    }
    assert {name: line[name] for name in expected} == expected


@pytest.mark.parametrize(
    ("call", "named"),
    [
        (a_call(), {"bucket": BUCKET}),
        (an_object_call(version_id="v1"), {"bucket": BUCKET, "object_key": KEY, "version_id": "v1"}),
        (a_key_call(), {"kms_key": TEAM_KEY}),
    ],
    ids=["bucket", "object", "key"],
)
def test_log_line_names_the_resource_and_nothing_else(
    emitted: Callable[[EventResult], list[dict[str, Any]]], call: Any, named: dict[str, str]
) -> None:
    (line,) = log_lines(emitted(EventResult(call=call, decisions={}, outcome=None, findings=())))

    names = ("bucket", "object_key", "version_id", "kms_key")
    assert {name: line[name] for name in names if name in line} == named


def test_every_check_is_counted_once_with_its_status(
    emitted: Callable[[EventResult], list[dict[str, Any]]],
) -> None:
    event_result = repaired()

    counted = metrics(emitted(event_result), "Checks")

    assert {m["Check"]: (m["Status"], m["Checks"]) for m in counted} == {
        check: (status, [1.0]) for check, status in event_result.status_by_check.items()
    }
    assert sorted(m["Check"] for m in counted) == CHECKS


def test_metric_is_declared_as_cloudwatch_reads_it(
    emitted: Callable[[EventResult], list[dict[str, Any]]],
) -> None:
    counted = metrics(emitted(repaired()), "Checks")

    declared = [m["_aws"]["CloudWatchMetrics"] for m in counted]
    assert [d[0]["Namespace"] for d in declared] == ["Reseal"] * len(CHECKS)
    assert all(set(d[0]["Dimensions"][0]) >= {"Check", "Status"} for d in declared)
    assert all(d[0]["Metrics"] == [{"Name": "Checks", "Unit": "Count"}] for d in declared)


def test_seconds_of_a_repair_are_measured(
    emitted: Callable[[EventResult], list[dict[str, Any]]],
) -> None:
    (measured,) = metrics(emitted(repaired()), "SecondsToRemediate")

    assert (measured["Check"], measured["SecondsToRemediate"]) == ("S3.BucketDefaultEncryption", [2.5])


def test_event_without_findings_leaves_its_line_and_no_repair_time(
    emitted: Callable[[EventResult], list[dict[str, Any]]],
) -> None:
    event_result = EventResult(call=a_call(), decisions={}, outcome=None, findings=())

    documents = emitted(event_result)

    assert (len(log_lines(documents)), metrics(documents, "SecondsToRemediate")) == (1, [])
