"""What a stack of a fleet leaves out, so that an idle one costs little more than its queues."""

from __future__ import annotations

from tests.support.translated import of_type, resolved

FLEET = {
    "KmsKeyArn": "arn:aws:kms:us-east-1:444455556666:key/0d9a4c1e-8f27-4b63-a5c0-71e2d3f4b5a6",
    "AlertTopicArn": "arn:aws:sns:us-east-1:444455556666:security",
    "AlarmsAndMetrics": "false",
    "ObjectEncryptionMode": "off",
}
STACK = resolved(**FLEET)


def test_stack_of_a_fleet_has_neither_keys_nor_alarms_nor_a_topic() -> None:
    types = {resource["Type"] for resource in STACK["Resources"].values()}

    assert types & {"AWS::KMS::Key", "AWS::KMS::Alias", "AWS::CloudWatch::Alarm", "AWS::SNS::Topic"} == set()


def test_every_function_of_a_fleet_sends_no_metrics() -> None:
    functions = of_type(STACK, "AWS::Lambda::Function").values()

    off = [one["Environment"]["Variables"].get("POWERTOOLS_METRICS_DISABLED") for one in functions]
    assert off == ["true"] * len(functions)


def test_functions_of_a_fleet_poll_no_queue_of_objects() -> None:
    mappings = of_type(STACK, "AWS::Lambda::EventSourceMapping").values()

    polled = {mapping["EventSourceArn"]["Fn::GetAtt"][0] for mapping in mappings}
    assert polled == {"BucketQueue", "BucketLookQueue", "KeyQueue", "KeyLookQueue", "SweepQueue"}
