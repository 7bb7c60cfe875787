"""The reason in the log line of an event: that of its outcome, or else those of its findings."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from aws_lambda_powertools import Logger

from reseal.core.outcome import SkipCause, Skipped
from reseal.runtime.telemetry import PowertoolsTelemetry
from tests.support.names import unique
from tests.unit.runtime.test_telemetry import repaired


@pytest.mark.parametrize("skipped", [True, False], ids=["skipped", "repaired"])
def test_line_gives_the_reason(capsys: pytest.CaptureFixture[str], skipped: bool) -> None:
    event_result = repaired()
    if skipped:
        event_result = replace(event_result, outcome=Skipped(cause=SkipCause.GONE, reason="it is gone"))

    PowertoolsTelemetry(Logger(service=unique("reason"))).record(event_result)

    (line,) = [x for x in map(json.loads, capsys.readouterr().out.splitlines()) if "reason" in x]
    assert line["reason"] == (["it is gone"] if skipped else [f.reason for f in event_result.findings])
