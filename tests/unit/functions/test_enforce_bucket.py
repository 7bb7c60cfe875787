"""The Lambda handler of the bucket lane, with a fake flow."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import ModuleType
from typing import Any

import pytest

from reseal.core.calls.queue_message import CloseWindow
from reseal.core.errors import LeaseHeldError, MalformedEventError, SettingsError, TransientError
from reseal.core.findings.message import Message
from reseal.flow.batch import Batch
from reseal.flow.delivery import Delivery
from reseal.runtime.settings import OF_S3
from tests.support.builders import K
from tests.support.fakes.executor import OneByOne
from tests.unit.functions.handlers import batch, load_app

SETTINGS = {
    "REQUIRED_ENCRYPTION": "SSE-KMS",
    "MODE": "enforce",
    "REPLACE_UNAPPROVED_KEYS": "false",
    "REMEDIATION_KEY_ARN": K,
    "APPROVED_KEYS": "account",
    "EXEMPT_CONTROL_TOWER": "true",
    "CALLERS_MAY_USE_KEY": "false",
    "CHECK_MODES": ",".join(f"{check}=enforce" for check in sorted(OF_S3)),
    "ACCOUNT_ID": "111122223333",
    "AWS_REGION": "us-east-1",
    "TOPIC_ARN": "arn:aws:sns:us-east-1:111122223333:findings",
    "LEDGER_TABLE": "ledger",
    "SNAPSHOT_TABLE": "seen",
    "LEDGER_DAYS": "90",
    "RUNBOOK_URL": "docs/runbook.md",
    "ALERT_WINDOW_SECONDS": "900",
    "POLICY_QUEUE_URL": "https://sqs.us-east-1.amazonaws.com/111122223333/policies",
    "QUEUE_URL": "https://sqs.us-east-1.amazonaws.com/111122223333/buckets",
}


@dataclass
class FakeFlow:
    """Answers with the failures that the test ordered, by body; keeps what came."""

    fails: dict[str, Exception] = field(default_factory=dict)
    came: list[Mapping[str, Delivery]] = field(default_factory=list)

    def run(self, deliveries: Mapping[str, Delivery]) -> Mapping[str, Exception]:
        self.came.append(deliveries)
        failing = {m: self.fails[one.body] for m, one in deliveries.items() if one.body in self.fails}
        batch = Batch(workers=OneByOne())
        batch.for_each(_fail, failing)
        return batch.failures


def _fail(error: Exception) -> None:
    raise error


class FakeContext:
    """Lambda's context."""

    aws_request_id = "request-1"

    def get_remaining_time_in_millis(self) -> int:
        return 60_000


@pytest.fixture
def app() -> ModuleType:
    return load_app("enforce_bucket")


@pytest.fixture
def flow(app: ModuleType, monkeypatch: pytest.MonkeyPatch) -> FakeFlow:
    flow = FakeFlow()
    monkeypatch.setattr(app, "flow", lambda: flow)
    return flow


@pytest.fixture
def log(app: ModuleType) -> io.StringIO:
    text = io.StringIO()
    app.logger.registered_handler.setStream(text)
    return text


def returned(answer: dict[str, Any]) -> list[str]:
    return [failure["itemIdentifier"] for failure in answer["batchItemFailures"]]


def lines(log: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in log.getvalue().splitlines()]


def test_a_message_is_handed_on_with_how_often_it_came_and_to_which_invocation(
    app: ModuleType, flow: FakeFlow
) -> None:
    answer = app.handler(batch("a", receive_count=3), FakeContext())

    assert flow.came == [{"id-a": Delivery(body="a", receive_count=3, invocation="request-1/id-a")}]
    assert returned(answer) == []


def test_the_whole_batch_is_one_run(app: ModuleType, flow: FakeFlow) -> None:
    app.handler(batch("a", "b"), FakeContext())

    (came,) = flow.came
    assert list(came) == ["id-a", "id-b"]


def test_a_poison_message_leaves_its_mates_alone(app: ModuleType, flow: FakeFlow, log: io.StringIO) -> None:
    flow.fails["b"] = MalformedEventError("detail is not an object")

    answer = app.handler(batch("a", "b", "c"), FakeContext())

    assert returned(answer) == ["id-b"]


