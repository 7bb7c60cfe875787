"""EventBridge's patterns, SQS's limits, and a trail on a bucket with a Bucket Key."""

from __future__ import annotations

import json
from typing import Any

from operations.verify_aws.bench import Bench, until
from operations.verify_aws.measurement import ACCEPTED, Expectation, Measurement, in_a_row, outcome
from operations.verify_aws.trail.collector import trail_policy

_EVENT = {
    "id": "1",
    "source": "example",
    "account": "111122223333",
    "time": "2026-01-01T00:00:00Z",
    "region": "us-east-1",
    "resources": [],
    "detail-type": "example",
}


def _matches(bench: Bench, pattern: dict[str, Any], detail: dict[str, Any]) -> str:
    answer = bench.clients("events").test_event_pattern(
        EventPattern=json.dumps({"detail": pattern}), Event=json.dumps({**_EVENT, "detail": detail})
    )
    return "matches" if answer["Result"] else "does not match"


def _absent_field(bench: Bench) -> str:
    unlike = {"anything-but": "x"}
    patterns: list[list[Any]] = [[unlike], [unlike, {"exists": False}]]
    return ", ".join(_matches(bench, {"a": pattern}, {"b": "y"}) for pattern in patterns)


def _one_element(bench: Bench) -> str:
    detail = {"list": [{"a": "x", "b": "1"}, {"a": "y", "b": "2"}]}
    across = _matches(bench, {"list": {"a": ["x"], "b": ["2"]}}, detail)
    within = _matches(bench, {"list": {"a": ["x"], "b": ["1"]}}, detail)
    return f"{across}, {within}"


def _long_pattern(bench: Bench) -> str:
    pattern = json.dumps({"source": ["x" * 2048]})
    rule = {"Name": f"{bench.prefix}-long", "EventPattern": pattern, "State": "DISABLED"}
    seen = outcome(lambda: bench.clients("events").put_rule(**rule))
    return ACCEPTED if seen == ACCEPTED else "refused"


def _messages(bench: Bench) -> str:
    sqs = bench.clients("sqs")
    url = sqs.create_queue(QueueName=f"{bench.prefix}-messages")["QueueUrl"]
    empty = {"a": {"DataType": "String", "StringValue": ""}}
    return in_a_row(
        lambda: sqs.send_message(QueueUrl=url, MessageBody="x", DelaySeconds=900),
        lambda: sqs.send_message(QueueUrl=url, MessageBody="x", DelaySeconds=901),
        lambda: sqs.send_message(QueueUrl=url, MessageBody="x", MessageAttributes=empty),
    )


def _trail_on_a_bucket_key(bench: Bench) -> str:
    """The bucket's default is a key whose policy does not admit CloudTrail."""
    bucket, name = bench.bucket("trail"), f"{bench.prefix}-refused"
    bench.default(bucket, "aws:kms", bench.key("main"), BucketKeyEnabled=True)
    until(lambda: bench.rule(bucket), lambda rule: bool(rule.get("BucketKeyEnabled")))
    bench.s3.put_bucket_policy(Bucket=bucket, Policy=trail_policy(bench.clients, bucket, name))
    return outcome(lambda: bench.clients("cloudtrail").create_trail(Name=name, S3BucketName=bucket))


MEASUREMENTS = (
    Measurement(
        Expectation(
            name="anything-but-of-an-absent-field",
            fact="B3",
            question="anything-but on an absent field, and with exists: false beside it",
            expected="does not match, matches",
        ),
        _absent_field,
    ),
    Measurement(
        Expectation(
            name="values-of-one-element",
            fact="B21",
            question="A pattern whose values stand in two elements of an array, and in one",
            expected="does not match, matches",
        ),
        _one_element,
    ),
    Measurement(
        Expectation(
            name="long-pattern",
            fact="B6",
            question="A rule whose pattern is longer than 2,048 characters",
            expected="refused",
        ),
        _long_pattern,
    ),
    Measurement(
        Expectation(
            name="limits-of-messages",
            fact="H22",
            question="SendMessage with 900 seconds of delay, with 901, with an empty attribute",
            expected="accepted, InvalidParameterValue, InvalidParameterValue",
        ),
        _messages,
    ),
    Measurement(
        Expectation(
            name="trail-on-a-bucket-key",
            fact="E24",
            question="CreateTrail on a bucket with a Bucket Key of a key that does not admit CloudTrail",
            expected="InsufficientEncryptionPolicyException",
        ),
        _trail_on_a_bucket_key,
    ),
)
