"""No call to AWS starts that could outlast the invocation."""

from __future__ import annotations

import re
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import boto3
import pytest
from botocore.awsrequest import AWSResponse, HeadersDict
from botocore.config import Config
from botocore.exceptions import ClientError, ReadTimeoutError

from localcloud.client.handle import REPOSITORY
from reseal.aws.s3.buckets import retry_conflicts
from reseal.core.errors import TransientError
from reseal.runtime.deadline import Deadline, longest_attempt
from reseal.runtime.wiring import clients, objects
from reseal.runtime.wiring.clients import CALLS
from reseal.runtime.wiring.objects import COPIES, OBJECT_CALLS
from tests.support.fakes.stubs import stubbed


def longest_call(calls: Config) -> float:
    """The seconds that one call can take with all its retries."""
    attempts = calls.retries["total_max_attempts"]
    pauses = sum(min(2.0 ** (attempt - 1), 20) + 5 for attempt in range(1, attempts))
    return attempts * longest_attempt(calls) + pauses


NEEDED = longest_call(CALLS)
ONE_ATTEMPT = longest_attempt(CALLS)
TEMPLATE = (REPOSITORY / "template.yaml").read_text()
FOR_ONE_OBJECT = objects.SECONDS_FOR_ONE + objects.SECONDS_TO_END
"""What a call leaves until the repairs begin."""

BUCKET_FUNCTION, OBJECT_FUNCTION = map(int, re.findall(r"^ +Timeout: (\d+)", TEMPLATE, re.MULTILINE)[:2])

LANES = pytest.mark.parametrize("lane", [clients, objects], ids=["buckets", "objects"])


@LANES
def test_a_batch_needs_two_reads_of_the_ledger_and_the_call_that_opens_its_entries(lane: Any) -> None:
    assert lane.SECONDS_TO_RECORD == 3 * ONE_ATTEMPT


@LANES
def test_a_batch_needs_the_calls_that_close_its_entries_and_publish_after_its_writes(lane: Any) -> None:
    assert lane.SECONDS_TO_END == ONE_ATTEMPT + ONE_ATTEMPT


# --- the bucket lane ---------------------------------------------------------------------------


def test_other_messages_have_time_after_one_whose_call_timed_out() -> None:
    timed_out = 4 * (3 + 5) + 1

    assert BUCKET_FUNCTION - timed_out > NEEDED


def test_a_bucket_needs_its_write_and_the_read_after_it() -> None:
    assert clients.SECONDS_FOR_ONE == ONE_ATTEMPT + ONE_ATTEMPT


def test_buckets_have_time_for_their_reads_before_what_every_batch_needs() -> None:
    needed = clients.SECONDS_TO_RECORD + clients.SECONDS_FOR_ONE + clients.SECONDS_TO_END

    assert BUCKET_FUNCTION - needed >= 4 * ONE_ATTEMPT


# --- the object lane ---------------------------------------------------------------------------


def test_only_a_copy_waits_longer_and_is_then_tried_less_often() -> None:
    assert (longest_attempt(OBJECT_CALLS), longest_call(OBJECT_CALLS)) == (ONE_ATTEMPT, NEEDED)
    assert longest_attempt(COPIES) == 3 + 60
    assert longest_call(COPIES) == 3 * (3 + 60) + (1 + 2) + 2 * 5


def test_an_object_needs_its_copy_and_the_read_after_it() -> None:
    assert longest_attempt(COPIES) + ONE_ATTEMPT == objects.SECONDS_FOR_ONE


def test_a_batch_has_time_for_its_repairs_after_one_call_with_all_its_retries() -> None:
    opened = ONE_ATTEMPT

    assert OBJECT_FUNCTION - longest_call(OBJECT_CALLS) - opened > FOR_ONE_OBJECT


def test_a_batch_has_time_for_its_end_after_one_call_and_one_copy_with_all_their_retries() -> None:
    assert OBJECT_FUNCTION - longest_call(OBJECT_CALLS) - longest_call(COPIES) > objects.SECONDS_TO_END


def test_a_copy_in_parts_has_most_of_the_invocation() -> None:
    assert FOR_ONE_OBJECT < OBJECT_FUNCTION / 3


# --- one call ----------------------------------------------------------------------------------


def deadline_with(seconds: float) -> Deadline:
    deadline = Deadline()
    deadline.begin(lambda: seconds)
    return deadline


