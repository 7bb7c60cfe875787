"""The Lambda handler of the bucket lane, with Powertools' own batch processing and a fake lane."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from types import ModuleType
from typing import Any

import pytest

from reseal.core.errors import LeaseHeldError, MalformedEventError, SettingsError, TransientError
from reseal.core.findings.message import Message
from reseal.flow.delivery import Delivery
from tests.support.builders import ENFORCE_ALL, K
from tests.unit.functions.handlers import batch, load_app

PLENTY, TOO_LITTLE = 60_000, 19_999

SETTINGS = {
    "REQUIRED_ENCRYPTION": "SSE-KMS",
    "MODE": "enforce",
    "REPLACE_UNAPPROVED_KEYS": "false",
    "REMEDIATION_KEY_ARN": K,
    "STACK_KEY_ARN": K,
    "APPROVED_KEYS": "account",
    "EXEMPT_CONTROL_TOWER": "true",
    "CALLERS_MAY_USE_KEY": "false",
    "CHECK_MODES": ",".join(f"{check}=enforce" for check in ENFORCE_ALL),
    "ACCOUNT_ID": "111122223333",
    "AWS_REGION": "us-east-1",
    "TOPIC_ARN": "arn:aws:sns:us-east-1:111122223333:findings",
    "LEDGER_TABLE": "ledger",
    "LEDGER_DAYS": "90",
}


@dataclass
class FakeLane:
    """Raises what the test ordered for a body; keeps what came."""

    fails: dict[str, Exception] = field(default_factory=dict)
    came: list[Delivery] = field(default_factory=list)

    def enforce(self, delivery: Delivery) -> None:
        self.came.append(delivery)
        if delivery.body in self.fails:
            raise self.fails[delivery.body]


@dataclass
class FakeContext:
    """Lambda's context: `left` answers how many milliseconds remain, call after call."""

    left: Callable[[], int] = lambda: PLENTY
    aws_request_id: str = "request-1"

    def get_remaining_time_in_millis(self) -> int:
        return self.left()


@pytest.fixture
def app() -> ModuleType:
    return load_app("enforce_bucket")


@pytest.fixture
def lane(app: ModuleType, monkeypatch: pytest.MonkeyPatch) -> FakeLane:
    lane = FakeLane()
    monkeypatch.setattr(app, "bucket_lane", lambda: lane)
    return lane


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
    app: ModuleType, lane: FakeLane
) -> None:
    answer = app.handler(batch("a", receive_count=3), FakeContext())

    assert lane.came == [Delivery(body="a", receive_count=3, invocation="request-1/id-a")]
    assert returned(answer) == []


def test_a_poison_message_leaves_its_mates_alone(app: ModuleType, lane: FakeLane, log: io.StringIO) -> None:
    lane.fails["b"] = MalformedEventError("detail is not an object")

    answer = app.handler(batch("a", "b", "c"), FakeContext())

    assert [delivery.body for delivery in lane.came] == ["a", "b", "c"]
    assert returned(answer) == ["id-b"]


def test_a_batch_that_fails_whole_goes_back_whole(app: ModuleType, lane: FakeLane, log: io.StringIO) -> None:
    lane.fails = {"a": TransientError("SlowDown"), "b": LeaseHeldError("held")}

    answer = app.handler(batch("a", "b"), FakeContext())

    assert returned(answer) == ["id-a", "id-b"]


def test_a_failure_of_one_batch_is_forgotten_in_the_next(
    app: ModuleType, lane: FakeLane, log: io.StringIO
) -> None:
    lane.fails["a"] = TransientError("SlowDown")
    app.handler(batch("a"), FakeContext())

    answer = app.handler(batch("b"), FakeContext())

    assert returned(answer) == []


def test_what_there_is_no_time_for_goes_back_untouched(
    app: ModuleType, lane: FakeLane, log: io.StringIO
) -> None:
    left = iter([PLENTY, TOO_LITTLE, TOO_LITTLE])

    answer = app.handler(batch("a", "b", "c"), FakeContext(left=lambda: next(left)))

    assert [delivery.body for delivery in lane.came] == ["a"]
    assert returned(answer) == ["id-b", "id-c"]


def test_a_slow_bucket_goes_back_in_time_and_leaves_its_mates_done(
    app: ModuleType, monkeypatch: pytest.MonkeyPatch, log: io.StringIO
) -> None:
    clock = {"left": 90.0}

    class SlowLane(FakeLane):
        def enforce(self, delivery: Delivery) -> None:
            super().enforce(delivery)
            for _ in range(10):
                app.deadline.check(54.0)  # as before each call
                clock["left"] -= 20.0 if delivery.body == "slow" else 0.1

    lane = SlowLane()
    monkeypatch.setattr(app, "bucket_lane", lambda: lane)

    answer = app.handler(batch("a", "slow", "b"), FakeContext(left=lambda: int(clock["left"] * 1000)))

    assert returned(answer) == ["id-slow", "id-b"]
    assert clock["left"] > 0


def test_every_client_of_the_lane_obeys_the_deadline(
    app: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in SETTINGS.items():
        monkeypatch.setenv(name, value)
    services = app.bucket_lane().services
    app.deadline.begin(lambda: 0.0)

    for call in (
        lambda: services.buckets.read_encryption("payroll"),
        lambda: services.keys.describe(K),
        lambda: services.ledger.read_all(["payroll#1"]),
        lambda: services.topic.publish(Message(subject="s", email="e", document="{}", attributes={})),
    ):
        with pytest.raises(TransientError, match="too little time is left"):
            call()


def test_an_expected_error_is_one_line_without_a_trace(
    app: ModuleType, lane: FakeLane, log: io.StringIO
) -> None:
    lane.fails["a"] = MalformedEventError("detail is not an object")

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
    app: ModuleType, lane: FakeLane, log: io.StringIO
) -> None:
    lane.fails["a"] = ZeroDivisionError("oops")

    answer = app.handler(batch("a"), FakeContext())

    (line,) = lines(log)
    assert returned(answer) == ["id-a"]
    assert line["error"] == "ZeroDivisionError"
    assert "Traceback" in line["exception"]


def test_the_log_has_no_more_than_the_beginning_of_a_long_message(
    app: ModuleType, lane: FakeLane, log: io.StringIO
) -> None:
    body = "x" * 100_000
    lane.fails[body] = MalformedEventError("the message is not JSON")

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


def test_the_lane_is_made_once(app: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in SETTINGS.items():
        monkeypatch.setenv(name, value)

    first, second = app.bucket_lane(), app.bucket_lane()

    assert first is second
    assert first.policy.default.remediation_key == K
