"""What arrives from a deployed stack: messages at a subscriber, and lines in the functions' logs."""

import json
import time
from collections import Counter
from collections.abc import Collection, Iterator
from typing import Any

from localcloud.client.deploy import Stack
from localcloud.client.handle import LocalCloud

LOG_GROUPS = ("BucketFunctionLogs", "ObjectFunctionLogs", "PolicyFunctionLogs")
"""The outputs with the log groups to follow if no others are named, if the stack has them."""
KEY_LOGS = "KeyFunctionLogs"
"""The output with the log group of the key lane."""
LOOK = "Look"
"""What a line about a request to look, which no call caused, has as its `api_call`."""
_POLL_SECONDS = 0.05
_LONGEST_POLL_SECONDS = 0.5
_PATIENCE_SECONDS = 60.0
_LATE_MILLISECONDS = 30_000  # how late a line may arrive after newer ones


class Arrivals:
    """Collects each message and log line once.

    `messages` are the SNS notifications as an SQS subscriber receives them; `findings` are those
    inside them; `lines` are the functions' own log lines in the order of arrival; `starts` counts the
    invocations by the output with their log group.
    """

    def __init__(self, cloud: LocalCloud, stack: Stack, log_groups: Collection[str] = LOG_GROUPS) -> None:
        self._sqs, self._logs = cloud.client("sqs"), cloud.client("logs")
        self._log_groups = {name: stack.outputs[name] for name in log_groups if name in stack.outputs}
        self.inbox = _subscribe(cloud, stack.outputs["TopicArn"])
        self.messages: list[dict[str, Any]] = []
        self.findings: list[dict[str, Any]] = []
        self.lines: list[dict[str, Any]] = []
        self.starts: Counter[str] = Counter()
        self._newest = dict.fromkeys(log_groups, 0)
        self._known_lines: set[tuple[int, str]] = set()

    def poll(self) -> None:
        """Read everything that has arrived so far."""
        for message in self._received():
            notification = json.loads(message["Body"])
            self.messages.append(notification)
            self.findings += json.loads(notification["Message"]).get("findings", [])  # a sweep has counts
            self._sqs.delete_message(QueueUrl=self.inbox, ReceiptHandle=message["ReceiptHandle"])
        for name in self._log_groups:
            self.lines += self._new_lines(name)

    def wait_for_lines(self, about: str, *calls: str, since: int = 0) -> list[dict[str, Any]]:
        """Wait for a line of each of `calls`; all lines about a bucket, or a key by its ARN, after `since`.

        After the time limit it returns the lines that have arrived: the caller checks them.
        """
        deadline = time.monotonic() + _PATIENCE_SECONDS
        wanted, pause = Counter(calls), _POLL_SECONDS
        while True:
            self.poll()
            lines = [line for line in self.lines[since:] if _is_about(line, about)]
            arrived = Counter(line["api_call"] for line in lines)
            if wanted <= arrived or time.monotonic() > deadline:
                self.poll()  # a message is sent before its line is written
                return lines
            time.sleep(pause)
            pause = min(pause * 1.3, _LONGEST_POLL_SECONDS)  # polling slows down the cloud it waits for

    def _received(self) -> Iterator[dict[str, Any]]:
        while messages := self._sqs.receive_message(QueueUrl=self.inbox, MaxNumberOfMessages=10).get(
            "Messages"
        ):
            yield from messages

    def _new_lines(self, name: str) -> Iterator[dict[str, Any]]:
        """The new lines of a function's log, without metrics and Lambda's own START, END and REPORT."""
        pages = self._logs.get_paginator("filter_log_events").paginate(
            logGroupName=self._log_groups[name], startTime=max(0, self._newest[name] - _LATE_MILLISECONDS)
        )
        for page in pages:
            for event in page["events"]:
                self._newest[name] = max(self._newest[name], event["timestamp"])
                identity = (event["timestamp"], event["message"])  # MiniStack gives events no id
                if identity in self._known_lines:
                    continue
                self._known_lines.add(identity)
                text = event["message"].lstrip()
                self.starts[name] += text.startswith("START ")
                line = json.loads(text) if text.startswith("{") else {}
                if "level" in line:
                    yield {"api_call": LOOK, "actor": "", **line} if "bucket" in line else line


def _is_about(line: dict[str, Any], name: str) -> bool:
    return name in (line.get("bucket"), line.get("kms_key"))


def _subscribe(cloud: LocalCloud, topic_arn: str) -> str:
    """A queue subscribed to the topic, like a team's own tooling."""
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
