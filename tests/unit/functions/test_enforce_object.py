"""The Lambda handler of the object lane, with Powertools' own batch processing and a fake lane."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import ModuleType

import pytest

from reseal.core.errors import MalformedEventError, SettingsError
from reseal.lanes.delivery import Delivery
from tests.unit.functions.handlers import batch, load_app


@dataclass
class FakeLane:
    """Answers with the failures that the test ordered; keeps what came."""

    fails: dict[str, Exception] = field(default_factory=dict)
    came: list[Mapping[str, Delivery]] = field(default_factory=list)
    seconds_left: float = 0.0

    def enforce(
        self, deliveries: Mapping[str, Delivery], seconds_left: Callable[[], float]
    ) -> Mapping[str, Exception]:
        self.came.append(deliveries)
        self.seconds_left = seconds_left()
        return self.fails


class FakeContext:
    """Lambda's context."""

    aws_request_id = "request-1"

    def get_remaining_time_in_millis(self) -> int:
        return 90_000


@pytest.fixture
def app() -> ModuleType:
    return load_app("enforce_object")


@pytest.fixture
def lane(app: ModuleType, monkeypatch: pytest.MonkeyPatch) -> FakeLane:
    lane = FakeLane()
    monkeypatch.setattr(app, "object_lane", lambda: lane)
    return lane


def test_the_whole_batch_is_one_run(app: ModuleType, lane: FakeLane) -> None:
    answer = app.handler(batch("a", "b", receive_count=3), FakeContext())

    assert answer == {"batchItemFailures": []}
    assert lane.came == [
        {
            "id-a": Delivery(body="a", receive_count=3, invocation="request-1/id-a"),
            "id-b": Delivery(body="b", receive_count=3, invocation="request-1/id-b"),
        }
    ]


def test_the_lane_knows_the_seconds_that_are_left(app: ModuleType, lane: FakeLane) -> None:
    app.handler(batch("a"), FakeContext())

    assert lane.seconds_left == 90


def test_only_what_failed_goes_back_and_the_log_says_why(app: ModuleType, lane: FakeLane) -> None:
    lane.fails = {"id-b": MalformedEventError("no JSON"), "id-c": ZeroDivisionError("a bug")}
    text = io.StringIO()
    app.logger.registered_handler.setStream(text)

    answer = app.handler(batch("a", "b", "c"), FakeContext())

    assert [failure["itemIdentifier"] for failure in answer["batchItemFailures"]] == ["id-b", "id-c"]
    lines = [json.loads(line) for line in text.getvalue().splitlines()]
    assert [(line["error"], "exception" in line) for line in lines] == [
        ("MalformedEventError", False),
        ("ZeroDivisionError", True),
    ]


def test_a_batch_that_fails_whole_goes_back_whole_and_is_no_error(app: ModuleType, lane: FakeLane) -> None:
    lane.fails = {"id-a": MalformedEventError("no JSON")}

    answer = app.handler(batch("a"), FakeContext())

    assert answer == {"batchItemFailures": [{"itemIdentifier": "id-a"}]}


def test_wrong_settings_fail_the_invocation(app: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("REENCRYPTION_METHOD", raising=False)

    with pytest.raises(SettingsError, match="REENCRYPTION_METHOD is not set"):
        app.handler(batch("a"), FakeContext())
