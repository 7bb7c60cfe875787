"""The Lambda handler of the object lane, with a fake flow."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from types import ModuleType

import pytest
from botocore.awsrequest import AWSResponse, HeadersDict

from reseal.core.calls.queue_message import CloseWindow
from reseal.core.errors import AccessDeniedError, MalformedEventError, SettingsError, TransientError
from reseal.core.findings.message import Message
from reseal.flow.delivery import Delivery
from reseal.runtime.deadline import Deadline
from tests.support.builders import K, an_object, object_encryption
from tests.unit.functions.handlers import batch, load_app
from tests.unit.functions.test_enforce_bucket import SETTINGS as OF_EVERY_LANE

SETTINGS = OF_EVERY_LANE | {
    "REENCRYPTION_METHOD": "copy",
    "MULTIPART_COPY_LIMIT_GIB": "50",
    "EXEMPT_LOG_DELIVERIES": "true",
    "ALERT_WINDOW_SECONDS": "300",
    "QUEUE_URL": "https://sqs.us-east-1.amazonaws.com/111122223333/objects",
    "OBJECT_SCOPE": "*",
}
PART = {
    "Bucket": "payroll",
    "Key": "a.csv",
    "UploadId": "upload-1",
    "PartNumber": 1,
    "CopySource": "payroll/a.csv",
}


@dataclass
class FakeFlow:
    """Answers with the failures that the test ordered; keeps what came, and the seconds that were left."""

    deadline: Deadline
    fails: dict[str, Exception] = field(default_factory=dict)
    came: list[Mapping[str, Delivery]] = field(default_factory=list)
    seconds_left: float = 0.0

    def run(self, deliveries: Mapping[str, Delivery]) -> Mapping[str, Exception]:
        self.came.append(deliveries)
        self.seconds_left = self.deadline.seconds_left()
        return self.fails


class FakeContext:
    """Lambda's context."""

    aws_request_id = "request-1"

    def get_remaining_time_in_millis(self) -> int:
        return 90_000


class Body:
    """An empty answer as botocore reads it."""

    def stream(self, **_: object) -> Iterator[bytes]:
        yield b""


@pytest.fixture
def app() -> ModuleType:
    return load_app("enforce_object")


@pytest.fixture
def flow(app: ModuleType, monkeypatch: pytest.MonkeyPatch) -> FakeFlow:
    flow = FakeFlow(app.deadline)
    monkeypatch.setattr(app, "flow", lambda: flow)
    return flow


def test_the_whole_batch_is_one_run(app: ModuleType, flow: FakeFlow) -> None:
    answer = app.handler(batch("a", "b", receive_count=3), FakeContext())

    assert answer == {"batchItemFailures": []}
    assert flow.came == [
        {
            "id-a": Delivery(body="a", receive_count=3, invocation="request-1/id-a"),
            "id-b": Delivery(body="b", receive_count=3, invocation="request-1/id-b"),
        }
    ]


def test_the_flow_knows_the_seconds_that_are_left(app: ModuleType, flow: FakeFlow) -> None:
    app.handler(batch("a"), FakeContext())

    assert flow.seconds_left == 90


def test_every_client_of_the_lane_obeys_the_deadline(
    app: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in SETTINGS.items():
        monkeypatch.setenv(name, value)
    kind, head = app.flow().kind, an_object()
    app.deadline.begin(lambda: 0.0)

    for call in (
        lambda: kind.objects.objects.read("payroll", "a.csv", None),
        lambda: kind.objects.objects.copy(head, object_encryption("aws:kms", K), {}),
        lambda: kind.objects.objects._copies.client.upload_part_copy(**PART),
        lambda: kind.services.ledger.read_all(["object#1"]),
        lambda: kind.services.windows.read("payroll"),
        lambda: kind.services.reminders.remind(CloseWindow(scope="payroll", window_id="1"), 1),
        lambda: kind.services.buckets.read_encryption("payroll"),
        lambda: kind.services.keys.describe(K),
        lambda: kind.services.topic.publish(Message(subject="s", email="e", document="{}", attributes={})),
    ):
        with pytest.raises(TransientError, match="too little time is left"):
            call()


def test_no_copy_begins_that_could_outlast_the_invocation_while_a_read_still_can(
    app: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    credentials = {"AWS_ACCESS_KEY_ID": "stub", "AWS_SECRET_ACCESS_KEY": "stub"}
    for name, value in (SETTINGS | credentials).items():
        monkeypatch.setenv(name, value)
    objects = app.flow().kind.objects.objects
    app.deadline.begin(lambda: 62.0)
    refused = AWSResponse("https://s3", 403, HeadersDict(), Body())
    objects._client.meta.events.register("before-send", lambda **_: refused)

    with pytest.raises(AccessDeniedError):
        objects.read("payroll", "a.csv", None)
    with pytest.raises(TransientError, match="too little time is left"):
        objects.copy(an_object(), object_encryption("aws:kms", K), {})


def test_each_invocation_begins_with_its_own_time(app: ModuleType, flow: FakeFlow) -> None:
    app.deadline.begin(lambda: 0.0)

    app.handler(batch("a"), FakeContext())

    app.deadline.check(90.0)


def test_only_what_failed_goes_back_and_the_log_says_why(app: ModuleType, flow: FakeFlow) -> None:
    flow.fails = {"id-b": MalformedEventError("no JSON"), "id-c": ZeroDivisionError("a bug")}
    text = io.StringIO()
    app.logger.registered_handler.setStream(text)

    answer = app.handler(batch("a", "b", "c"), FakeContext())

    assert [failure["itemIdentifier"] for failure in answer["batchItemFailures"]] == ["id-b", "id-c"]
    lines = [json.loads(line) for line in text.getvalue().splitlines()]
    assert [(line["error"], "exception" in line) for line in lines] == [
        ("MalformedEventError", False),
        ("ZeroDivisionError", True),
    ]


def test_a_batch_that_fails_whole_goes_back_whole_and_is_no_error(app: ModuleType, flow: FakeFlow) -> None:
    flow.fails = {"id-a": MalformedEventError("no JSON")}

    answer = app.handler(batch("a"), FakeContext())

    assert answer == {"batchItemFailures": [{"itemIdentifier": "id-a"}]}


def test_wrong_settings_fail_the_invocation(app: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("REENCRYPTION_METHOD", raising=False)

    with pytest.raises(SettingsError, match="REENCRYPTION_METHOD is not set"):
        app.handler(batch("a"), FakeContext())
