"""Repairs converge: Reseal's own writes start no function, and would change nothing if they did."""

from __future__ import annotations

import json
import time

from tests.support.deployment import OWN_ROLE, Deployment

SILENCE_SECONDS = 2.0


def test_own_write_is_dropped_by_the_rule(enforcing: Deployment) -> None:
    bucket = enforcing.bucket()
    time.sleep(SILENCE_SECONDS)
    enforcing.arrivals.poll()

    own = enforcing.cloud.journal(operation="PutBucketEncryption", caller=OWN_ROLE)
    handled = [line["api_call"] for line in enforcing.arrivals.lines if line.get("bucket") == bucket]

    assert [call for call in own if call["resource"].endswith(f":{bucket}")]
    assert handled == ["CreateBucket"]


def test_own_write_ends_compliant_when_the_rule_is_bypassed(enforcing: Deployment) -> None:
    bucket = enforcing.bucket()
    sqs, events = enforcing.cloud.client("sqs"), enforcing.cloud.client("events")
    everything = sqs.create_queue(QueueName="every-event")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=everything, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    rule = events.put_rule(Name="everything", EventPattern=json.dumps({"source": ["aws.s3"]}))["RuleArn"]
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": "events.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": arn,
        "Condition": {"ArnEquals": {"aws:SourceArn": rule}},
    }
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    sqs.set_queue_attributes(QueueUrl=everything, Attributes={"Policy": policy})
    events.put_targets(Rule="everything", Targets=[{"Id": "queue", "Arn": arn}])
    enforcing.after(lambda: enforcing.put(bucket, "AES256"), bucket, "PutBucketEncryption")
    own = _own_event(sqs, everything, bucket)
    queue = enforcing.stack.outputs["BucketQueueUrl"]

    def bypass() -> None:
        sqs.send_message(QueueUrl=queue, MessageBody=json.dumps(own))

    (line,), findings = enforcing.after(bypass, bucket, "PutBucketEncryption")
    assert ":assumed-role/reseal-EnforceBucketRole" in own["detail"]["userIdentity"]["arn"]
    assert (line["result"], findings) == ("Compliant", [])
    events.remove_targets(Rule="everything", Ids=["queue"])
    events.delete_rule(Name="everything")


def _own_event(sqs: object, queue: str, bucket: str) -> dict:  # type: ignore[type-arg]
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        for message in sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10).get("Messages", []):  # type: ignore[attr-defined]
            event = json.loads(message["Body"])
            detail = event["detail"]
            if detail["requestParameters"]["bucketName"] == bucket and "EnforceBucketRole" in str(
                detail["userIdentity"]
            ):
                return dict(event)
    raise AssertionError("no event of Reseal's own write arrived")
