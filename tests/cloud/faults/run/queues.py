"""Reads queues, and records every event in a queue of its own."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from tests.support.deployment import Deployment


def received(sqs: Any, queue: str) -> Iterator[str]:
    """Receive and delete all messages of a queue."""
    while messages := sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10).get("Messages"):
        for message in messages:
            sqs.delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])
            yield message["Body"]


def record_events(stack: Deployment) -> str:
    """The URL of a new queue that gets every S3 event, whether or not the lane's rule matches it."""
    sqs, events = stack.cloud.client("sqs"), stack.cloud.client("events")
    url = str(sqs.create_queue(QueueName="recorded-events")["QueueUrl"])
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    rule = events.put_rule(Name="recorded-events", EventPattern=json.dumps({"source": ["aws.s3"]}))["RuleArn"]
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": "events.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": arn,
        "Condition": {"ArnEquals": {"aws:SourceArn": rule}},
    }
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy})
    events.put_targets(Rule="recorded-events", Targets=[{"Id": "queue", "Arn": arn}])
    return url


def start_trail_of_all_writes(stack: Deployment) -> None:
    """Log every write of an object, including the function's own, which the stack's trail excludes."""
    trails = stack.cloud.client("cloudtrail")
    stack.cloud.client("s3").create_bucket(Bucket="all-writes-logs")
    trails.create_trail(Name="all-writes", S3BucketName="all-writes-logs")
    fields = {"eventCategory": "Data", "resources.type": "AWS::S3::Object", "readOnly": "false"}
    selectors = [{"Field": name, "Equals": [value]} for name, value in fields.items()]
    selected = [{"Name": "writes", "FieldSelectors": selectors}]
    trails.put_event_selectors(TrailName="all-writes", AdvancedEventSelectors=selected)
    trails.start_logging(Name="all-writes")
