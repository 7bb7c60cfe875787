"""Queues beside the lane's own: what they hold, and one that records every event."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from tests.support.deployment import Deployment


def received(sqs: Any, queue: str) -> Iterator[str]:
    """Take everything a queue holds."""
    while messages := sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10).get("Messages"):
        for message in messages:
            sqs.delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])
            yield message["Body"]


def record_events(stack: Deployment) -> str:
    """A queue that gets every S3 event, whether or not the lane hears it."""
    sqs, events = stack.cloud.client("sqs"), stack.cloud.client("events")
    url = str(sqs.create_queue(QueueName="tape")["QueueUrl"])
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    rule = events.put_rule(Name="tape", EventPattern=json.dumps({"source": ["aws.s3"]}))["RuleArn"]
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": "events.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": arn,
        "Condition": {"ArnEquals": {"aws:SourceArn": rule}},
    }
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy})
    events.put_targets(Rule="tape", Targets=[{"Id": "queue", "Arn": arn}])
    return url


def witness(stack: Deployment) -> None:
    """A trail of every write of an object, the function's own too, which the stack's leaves out."""
    trails = stack.cloud.client("cloudtrail")
    stack.cloud.client("s3").create_bucket(Bucket="witness-logs")
    trails.create_trail(Name="witness", S3BucketName="witness-logs")
    fields = {"eventCategory": "Data", "resources.type": "AWS::S3::Object", "readOnly": "false"}
    selectors = [{"Field": name, "Equals": [value]} for name, value in fields.items()]
    selected = [{"Name": "writes", "FieldSelectors": selectors}]
    trails.put_event_selectors(TrailName="witness", AdvancedEventSelectors=selected)
    trails.start_logging(Name="witness")
