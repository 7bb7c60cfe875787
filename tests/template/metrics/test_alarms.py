"""Every alarm publishes on the topic and watches an existing metric; every dead-letter queue has an alarm."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.translated import of_type, resolved

TEMPLATE = resolved()
ALARMS = of_type(TEMPLATE, "AWS::CloudWatch::Alarm")
METRICS = {
    "AWS/Lambda": ({"Errors", "Throttles"}, "FunctionName", "AWS::Lambda::Function"),
    "AWS/SQS": (
        {"ApproximateNumberOfMessagesVisible", "ApproximateAgeOfOldestMessage"},
        "QueueName",
        "AWS::SQS::Queue",
    ),
    "Reseal": ({"TrailCoverage"}, "FunctionName", "AWS::Lambda::Function"),
}
ALARMS_ON_MISSING_DATA = {"TrailAlarm"}  # a check that does not run proves nothing
DEAD_LETTER_QUEUES = [
    *(
        queue["RedrivePolicy"]["deadLetterTargetArn"]["Fn::GetAtt"][0]
        for queue in of_type(TEMPLATE, "AWS::SQS::Queue").values()
        if "RedrivePolicy" in queue
    ),
    *(
        target["DeadLetterConfig"]["Arn"]["Fn::GetAtt"][0]
        for rule in of_type(TEMPLATE, "AWS::Events::Rule").values()
        for target in rule["Targets"]
    ),
]


def watched(alarm: dict[str, Any]) -> str:
    """The logical name of the function (`Ref`) or queue (its name attribute) that an alarm watches."""
    ((dimension),) = alarm["Dimensions"]
    match dimension["Value"]:
        case {"Ref": str(name)}:
            return name
        case {"Fn::GetAtt": [str(name), "QueueName"]}:
            return name
    raise AssertionError(dimension)


@pytest.mark.parametrize("name", ALARMS)
def test_alarm_publishes_on_the_stacks_topic(name: str) -> None:
    assert ALARMS[name]["AlarmActions"] == [{"Ref": "AlertTopic"}]


@pytest.mark.parametrize("name", ALARMS)
def test_alarm_publishes_on_an_existing_topic(name: str) -> None:
    customer_supplied = "arn:aws:sns:us-east-1:111122223333:alerts"

    alarms = of_type(resolved(AlertTopicArn=customer_supplied), "AWS::CloudWatch::Alarm")

    assert alarms[name]["AlarmActions"] == [customer_supplied]


@pytest.mark.parametrize("name", ALARMS)
def test_alarm_watches_an_existing_metric(name: str) -> None:
    alarm = ALARMS[name]
    metrics, dimension, kind = METRICS[alarm["Namespace"]]

    assert alarm["MetricName"] in metrics
    assert [d["Name"] for d in alarm["Dimensions"]] == [dimension]
    assert watched(alarm) in of_type(TEMPLATE, kind)


@pytest.mark.parametrize("name", sorted(ALARMS.keys() - ALARMS_ON_MISSING_DATA))
def test_alarm_is_quiet_without_data(name: str) -> None:
    assert ALARMS[name]["TreatMissingData"] == "notBreaching"


@pytest.mark.parametrize("name", ALARMS)
def test_alarm_says_what_happened(name: str) -> None:
    assert len(ALARMS[name]["AlarmDescription"]) > 40


@pytest.mark.parametrize("queue", DEAD_LETTER_QUEUES)
def test_first_dead_letter_message_raises_the_alarm(queue: str) -> None:
    (alarm,) = [a for a in ALARMS.values() if watched(a) == queue]

    assert (alarm["MetricName"], alarm["ComparisonOperator"], alarm["Threshold"]) == (
        "ApproximateNumberOfMessagesVisible",
        "GreaterThanThreshold",
        0,
    )


@pytest.mark.parametrize("function", of_type(TEMPLATE, "AWS::Lambda::Function"))
def test_error_of_a_function_raises_the_alarm(function: str) -> None:
    (alarm,) = [a for a in ALARMS.values() if watched(a) == function and a["MetricName"] == "Errors"]

    assert (alarm["ComparisonOperator"], alarm["Threshold"]) == ("GreaterThanThreshold", 0)


@pytest.mark.parametrize("queue", ["BucketQueue", "ObjectQueue", "UrgentObjectQueue", "KeyQueue"])
def test_one_redelivery_does_not_raise_the_age_alarm(queue: str) -> None:
    hidden = of_type(TEMPLATE, "AWS::SQS::Queue")[queue]["VisibilityTimeout"]

    (alarm,) = [a for a in ALARMS.values() if watched(a) == queue]

    assert alarm["MetricName"] == "ApproximateAgeOfOldestMessage"
    assert alarm["Threshold"] > hidden