def test_a_call_whose_first_attempt_can_end_in_time_starts() -> None:
    with stubbed("kms") as (client, stub):
        deadline_with(ONE_ATTEMPT).guard(client, CALLS)
        stub.add_response("describe_key", {"KeyMetadata": {"KeyId": "k"}})

        assert client.describe_key(KeyId="k")["KeyMetadata"]["KeyId"] == "k"


def test_a_call_that_could_outlast_the_invocation_does_not_start() -> None:
    client = boto3.client("kms", "us-east-1", aws_access_key_id="stub", aws_secret_access_key="stub")
    deadline_with(ONE_ATTEMPT - 0.001).guard(client, CALLS)

    with pytest.raises(TransientError, match="too little time is left"):
        client.describe_key(KeyId="k")


def test_a_call_leaves_what_is_kept_for_later() -> None:
    deadline = deadline_with(20.0)
    deadline.keep(12.0)

    deadline.check(8.0)
    with pytest.raises(TransientError, match="too little time is left"):
        deadline.check(8.1)


def test_before_the_first_invocation_every_call_starts() -> None:
    Deadline().check(NEEDED)


def test_each_invocation_has_its_own_time() -> None:
    deadline = deadline_with(0.0)
    deadline.keep(NEEDED)
    deadline.begin(lambda: NEEDED)

    deadline.check(NEEDED)


# --- its retries -------------------------------------------------------------------------------


class Slow:
    """S3, whose every answer takes its time; `left` is what remains of the invocation."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, left: float, calls: Config) -> None:
        self.left, self.sent = left, 0
        keys = {"aws_access_key_id": "stub", "aws_secret_access_key": "stub"}
        self.client = boto3.client("s3", "us-east-1", config=calls, **keys)
        retry_conflicts(self.client)
        self.answers: Iterator[Any] = iter(())
        monkeypatch.setattr("botocore.endpoint.time", SimpleNamespace(sleep=self.pass_by))
        self.client.meta.events.register("before-send", self.answer)
        deadline = Deadline()
        deadline.begin(lambda: self.left)
        deadline.guard(self.client, calls)

    def pass_by(self, seconds: float) -> None:
        self.left -= seconds

    def answer(self, **_: object) -> AWSResponse:
        self.sent += 1
        return self.respond()

    def respond(self) -> AWSResponse:
        """No answer until the time-out."""
        self.pass_by(longest_attempt(CALLS))
        raise ReadTimeoutError(endpoint_url="https://s3")


class Throttling(Slow):
    def respond(self) -> AWSResponse:
        self.pass_by(0.1)
        return AWSResponse("https://s3", 503, HeadersDict(), Body())


class Conflicting(Slow):
    def respond(self) -> AWSResponse:
        self.pass_by(0.1)
        return AWSResponse("https://s3", 409, HeadersDict(), Body("OperationAborted"))


class Body:
    """An answer's body as botocore reads it."""

    def __init__(self, code: str = "SlowDown") -> None:
        self._text = f"<Error><Code>{code}</Code></Error>".encode()

    def stream(self, **_: object) -> Iterator[bytes]:
        yield self._text


@pytest.mark.parametrize(
    ("left", "attempts"), [(300.0, 4), (2 * ONE_ATTEMPT + 6, 2), (2 * ONE_ATTEMPT + 5.9, 1), (ONE_ATTEMPT, 1)]
)
def test_an_attempt_is_repeated_only_if_the_next_one_can_end_in_time(
    monkeypatch: pytest.MonkeyPatch, left: float, attempts: int
) -> None:
    s3 = Slow(monkeypatch, left, CALLS)

    with pytest.raises(ReadTimeoutError):  # which says that S3 may have executed the call
        s3.client.head_object(Bucket="payroll", Key="a.csv")

    assert (s3.sent, s3.left >= 0) == (attempts, True)


@pytest.mark.parametrize(("kind", "code"), [(Throttling, "SlowDown"), (Conflicting, "OperationAborted")])
@pytest.mark.parametrize("enough", [True, False])
def test_an_answer_that_asks_for_a_retry_is_the_last_if_there_is_no_time_for_one(
    monkeypatch: pytest.MonkeyPatch, kind: type[Slow], code: str, *, enough: bool
) -> None:
    s3 = kind(monkeypatch, 300.0 if enough else ONE_ATTEMPT + 1, CALLS)

    with pytest.raises(ClientError, match=code):
        s3.client.get_bucket_acl(Bucket="payroll")

    assert (s3.sent > 1) == enough
