"""What really arrives from a deployed stack: messages at a subscriber, and lines in the function's log."""

import json
import time
from collections.abc import Iterator
from typing import Any

from localcloud.deploy import Stack
from localcloud.handle import LocalCloud

_POLL_SECONDS = 0.05
_PATIENCE_SECONDS = 20.0


class Arrivals:
    """Collects messages and log lines as they come in, each once.

    `messages` are the SNS notifications as an SQS subscriber receives them; `findings` those inside;
    `lines` the function's own log lines, in the order of arrival.
    """

    def __init__(self, cloud: LocalCloud, stack: Stack) -> None:
        self._sqs, self._logs = cloud.client("sqs"), cloud.client("logs")
        self._log_group = stack.outputs["BucketFunctionLogs"]
        self.inbox = _subscribe(cloud, stack.outputs["TopicArn"])
        self.messages: list[dict[str, Any]] = []
        self.findings: list[dict[str, Any]] = []
        self.lines: list[dict[str, Any]] = []
        self._known_lines: set[tuple[int, str]] = set()

    def poll(self) -> None:
        """Take in whatever has arrived by now."""
        for message in self._received():
            notification = json.loads(message["Body"])
            self.messages.append(notification)
            self.findings += json.loads(notification["Message"])["findings"]
            self._sqs.delete_message(QueueUrl=self.inbox, ReceiptHandle=message["ReceiptHandle"])
        self.lines += self._new_lines()

    def wait_for_lines(self, bucket: str, *calls: str, since: int = 0) -> list[dict[str, Any]]:
        """The lines about `bucket` among those after number `since`, once each of `calls` is among them.

        Returns what there is after a while when they do not come: the caller judges.
        """
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while True:
            self.poll()
            lines = [line for line in self.lines[since:] if line.get("bucket") == bucket]
            heard = [line["api_call"] for line in lines]
            if all(heard.count(call) >= calls.count(call) for call in calls) or time.monotonic() > deadline:
                self.poll()  # a message is sent before its line is written
                return lines
            time.sleep(_POLL_SECONDS)

    def _received(self) -> Iterator[dict[str, Any]]:
        while messages := self._sqs.receive_message(QueueUrl=self.inbox, MaxNumberOfMessages=10).get(
            "Messages"
        ):
            yield from messages

    def _new_lines(self) -> Iterator[dict[str, Any]]:
        pages = self._logs.get_paginator("filter_log_events").paginate(logGroupName=self._log_group)
        for page in pages:
            for event in page["events"]:
                identity = (event["timestamp"], event["message"])  # MiniStack gives events no id
                new = identity not in self._known_lines
                self._known_lines.add(identity)
                line = json.loads(event["message"]) if event["message"].lstrip().startswith("{") else {}
                if new and "level" in line:  # the rest is metrics, and Lambda's own START and END
                    yield line


def _subscribe(cloud: LocalCloud, topic_arn: str) -> str:
    """A queue subscribed to the topic, as a team's own tooling would be."""
    sqs = cloud.client("sqs")
    url = str(sqs.create_queue(QueueName="inbox")["QueueUrl"])
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": "sns.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": arn,
        "Condition": {"ArnEquals": {"aws:SourceArn": topic_arn}},
    }
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy})
    cloud.client("sns").subscribe(TopicArn=topic_arn, Protocol="sqs", Endpoint=arn)
    return url
