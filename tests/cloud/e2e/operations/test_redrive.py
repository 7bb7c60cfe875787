"""`python -m operations.redrive` on a deployed stack, as an operator with the rights the runbook lists."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from localcloud.client.handle import REPOSITORY, Credentials
from tests.support.deployment import Deployment, deployed

ACTIONS = [
    "cloudformation:DescribeStacks",
    "logs:FilterLogEvents",
    "sqs:ChangeMessageVisibility",
    "sqs:DeleteMessage",
    "sqs:GetQueueAttributes",
    "sqs:ReceiveMessage",
    "sqs:SendMessage",
]
POISON = "not json"
OPERATOR = "*:user/operator"


@dataclass(frozen=True, slots=True)
class Operator:
    """A stack whose messages fail fast, and the credentials of an operator."""

    deployment: Deployment
    credentials: Credentials

    @property
    def sqs(self) -> Any:
        return self.deployment.cloud.client("sqs")

    @property
    def outputs(self) -> Any:
        return self.deployment.stack.outputs

    def redrive(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
        return subprocess.run(
            [sys.executable, "-m", "operations.redrive", *arguments],
            cwd=REPOSITORY,
            env=inherited
            | {
                "AWS_ACCESS_KEY_ID": self.credentials.access_key,
                "AWS_SECRET_ACCESS_KEY": self.credentials.secret_key,
                "AWS_DEFAULT_REGION": "us-east-1",
                "AWS_ENDPOINT_URL": self.deployment.cloud.endpoint,
                "AWS_MAX_ATTEMPTS": "1",
            },
            capture_output=True,
            text=True,
            check=False,
        )

    def waiting(self, output: str) -> int:
        """How many messages are visible in the queue of an output."""
        name = "ApproximateNumberOfMessages"
        answer = self.sqs.get_queue_attributes(QueueUrl=self.outputs[output], AttributeNames=["All"])
        return int(answer["Attributes"][name])

    def purge(self) -> None:
        for output in ("BucketQueueUrl", "BucketDeadLetterQueueUrl", "UndeliveredQueueUrl"):
            self.sqs.purge_queue(QueueUrl=self.outputs[output])


@pytest.fixture(scope="module")
def stack(built: Path) -> Iterator[Operator]:
    with deployed() as deployment:
        deployment.bucket()  # a first start takes longer than messages are hidden below
        rights = {"Effect": "Allow", "Action": ACTIONS, "Resource": "*"}
        policy = {"Version": "2012-10-17", "Statement": [rights]}
        yield Operator(deployment, deployment.cloud.create_user("operator", policy))


@pytest.fixture
def operator(stack: Operator) -> Iterator[Operator]:
    """All queues are empty; a message that fails twice is dead-lettered within seconds."""
    queue = stack.outputs["BucketQueueUrl"]
    attributes = stack.sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["All"])["Attributes"]
    redrive = json.loads(attributes["RedrivePolicy"]) | {"maxReceiveCount": 2}
    hasty = {"VisibilityTimeout": "2", "RedrivePolicy": json.dumps(redrive)}
    stack.sqs.set_queue_attributes(QueueUrl=queue, Attributes=hasty)
    stack.purge()
    yield stack
    stack.deployment.cloud.clear_faults()


def within(seconds: float, seen: Callable[[], Any]) -> Any:
    deadline = time.monotonic() + seconds
    while not (found := seen()) and time.monotonic() < deadline:
        time.sleep(0.2)
    return found


def give_up_on_poison(operator: Operator) -> None:
    operator.sqs.send_message(QueueUrl=operator.outputs["BucketQueueUrl"], MessageBody=POISON)
    assert within(60, lambda: operator.waiting("BucketDeadLetterQueueUrl"))


@contextmanager
def undeliverable(operator: Operator) -> Iterator[None]:
    """Remove the queue policy meanwhile, so the rule cannot deliver."""
    queue = operator.outputs["BucketQueueUrl"]
    admitted = operator.sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["Policy"])["Attributes"]
    operator.sqs.set_queue_attributes(QueueUrl=queue, Attributes={"Policy": ""})
    try:
        yield
    finally:
        operator.sqs.set_queue_attributes(QueueUrl=queue, Attributes=admitted)


def test_nothing_is_sent_if_no_message_waits(operator: Operator) -> None:
    done = operator.redrive("--yes")

    assert (done.returncode, done.stdout, done.stderr) == (0, "No messages are waiting.\n", "")


def test_dry_run_shows_age_and_cause_of_waiting_messages_and_sends_none(operator: Operator) -> None:
    give_up_on_poison(operator)

    done = operator.redrive()

    assert done.returncode == 0, done.stderr
    assert "Dead-letter messages of the bucket lane\n  waiting 1\n  oldest  20" in done.stdout
    assert "cause   MalformedEventError: the message goes back to the queue: the message is not JSON" in (
        done.stdout
    )
    assert done.stdout.endswith("1 waiting, nothing sent. Correct the cause, then run again with --yes.\n")
    assert operator.waiting("BucketDeadLetterQueueUrl") == 1


def test_redriven_poison_message_comes_back(operator: Operator) -> None:
    give_up_on_poison(operator)

    done = operator.redrive("--yes")

    assert (done.returncode, done.stdout.splitlines()[-1]) == (0, "1 of 1 sent.")
    assert within(60, lambda: operator.waiting("BucketDeadLetterQueueUrl")) == 1
    (message,) = operator.sqs.receive_message(QueueUrl=operator.outputs["BucketDeadLetterQueueUrl"])[
        "Messages"
    ]
    assert message["Body"] == POISON


def test_event_that_failed_temporarily_is_handled_after_the_redrive(operator: Operator) -> None:
    deployment = operator.deployment
    bucket = deployment.bucket()
    fault = {"status": 500, "code": "InternalError", "times": None}
    deployment.cloud.inject_fault("error", "s3", "GetBucketEncryption", **fault)
    deployment.put(bucket, "AES256")
    assert within(60, lambda: operator.waiting("BucketDeadLetterQueueUrl"))
    deployment.cloud.clear_faults()

    (line,), (finding,) = deployment.after(lambda: operator.redrive("--yes"), bucket, "PutBucketEncryption")

    assert (line["result"], finding["status"]) == ("Applied", "REMEDIATED")
    assert (operator.waiting("BucketDeadLetterQueueUrl"), operator.waiting("BucketQueueUrl")) == (0, 0)


def test_undelivered_event_is_handled_after_the_redrive(operator: Operator) -> None:
    deployment = operator.deployment
    bucket = deployment.bucket()
    with undeliverable(operator):
        deployment.put(bucket, "AES256")
        assert within(30, lambda: operator.waiting("UndeliveredQueueUrl"))
    shown = operator.redrive()

    (line,), (finding,) = deployment.after(lambda: operator.redrive("--yes"), bucket, "PutBucketEncryption")

    assert "Undelivered events for the bucket lane\n  waiting 1\n" in shown.stdout
    assert "cause   NO_PERMISSIONS: " in shown.stdout
    assert (line["result"], finding["status"]) == ("Applied", "REMEDIATED")
    assert operator.waiting("UndeliveredQueueUrl") == 0


def test_event_for_a_queue_outside_the_stack_is_kept_and_reported(operator: Operator) -> None:
    undelivered = operator.outputs["UndeliveredQueueUrl"]
    elsewhere = {"DataType": "String", "StringValue": "arn:aws:sqs:us-east-1:111122223333:somebody-elses"}
    operator.sqs.send_message(
        QueueUrl=undelivered, MessageBody="{}", MessageAttributes={"TARGET_ARN": elsewhere}
    )

    done = operator.redrive("--yes")

    assert (done.returncode, done.stdout.splitlines()[-1]) == (1, "0 of 1 sent.")
    assert "Undelivered events for no queue of this stack" in done.stdout
    assert operator.waiting("UndeliveredQueueUrl") == 1


@pytest.mark.parametrize("operation", ["SendMessage", "DeleteMessage"])
def test_no_message_is_lost_if_the_redrive_fails(operator: Operator, operation: str) -> None:
    give_up_on_poison(operator)
    fault = {"status": 500, "code": "InternalError", "times": None, "caller": OPERATOR}
    operator.deployment.cloud.inject_fault("error", "sqs", operation, **fault)

    done = operator.redrive("--yes")

    attributes = operator.sqs.get_queue_attributes(
        QueueUrl=operator.outputs["BucketDeadLetterQueueUrl"], AttributeNames=["All"]
    )["Attributes"]
    assert done.returncode == 1
    assert "Messages that were received and not sent are visible again in 300 s." in done.stderr
    assert attributes["ApproximateNumberOfMessagesNotVisible"] == "1"


def test_missing_stack_is_reported_in_one_line(operator: Operator) -> None:
    done = operator.redrive("--stack", "nowhere")

    assert done.returncode == 1
    assert "nowhere" in done.stderr.splitlines()[0]
    assert done.stderr.splitlines()[1:] == ["No message was received, so nothing changed."]
    assert "Traceback" not in done.stderr
