"""No call to AWS starts that could outlast the invocation."""

from __future__ import annotations

import re

import boto3
import pytest
from botocore.config import Config

from localcloud.client.handle import REPOSITORY
from reseal.core.errors import TransientError
from reseal.runtime.deadline import Deadline, longest_call
from reseal.runtime.wiring import CALLS
from tests.support.stubs import stubbed

NEEDED = longest_call(CALLS)
TEMPLATE = (REPOSITORY / "template.yaml").read_text()
BUCKET_FUNCTION = int(re.findall(r"^ +Timeout: (\d+)", TEMPLATE, re.MULTILINE)[0])


def test_the_longest_call_is_that_of_the_configuration() -> None:
    assert longest_call(CALLS) == 4 * (3 + 5) + (1 + 2 + 4) + 3 * 5


@pytest.mark.parametrize(
    ("attempts", "seconds"),
    [(1, 10), (2, 20 + 1 + 5), (7, 70 + 1 + 2 + 4 + 8 + 16 + 20 + 6 * 5)],
    ids=["no retry", "one retry", "the longest backoff"],
)
def test_each_retry_adds_an_attempt_and_a_backoff(attempts: int, seconds: float) -> None:
    retries = {"mode": "standard", "total_max_attempts": attempts}

    assert longest_call(Config(retries=retries, connect_timeout=4, read_timeout=6)) == seconds  # type: ignore[arg-type]


def test_other_messages_have_time_after_one_whose_call_timed_out() -> None:
    timed_out = 4 * (3 + 5) + 1

    assert BUCKET_FUNCTION - timed_out > NEEDED


def test_a_call_that_can_end_in_time_starts() -> None:
    deadline = Deadline(NEEDED)
    deadline.begin(lambda: NEEDED)
    with stubbed("kms") as (client, stub):
        deadline.guard(client)
        stub.add_response("describe_key", {"KeyMetadata": {"KeyId": "k"}})

        assert client.describe_key(KeyId="k")["KeyMetadata"]["KeyId"] == "k"


def test_a_call_that_could_outlast_the_invocation_does_not_start() -> None:
    deadline = Deadline(NEEDED)
    deadline.begin(lambda: NEEDED - 0.001)
    client = boto3.client("kms", "us-east-1", aws_access_key_id="stub", aws_secret_access_key="stub")
    deadline.guard(client)

    with pytest.raises(TransientError, match="too little time is left"):
        client.describe_key(KeyId="k")


def test_before_the_first_invocation_every_call_starts() -> None:
    Deadline(NEEDED).check()


def test_each_invocation_has_its_own_time() -> None:
    deadline = Deadline(NEEDED)
    deadline.begin(lambda: 0.0)
    deadline.begin(lambda: NEEDED)

    deadline.check()