def test_a_batch_that_fails_whole_goes_back_whole(app: ModuleType, flow: FakeFlow, log: io.StringIO) -> None:
    flow.fails = {"a": TransientError("SlowDown"), "b": LeaseHeldError("held")}

    answer = app.handler(batch("a", "b"), FakeContext())

    assert returned(answer) == ["id-a", "id-b"]


def test_a_failure_of_one_batch_is_forgotten_in_the_next(
    app: ModuleType, flow: FakeFlow, log: io.StringIO
) -> None:
    flow.fails["a"] = TransientError("SlowDown")
    app.handler(batch("a"), FakeContext())

    answer = app.handler(batch("b"), FakeContext())

    assert returned(answer) == []


def test_each_invocation_begins_with_its_own_time(app: ModuleType, flow: FakeFlow) -> None:
    app.deadline.begin(lambda: 0.0)
    app.deadline.keep(60.0)

    app.handler(batch("a"), FakeContext())

    app.deadline.check(60.0)
    with pytest.raises(TransientError):
        app.deadline.check(60.1)


def test_every_client_of_the_lane_obeys_the_deadline(
    app: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in SETTINGS.items():
        monkeypatch.setenv(name, value)
    services = app.flow().kind.services
    app.deadline.begin(lambda: 0.0)

    for call in (
        lambda: services.buckets.read_encryption("payroll"),
        lambda: services.keys.describe(K),
        lambda: services.ledger.read_all(["payroll#1"]),
        lambda: services.windows.read("payroll"),
        lambda: services.reminders.remind(CloseWindow(scope="payroll", window_id="1"), 1),
        lambda: services.topic.publish(Message(subject="s", email="e", document="{}", attributes={})),
    ):
        with pytest.raises(TransientError, match="too little time is left"):
            call()


def test_an_expected_error_is_one_line_without_a_trace(
    app: ModuleType, flow: FakeFlow, log: io.StringIO
) -> None:
    flow.fails["a"] = MalformedEventError("detail is not an object")

    app.handler(batch("a"), FakeContext())

    (line,) = lines(log)
    assert line["message"] == "the message goes back to the queue: detail is not an object"
    assert (line["level"], line["error"], line["message_id"], line["body"]) == (
        "ERROR",
        "MalformedEventError",
        "id-a",
        "a",
    )
    assert "exception" not in line


def test_an_unexpected_error_is_logged_with_its_trace(
    app: ModuleType, flow: FakeFlow, log: io.StringIO
) -> None:
    flow.fails["a"] = ZeroDivisionError("oops")

    answer = app.handler(batch("a"), FakeContext())

    (line,) = lines(log)
    assert returned(answer) == ["id-a"]
    assert line["error"] == "ZeroDivisionError"
    assert "Traceback" in line["exception"]


def test_the_log_has_no_more_than_the_beginning_of_a_long_message(
    app: ModuleType, flow: FakeFlow, log: io.StringIO
) -> None:
    body = "x" * 100_000
    flow.fails[body] = MalformedEventError("the message is not JSON")

    app.handler(batch(body), FakeContext())

    (line,) = lines(log)
    assert len(line["body"]) == 2048


@pytest.mark.parametrize("missing", sorted(SETTINGS))
def test_a_missing_setting_fails_the_whole_invocation(
    app: ModuleType, monkeypatch: pytest.MonkeyPatch, missing: str
) -> None:
    for name, value in SETTINGS.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv(missing)

    with pytest.raises(SettingsError, match=missing):
        app.handler(batch("a"), FakeContext())


def test_wrong_settings_fail_every_invocation(app: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in SETTINGS.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("MODE", "sometimes")

    for _ in range(2):
        with pytest.raises(SettingsError, match="MODE is 'sometimes'"):
            app.handler(batch("a"), FakeContext())


def test_the_flow_is_made_once(app: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in SETTINGS.items():
        monkeypatch.setenv(name, value)

    first, second = app.flow(), app.flow()

    assert first is second
    assert first.policy.default.remediation_key == K
