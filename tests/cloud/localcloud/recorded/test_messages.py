"""Messages that SNS (G7) and SQS (H22) refuse."""

import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from localcloud.client.handle import Credentials, LocalCloud

TEXT = {"DataType": "String", "StringValue": "x"}
MEBIBYTE = 1024 * 1024


@pytest.fixture(scope="module")
def topic(local_cloud: LocalCloud, user: Credentials) -> tuple[Any, str]:
    """A client that checks nothing itself, and a topic."""
    sns = local_cloud.client("sns", user, parameter_validation=False)
    return sns, sns.create_topic(Name=f"topic-{uuid.uuid4().hex[:8]}")["TopicArn"]


@pytest.fixture(scope="module")
def queue(local_cloud: LocalCloud, user: Credentials) -> Iterator[tuple[Any, str]]:
    """A client that checks nothing itself, and a queue."""
    sqs = local_cloud.client("sqs", user, parameter_validation=False)
    url = sqs.create_queue(QueueName=f"queue-{uuid.uuid4().hex[:8]}")["QueueUrl"]
    yield sqs, url
    sqs.delete_queue(QueueUrl=url)


def attributes(name: str = "a", **attribute: Any) -> dict[str, Any]:
    return {"MessageAttributes": {name: attribute}}


@pytest.mark.parametrize(
    ("message", "code", "reason"),
    [
        ({"Message": ""}, "InvalidParameter", "Empty message"),
        ({"Subject": ""}, "InvalidParameter", "Subject"),
        ({"Subject": "x" * 100}, "InvalidParameter", "Subject"),
        ({"Subject": "a\nb"}, "InvalidParameter", "Subject"),
        ({"Subject": "a\x01b"}, "InvalidParameter", "Subject"),
        ({"Message": "x" * (256 * 1024 + 1)}, "InvalidParameter", "too long"),
        (attributes(DataType="String", StringValue=""), "ParameterValueInvalid", "non-empty"),
        (attributes(DataType="Text", StringValue="x"), "ParameterValueInvalid", "type"),
        (attributes("a b", **TEXT), "ParameterValueInvalid", "name"),
    ],
    ids=[
        "empty message",
        "empty subject",
        "subject of 100 characters",
        "line break in the subject",
        "control character in the subject",
        "message over 256 KiB",
        "empty attribute",
        "unknown type",
        "name with a space",
    ],
)
def test_topic_refuses(topic: tuple[Any, str], message: dict[str, Any], code: str, reason: str) -> None:
    sns, arn = topic

    with pytest.raises(ClientError, match=reason) as refused:
        sns.publish(TopicArn=arn, **({"Message": "m"} | message))

    assert refused.value.response["Error"]["Code"] == code


@pytest.mark.parametrize(
    "message",
    [
        {},
        {"Subject": "x" * 99},
        {"Subject": "Schlüssel"},
        {"Message": "x" * (256 * 1024)},
        attributes(**TEXT),
        attributes(DataType="String.Array", StringValue='["x"]'),
    ],
    ids=["plain", "subject of 99 characters", "subject in UTF-8", "256 KiB", "text", "array"],
)
def test_topic_takes(topic: tuple[Any, str], message: dict[str, Any]) -> None:
    sns, arn = topic

    assert sns.publish(TopicArn=arn, **({"Message": "m"} | message))["MessageId"]


@pytest.mark.parametrize(
    ("message", "code", "reason"),
    [
        ({"MessageBody": ""}, "MissingParameter", "MessageBody"),
        ({"DelaySeconds": 901}, "InvalidParameterValue", "DelaySeconds must be >= 0 and <= 900"),
        ({"DelaySeconds": -1}, "InvalidParameterValue", "DelaySeconds must be >= 0 and <= 900"),
        ({"MessageBody": "x" * (MEBIBYTE + 1)}, "InvalidParameterValue", "must be shorter"),
        (
            {"MessageBody": "x" * (MEBIBYTE - 3)} | attributes(**TEXT),
            "InvalidParameterValue",
            "must be shorter",
        ),
        (attributes(DataType="String", StringValue=""), "InvalidParameterValue", "non-empty value"),
        (attributes(DataType="Text", StringValue="x"), "InvalidParameterValue", "type"),
        (attributes(DataType="Number", StringValue="x"), "InvalidParameterValue", "number"),
        (attributes("a b", **TEXT), "InvalidParameterValue", "name"),
        (attributes("aws.a", **TEXT), "InvalidParameterValue", "name"),
        (attributes(".a", **TEXT), "InvalidParameterValue", "name"),
        (
            {"MessageAttributes": {f"a{number}": TEXT for number in range(11)}},
            "InvalidParameterValue",
            r"\[11\]",
        ),
    ],
    ids=[
        "empty body",
        "delay over 15 minutes",
        "negative delay",
        "body over 1 MiB",
        "body and attributes over 1 MiB",
        "empty attribute",
        "unknown type",
        "no number",
        "name with a space",
        "reserved name",
        "name that begins with a dot",
        "eleven attributes",
    ],
)
def test_queue_refuses(queue: tuple[Any, str], message: dict[str, Any], code: str, reason: str) -> None:
    sqs, url = queue

    with pytest.raises(ClientError, match=reason) as refused:
        sqs.send_message(QueueUrl=url, **({"MessageBody": "m"} | message))

    assert refused.value.response["Error"]["Code"] == code


@pytest.mark.parametrize(
    "message",
    [
        {"DelaySeconds": 0},
        {"DelaySeconds": 900},
        {"MessageBody": "x" * MEBIBYTE},
        attributes("a.b-c_1", **TEXT),
        attributes(DataType="Number.int", StringValue="-1.5e3"),
        attributes(DataType="Binary", BinaryValue=b"x"),
    ],
)
def test_queue_takes(queue: tuple[Any, str], message: dict[str, Any]) -> None:
    sqs, url = queue

    assert sqs.send_message(QueueUrl=url, **({"MessageBody": "m"} | message))["MessageId"]


def test_batch_fails_only_for_the_wrong_entry(queue: tuple[Any, str]) -> None:
    sqs, url = queue
    entries = [
        {"Id": "late", "MessageBody": "m", "DelaySeconds": 901},
        {"Id": "right", "MessageBody": "m", "DelaySeconds": 900},
        {"Id": "void", "MessageBody": "m", **attributes(DataType="String", StringValue="")},
    ]

    answer = sqs.send_message_batch(QueueUrl=url, Entries=entries)

    assert [entry["Id"] for entry in answer["Successful"]] == ["right"]
    assert {entry["Id"]: entry["Code"] for entry in answer["Failed"]} == {
        "late": "InvalidParameterValue",
        "void": "InvalidParameterValue",
    }
