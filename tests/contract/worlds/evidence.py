"""Ledgers and topics for the contract tests, in memory, on moto, on the local cloud and on LocalEmu."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any, Protocol

from reseal.aws.dynamodb.alert_windows import DynamoDbWindows
from reseal.aws.dynamodb.bucket_notes import DynamoDbBucketNotes
from reseal.aws.dynamodb.ledger import DynamoDbLedger, retry_conflicts
from reseal.aws.dynamodb.policy_writes import DynamoDbPolicyWrites
from reseal.aws.dynamodb.watchlist import DynamoDbWatchlist
from reseal.aws.sns import SnsTopic
from reseal.core.findings.message import Message
from reseal.ports import AlertWindows, BucketNotes, Ledger, PolicyWrites, Topic, Watchlist
from tests.contract.worlds.services import Backend
from tests.support.fakes.services import FakeTopic
from tests.support.names import unique


def new_table(dynamodb: Any) -> str:
    """A table like the template's ledger table."""
    table = unique("ledger")
    dynamodb.create_table(
        TableName=table,
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
    )
    return table


def aws_ledger(backend: Backend) -> Ledger:
    dynamodb = backend.client("dynamodb")
    retry_conflicts(dynamodb)
    return DynamoDbLedger(dynamodb, new_table(dynamodb), timedelta(days=400))


def aws_windows(backend: Backend) -> AlertWindows:
    dynamodb = backend.client("dynamodb")
    return DynamoDbWindows(dynamodb, new_table(dynamodb))


def aws_watchlist(backend: Backend) -> Watchlist:
    dynamodb = backend.client("dynamodb")
    return DynamoDbWatchlist(dynamodb, new_table(dynamodb))


def aws_bucket_notes(backend: Backend) -> BucketNotes:
    dynamodb = backend.client("dynamodb")
    return DynamoDbBucketNotes(dynamodb, new_table(dynamodb))


def aws_policy_writes(backend: Backend) -> PolicyWrites:
    dynamodb = backend.client("dynamodb")
    return DynamoDbPolicyWrites(dynamodb, new_table(dynamodb))


class TopicWorld(Protocol):
    topic: Topic

    def received(self) -> list[tuple[str, str, dict[str, str | list[str]]]]:
        """Subject, document and attributes of each message that a subscriber received."""


class FakeTopicWorld:
    def __init__(self) -> None:
        self.topic = FakeTopic()

    def received(self) -> list[tuple[str, str, dict[str, str | list[str]]]]:
        return [(m.subject, m.document, m.attributes) for m in self.topic.messages]


class AwsTopicWorld:
    """A topic with a subscribed queue."""

    def __init__(self, backend: Backend) -> None:
        sns, self._sqs = backend.client("sns"), backend.client("sqs")
        arn = sns.create_topic(Name=unique("topic"))["TopicArn"]
        self._queue = self._sqs.create_queue(QueueName=unique("queue"))["QueueUrl"]
        attributes = self._sqs.get_queue_attributes(QueueUrl=self._queue, AttributeNames=["QueueArn"])
        queue_arn = attributes["Attributes"]["QueueArn"]
        policy = {
            "Effect": "Allow",
            "Principal": {"Service": "sns.amazonaws.com"},
            "Action": "sqs:SendMessage",
        }
        policy |= {"Resource": queue_arn, "Condition": {"ArnEquals": {"aws:SourceArn": arn}}}
        document = json.dumps({"Version": "2012-10-17", "Statement": [policy]})
        self._sqs.set_queue_attributes(QueueUrl=self._queue, Attributes={"Policy": document})
        sns.subscribe(TopicArn=arn, Protocol="sqs", Endpoint=queue_arn)
        self.topic = SnsTopic(sns, arn)

    def received(self) -> list[tuple[str, str, dict[str, str | list[str]]]]:
        answer = self._sqs.receive_message(QueueUrl=self._queue, MaxNumberOfMessages=10, WaitTimeSeconds=2)
        return [_received(json.loads(message["Body"])) for message in answer.get("Messages", [])]


def _received(envelope: dict[str, Any]) -> tuple[str, str, dict[str, str | list[str]]]:
    attributes = {
        name: json.loads(a["Value"]) if a["Type"] == "String.Array" else a["Value"]
        for name, a in envelope["MessageAttributes"].items()
    }
    return envelope["Subject"], envelope["Message"], attributes


A_MESSAGE = Message(
    subject="Reseal HIGH REMEDIATED: default encryption, bucket payroll",
    email="HIGH REMEDIATED: default encryption\n  Bucket    payroll\n",
    document='{"schema": "reseal.findings/1", "findings": []}',
    attributes={"severity": "HIGH", "check": ["S3.BucketDefaultEncryption", "S3.BucketKey"]},
)
