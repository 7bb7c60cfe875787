"""Failures of the deployed bucket lane: temporary faults, lost answers, poison messages and redelivery."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest

from tests.support.deployment import OWN_ROLE, Deployment

PASSING = [
    pytest.param("s3", "PutBucketEncryption", 409, "OperationAborted", id="conflicting call on the bucket"),
    pytest.param("s3", "GetBucketEncryption", 503, "SlowDown", id="S3 throttles"),
    pytest.param("s3", "PutBucketEncryption", 500, "InternalError", id="S3 fails"),
    pytest.param("dynamodb", "PutItem", 400, "ThrottlingException", id="the ledger throttles"),
    pytest.param("sns", "Publish", 500, "InternalError", id="SNS fails"),
]


@pytest.mark.parametrize(("service", "operation", "status", "code"), PASSING)
def test_temporary_fault_is_retried_within_the_invocation(
    enforcing: Deployment, service: str, operation: str, status: int, code: str
) -> None:
    bucket = enforcing.bucket()
    fault = {"status": status, "code": code, "times": 2, "caller": OWN_ROLE}

    def act() -> None:
        enforcing.cloud.inject_fault("error", service, operation, **fault)
        enforcing.put(bucket, "AES256")

    (line,), (finding,) = enforcing.after(act, bucket, "PutBucketEncryption")
    assert (line["result"], finding["status"]) == ("Applied", "REMEDIATED")
    assert enforcing.rule(bucket)["ApplyServerSideEncryptionByDefault"]["KMSMasterKeyID"] == enforcing.key


@pytest.mark.parametrize(
    ("service", "operation"),
    [("s3", "PutBucketEncryption"), ("dynamodb", "PutItem"), ("sns", "Publish")],
    ids=["the write", "the ledger entry", "the message"],
)
def test_finding_survives_a_lost_answer(enforcing: Deployment, service: str, operation: str) -> None:
    bucket = enforcing.bucket()

    def act() -> None:
        enforcing.cloud.inject_fault("lost_response", service, operation, times=1, caller=OWN_ROLE)
        enforcing.put(bucket, "AES256")

    (line,), findings = enforcing.after(act, bucket, "PutBucketEncryption")
    assert line["result"] == "Applied"
    assert len({finding["id"] for finding in findings}) == 1


def test_message_returns_to_the_queue_and_a_later_delivery_completes_it(enforcing: Deployment) -> None:
    bucket = enforcing.bucket()
    queue = enforcing.stack.outputs["BucketQueueUrl"]
    sqs = enforcing.cloud.client("sqs")
    hide_briefly(sqs, queue)

    def act() -> None:  # more failures than one invocation retries: the first delivery fails
        enforcing.cloud.inject_fault("error", "sns", "Publish", status=500, code="InternalError", times=4)
        enforcing.put(bucket, "AES256")

    try:
        (line,), (finding,) = enforcing.after(act, bucket, "PutBucketEncryption")
    finally:
        hide_as_deployed(sqs, queue)
    writes = enforcing.cloud.journal(operation="PutBucketEncryption", caller=OWN_ROLE)
    assert (line["result"], finding["status"]) == ("Applied", "REMEDIATED")
    assert len([call for call in writes if call["resource"].endswith(f":{bucket}")]) == 2  # creation, this


def test_only_poison_messages_reach_the_dead_letter_queue(enforcing: Deployment) -> None:
    bucket = enforcing.bucket()
    queue, dead = (
        enforcing.stack.outputs["BucketQueueUrl"],
        enforcing.stack.outputs["BucketDeadLetterQueueUrl"],
    )
    sqs = enforcing.cloud.client("sqs")
    hide_briefly(sqs, queue)

    def act() -> None:
        poison = [
            {"Id": str(n), "MessageBody": body} for n, body in enumerate(["not json", '{"detail": null}'])
        ]
        sqs.send_message_batch(QueueUrl=queue, Entries=poison)
        enforcing.put(bucket, "AES256")

    try:
        (line,), (finding,) = enforcing.after(act, bucket, "PutBucketEncryption")
        bodies = receive(sqs, dead, 2)
    finally:
        hide_as_deployed(sqs, queue)
    enforcing.arrivals.poll()
    causes = [
        line["message"] for line in enforcing.arrivals.lines if line.get("error") == "MalformedEventError"
    ]
    assert (line["result"], finding["status"]) == ("Applied", "REMEDIATED")
    assert bodies == {"not json", '{"detail": null}'}
    assert any("the message is not JSON" in cause for cause in causes)
    assert any("detail is not an object" in cause for cause in causes)


def hide_briefly(sqs: Any, queue: str) -> None:
    """Redeliver after three seconds: the template's nine minutes are too long for a test."""
    sqs.set_queue_attributes(QueueUrl=queue, Attributes={"VisibilityTimeout": "3"})


def hide_as_deployed(sqs: Any, queue: str) -> None:
    sqs.set_queue_attributes(QueueUrl=queue, Attributes={"VisibilityTimeout": "540"})


def receive(sqs: Any, queue: str, count: int) -> set[str]:
    bodies: set[str] = set()
    deadline = time.monotonic() + 60
    while len(bodies) < count and time.monotonic() < deadline:
        answer = sqs.receive_message(QueueUrl=queue, WaitTimeSeconds=1, MaxNumberOfMessages=10)
        bodies |= {message["Body"] for message in answer.get("Messages", [])}
    return {body if not body.startswith("{") else json.dumps(json.loads(body)) for body in bodies}
