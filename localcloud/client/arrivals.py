"""What really arrives from a deployed stack: messages at a subscriber, and lines in the functions' logs."""

import json
import time
from collections import Counter
from collections.abc import Iterator
from typing import Any

from localcloud.client.deploy import Stack
from localcloud.client.handle import LocalCloud

LOG_GROUPS = ("BucketFunctionLogs", "ObjectFunctionLogs")
"""The outputs that name the log groups followed, one a lane."""
_POLL_SECONDS = 0.05
_PATIENCE_SECONDS = 60.0
_LATE_MILLISECONDS = 30_000  # by how much a line may come after younger ones


class Arrivals:
    """Collects messages and log lines as they come in, each once.

    `messages` are the SNS notifications as an SQS subscriber receives them; `findings` those inside;
    `lines` the functions' own log lines, in the order of arrival; `starts` counts the invocations by the
    output that names their log group.
    """

    def __init__(self, cloud: LocalCloud, stack: Stack) -> None:
        self._sqs, self._logs = cloud.client("sqs"), cloud.client("logs")
        self._log_groups = {name: stack.outputs[name] for name in LOG_GROUPS}
        self.inbox = _subscribe(cloud, stack.outputs["TopicArn"])
        self.messages: list[dict[str, Any]] = []
        self.findings: list[dict[str, Any]] = []
        self.lines: list[dict[str, Any]] = []
        self.starts: Counter[str] = Counter()
        self._newest = dict.fromkeys(LOG_GROUPS, 0)
        self._known_lines: set[tuple[int, str]] = set()

    def poll(self) -> None:
        """Take in whatever has arrived by now."""
        for message in self._received():
            notification = json.loads(message["Body"])
            self.messages.append(notification)
            self.findings += json.loads(notification["Message"])["findings"]
            self._sqs.delete_message(QueueUrl=self.inbox, ReceiptHandle=message["ReceiptHandle"])
        for name in self._log_groups:
            self.lines += self._new_lines(name)

    def wait_for_lines(self, bucket: str, *calls: str, since: int = 0) -> list[dict[str, Any]]:
        """The lines about `bucket` among those after number `since`, once each of `calls` is among them.

        Returns what there is after a while when they do not come: the caller judges.
        """
        deadline = time.monotonic() + _PATIENCE_SECONDS
        wanted = Counter(calls)
        while True:
            self.poll()
            lines = [line for line in self.lines[since:] if line.get("bucket") == bucket]
            heard = Counter(line["api_call"] for line in lines)
            if wanted <= heard or time.monotonic() > deadline:
                self.poll()  # a message is sent before its line is written
                return lines
            time.sleep(_POLL_SECONDS)

    def _received(self) -> Iterator[dict[str, Any]]:
        while messages := self._sqs.receive_message(QueueUrl=self.inbox, MaxNumberOfMessages=10).get(
            "Messages"
        ):
            yield from messages

    def _new_lines(self, name: str) -> Iterator[dict[str, Any]]:
        """What is new in a function's log, but for metrics and Lambda's own START, END and REPORT."""
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
