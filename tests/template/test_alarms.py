"""Every alarm rings on the topic, for a metric that is there; every dead-letter queue has one."""

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
RINGS_FOR_SILENCE = {"TrailAlarm"}  # a check that does not run proves nothing
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
    """The logical name of what an alarm watches: `Ref` of a function, the name attribute of a queue."""
    ((dimension),) = alarm["Dimensions"]
    match dimension["Value"]:
        case {"Ref": str(name)}:
            return name
        case {"Fn::GetAtt": [str(name), "QueueName"]}:
            return name
    raise AssertionError(dimension)


@pytest.mark.parametrize("name", ALARMS)
def test_alarm_rings_on_the_topic(name: str) -> None:
    assert ALARMS[name]["AlarmActions"] == [{"Ref": "AlertTopic"}]


@pytest.mark.parametrize("name", ALARMS)
def test_alarm_rings_on_an_existing_topic(name: str) -> None:
    customer_supplied = "arn:aws:sns:us-east-1:111122223333:alerts"

    alarms = of_type(resolved(AlertTopicArn=customer_supplied), "AWS::CloudWatch::Alarm")

    assert alarms[name]["AlarmActions"] == [customer_supplied]


@pytest.mark.parametrize("name", ALARMS)
def test_alarm_watches_a_metric_that_is_there(name: str) -> None:
    alarm = ALARMS[name]
    metrics, dimension, kind = METRICS[alarm["Namespace"]]

    assert alarm["MetricName"] in metrics
    assert [d["Name"] for d in alarm["Dimensions"]] == [dimension]
    assert watched(alarm) in of_type(TEMPLATE, kind)


@pytest.mark.parametrize("name", sorted(ALARMS.keys() - RINGS_FOR_SILENCE))
def test_alarm_is_quiet_where_nothing_happens(name: str) -> None:
    assert ALARMS[name]["TreatMissingData"] == "notBreaching"


@pytest.mark.parametrize("name", ALARMS)
def test_alarm_says_what_happened(name: str) -> None:
    assert len(ALARMS[name]["AlarmDescription"]) > 40


@pytest.mark.parametrize("queue", DEAD_LETTER_QUEUES)
def test_first_message_of_a_dead_letter_queue_rings(queue: str) -> None:
    (alarm,) = [a for a in ALARMS.values() if watched(a) == queue]

    assert (alarm["MetricName"], alarm["ComparisonOperator"], alarm["Threshold"]) == (
        "ApproximateNumberOfMessagesVisible",
        "GreaterThanThreshold",
        0,
    )


@pytest.mark.parametrize("function", of_type(TEMPLATE, "AWS::Lambda::Function"))
def test_error_of_a_function_rings(function: str) -> None:
    (alarm,) = [a for a in ALARMS.values() if watched(a) == function and a["MetricName"] == "Errors"]

    assert (alarm["ComparisonOperator"], alarm["Threshold"]) == ("GreaterThanThreshold", 0)


@pytest.mark.parametrize("queue", ["BucketQueue", "ObjectQueue"])
def test_message_that_goes_back_once_rings_for_no_age(queue: str) -> None:
    hidden = of_type(TEMPLATE, "AWS::SQS::Queue")[queue]["VisibilityTimeout"]

    (alarm,) = [a for a in ALARMS.values() if watched(a) == queue]

    assert alarm["MetricName"] == "ApproximateAgeOfOldestMessage"
    assert alarm["Threshold"] > hidden
