"""The Lambda handler of the trail coverage check, with trails that the test chooses."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from dataclasses import dataclass
from types import ModuleType
from typing import Any

import pytest

from reseal.core.errors import TransientError
from reseal.core.trail.selectors import BasicSelector
from reseal.core.trail.trail import Trail
from tests.unit.functions.handlers import load_app

ARN = "arn:aws:cloudtrail:us-east-1:111122223333:trail/main"
OF_OBJECTS = "arn:aws:cloudtrail:us-east-1:111122223333:trail/reseal-objects"
OWN_TRAIL = {
    "OBJECT_TRAIL_ARN": OF_OBJECTS,
    "OBJECT_BUCKETS": "*",
    "OBJECT_SCOPE": "*",
    "TRAIL_BUCKET_ARN": "arn:aws:s3:::reseal-logs",
    "OWN_SESSIONS": "arn:aws:sts::111122223333:assumed-role/reseal/",
}


COVERAGE = ("covered", "reason", "objects", "objects_reason", "keys", "keys_reason")


@dataclass
class FakeCloudTrail:
    trails: tuple[Trail, ...] = ()
    fails: Exception | None = None

    def read_trails(self) -> tuple[Trail, ...]:
        if self.fails:
            raise self.fails
        return self.trails


@dataclass
class FakeKeyWatch:
    asked: int = 0
    fails: Exception | None = None

    def ask_about_keys(self) -> None:
        if self.fails:
            raise self.fails
        self.asked += 1


@dataclass
class FakeContext:
    function_name: str = "check"


@pytest.fixture
def app(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.setenv("AWS_REGION", "us-east-1")
    monkeypatch.setenv("OBJECT_TRAIL_ARN", "")
    monkeypatch.setenv("KEY_LOOK_QUEUE_URL", "https://sqs/looks")
    return load_app("check_trail")


@pytest.fixture
def cloudtrail(app: ModuleType, monkeypatch: pytest.MonkeyPatch) -> FakeCloudTrail:
    fake = FakeCloudTrail()
    monkeypatch.setattr(app, "cloudtrail", lambda: fake)
    return fake


@pytest.fixture
def queue_of_the_key_lane(app: ModuleType) -> Callable[[], object]:
    """What the fake replaces."""
    made: Callable[[], object] = app.key_lane
    return made


@pytest.fixture(autouse=True)
def key_watch(
    app: ModuleType, monkeypatch: pytest.MonkeyPatch, queue_of_the_key_lane: Callable[[], object]
) -> FakeKeyWatch:
    fake = FakeKeyWatch()
    monkeypatch.setattr(app, "key_lane", lambda: fake)
    return fake


@pytest.fixture
def log(app: ModuleType) -> io.StringIO:
    text = io.StringIO()
    app.logger.registered_handler.setStream(text)
    return text


@pytest.mark.parametrize(("logging", "level"), [(True, "INFO"), (False, "WARNING")])
def test_answer_and_line_and_metric_agree(
    app: ModuleType,
    cloudtrail: FakeCloudTrail,
    log: io.StringIO,
    capsys: pytest.CaptureFixture[str],
    logging: bool,
    level: str,
) -> None:
    everything = BasicSelector(read_write="All", management=True)
    cloudtrail.trails = (Trail(arn=ARN, multi_region=False, logging=logging, selectors=(everything,)),)

    answer: dict[str, Any] = app.handler({}, FakeContext())

    line, metric = json.loads(log.getvalue()), json.loads(capsys.readouterr().out)
    assert answer == {name: line[name] for name in COVERAGE}
    assert (line["level"], line["covered"]) == (level, logging)
    assert (metric["TrailCoverage"], metric["FunctionName"]) == ([float(logging)], "check")


@pytest.mark.parametrize("logging", [True, False])
def test_stack_that_made_a_trail_of_objects_is_covered_only_while_that_one_logs(
    app: ModuleType, cloudtrail: FakeCloudTrail, monkeypatch: pytest.MonkeyPatch, logging: bool
) -> None:
    for name, value in OWN_TRAIL.items():
        monkeypatch.setenv(name, value)
    calls = BasicSelector(read_write="All", management=True)
    writes = app.own_trail().selector
    cloudtrail.trails = (
        Trail(arn=ARN, multi_region=False, logging=True, selectors=(calls,)),
        Trail(arn=OF_OBJECTS, multi_region=False, logging=logging, selectors=(writes,)),
    )

    answer: dict[str, Any] = app.handler({}, FakeContext())

    assert (answer["covered"], answer["objects"]) == (logging, logging)


def test_check_that_gets_no_answer_fails_and_counts_nothing(
    app: ModuleType, cloudtrail: FakeCloudTrail, capsys: pytest.CaptureFixture[str]
) -> None:
    cloudtrail.fails = TransientError("no answer")

    with pytest.raises(TransientError):
        app.handler({}, FakeContext())

    assert capsys.readouterr().out == ""


def test_client_is_made_once_for_the_region_of_the_function(app: ModuleType) -> None:
    assert app.cloudtrail() is app.cloudtrail()


def test_key_lane_is_asked_about_its_keys_also_without_a_trail(
    app: ModuleType, cloudtrail: FakeCloudTrail, key_watch: FakeKeyWatch
) -> None:
    answer = app.handler({}, FakeContext())

    assert key_watch.asked == 1
    assert answer["keys"] is False


def test_question_that_fails_fails_the_check(
    app: ModuleType, cloudtrail: FakeCloudTrail, key_watch: FakeKeyWatch
) -> None:
    key_watch.fails = TransientError("throttled")

    with pytest.raises(TransientError):
        app.handler({}, FakeContext())


def test_lane_that_is_off_is_not_asked(
    app: ModuleType,
    cloudtrail: FakeCloudTrail,
    monkeypatch: pytest.MonkeyPatch,
    queue_of_the_key_lane: Callable[[], object],
) -> None:
    monkeypatch.setattr(app, "key_lane", queue_of_the_key_lane)
    monkeypatch.setenv("KEY_LOOK_QUEUE_URL", "")

    assert app.key_lane() is None
    assert app.handler({}, FakeContext())["keys"] is False


def test_client_of_the_key_lanes_queue_is_made_once(queue_of_the_key_lane: Callable[[], object]) -> None:
    assert queue_of_the_key_lane() is not None
    assert queue_of_the_key_lane() is queue_of_the_key_lane()
