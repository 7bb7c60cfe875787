"""A trail of the run's own objects, and in each Region a rule and a queue that collect its records."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from botocore.exceptions import ClientError

from operations.verify_aws.bench import Bench, Clients, allow, until

_RETENTION_SECONDS = 14 * 24 * 3600
_SOURCES = ("aws.s3", "aws.kms")
_LOG_BUCKET = "log-files"


class Collector:
    """Receives the records of the trail. `start` makes it; it lasts until the run's resources are removed."""

    def __init__(self, clients: Clients, prefix: str) -> None:
        self._clients, self._name = clients, f"{prefix}-records"
        self._regions = (clients.region, clients.other_region)
        self._urls: dict[str, str] = {}

    def start(self, bench: Bench) -> None:
        """Make and start the trail, the rules and the queues."""
        for region in self._regions:
            self._listen(region)
        bucket, cloudtrail = bench.bucket(_LOG_BUCKET), self._clients("cloudtrail")
        bench.s3.put_bucket_policy(Bucket=bucket, Policy=trail_policy(self._clients, bucket, self._name))
        trail = {"Name": self._name, "S3BucketName": bucket, "IsMultiRegionTrail": True}
        until(lambda: _made(lambda: cloudtrail.create_trail(**trail)), bool)  # the policy needs a moment
        selectors = selectors_of(self._clients.partition, bench.prefix, bucket)
        cloudtrail.put_event_selectors(TrailName=self._name, AdvancedEventSelectors=selectors)
        cloudtrail.start_logging(Name=self._name)

    def receive(self) -> Iterator[tuple[str, dict[str, Any]]]:
        """The events that have arrived, each with its Region. One is deleted when the next is asked for."""
        for region in self._regions:
            sqs, url = self._clients("sqs", region), self._url(region)
            while messages := sqs.receive_message(
                QueueUrl=url, MaxNumberOfMessages=10, MessageSystemAttributeNames=["SentTimestamp"]
            ).get("Messages", []):
                for message in messages:
                    yield region, _event(message)
                    sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])

    def _listen(self, region: str) -> None:
        sqs, events = self._clients("sqs", region), self._clients("events", region)
        pattern = {"source": list(_SOURCES), "detail-type": ["AWS API Call via CloudTrail"]}
        rule = events.put_rule(Name=self._name, EventPattern=json.dumps(pattern))["RuleArn"]
        keep = {"MessageRetentionPeriod": str(_RETENTION_SECONDS), "SqsManagedSseEnabled": "true"}
        url = sqs.create_queue(QueueName=self._name, Attributes=keep)["QueueUrl"]
        arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
        admitted = queue_policy(arn, "events.amazonaws.com", rule)
        sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": admitted})
        events.put_targets(Rule=self._name, Targets=[{"Id": "queue", "Arn": arn}])

    def _url(self, region: str) -> str:
        if region not in self._urls:
            answer = self._clients("sqs", region).get_queue_url(QueueName=self._name)
            self._urls[region] = str(answer["QueueUrl"])
        return self._urls[region]


def selectors_of(partition: str, prefix: str, log_bucket: str) -> list[dict[str, Any]]:
    """All write management events, and the writes to objects of the run, but not to its log files."""
    objects = {
        "Field": "resources.ARN",
        "StartsWith": [f"arn:{partition}:s3:::{prefix}"],
        "NotStartsWith": [f"arn:{partition}:s3:::{log_bucket}"],
    }
    writes = {"Field": "readOnly", "Equals": ["false"]}
    return [
        {
            "Name": "management",
            "FieldSelectors": [{"Field": "eventCategory", "Equals": ["Management"]}, writes],
        },
        {
            "Name": "objects",
            "FieldSelectors": [
                {"Field": "eventCategory", "Equals": ["Data"]},
                {"Field": "resources.type", "Equals": ["AWS::S3::Object"]},
                writes,
                objects,
            ],
        },
    ]


def trail_policy(clients: Clients, bucket: str, trail: str) -> str:
    """The bucket policy that lets this trail write its log files."""
    arn = f"arn:{clients.partition}:s3:::{bucket}"
    source = f"arn:{clients.partition}:cloudtrail:{clients.region}:{clients.account}:trail/{trail}"
    only = {"Principal": {"Service": "cloudtrail.amazonaws.com"}}
    ours = {"StringEquals": {"aws:SourceArn": source}}
    files = {"StringEquals": {"aws:SourceArn": source, "s3:x-amz-acl": "bucket-owner-full-control"}}
    statements = [
        allow("s3:GetBucketAcl", resource=arn, Condition=ours, **only),
        allow("s3:PutObject", resource=f"{arn}/AWSLogs/*", Condition=files, **only),
    ]
    return json.dumps({"Version": "2012-10-17", "Statement": statements})


def queue_policy(queue: str, service: str, source: str) -> str:
    """The policy of a queue that takes messages from one source."""
    statement = allow(
        "sqs:SendMessage",
        resource=queue,
        Principal={"Service": service},
        Condition={"ArnEquals": {"aws:SourceArn": source}},
    )
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def _event(message: Mapping[str, Any]) -> dict[str, Any]:
    event: dict[str, Any] = json.loads(message["Body"])
    return event | {"arrived": int(message["Attributes"]["SentTimestamp"]) / 1000}


def _made(act: Any) -> bool:
    try:
        act()
    except ClientError as refused:
        if refused.response["Error"]["Code"] != "InsufficientS3BucketPolicyException":
            raise
        return False
    return True
