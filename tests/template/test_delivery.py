"""Rule, queues and function: what must hold for no event to be lost, and what emulators let pass."""

from __future__ import annotations

import json
from typing import Any

import pytest

from reseal.pipeline import FIRST_DELIVERY, LEASE
from tests.template.translated import actions, arn_of, as_list, of_type, resolved

PATTERN_LIMIT = 2048
LONGEST_ROLE_NAME = "r" * 64
TEMPLATE = resolved()
RULES = of_type(TEMPLATE, "AWS::Events::Rule")
QUEUES = of_type(TEMPLATE, "AWS::SQS::Queue")
FUNCTION = of_type(TEMPLATE, "AWS::Lambda::Function")["EnforceBucketFunction"]
(MAPPING,) = of_type(TEMPLATE, "AWS::Lambda::EventSourceMapping").values()
TARGETS = [(rule, target) for rule, body in RULES.items() for target in body["Targets"]]


def senders_to(queue: str) -> list[dict[str, Any]]:
    """The statements that let anybody send to a queue."""
    return [
        statement
        for policy in of_type(TEMPLATE, "AWS::SQS::QueuePolicy").values()
        if {"Ref": queue} in policy["Queues"]
        for statement in policy["PolicyDocument"]["Statement"]
        if arn_of(queue) in as_list(statement["Resource"])
    ]


def named_by(reference: dict[str, Any]) -> str:
    name, attribute = reference["Fn::GetAtt"]
    assert attribute == "Arn"
    return str(name)


@pytest.mark.parametrize(("rule", "target"), TARGETS, ids=[rule for rule, _ in TARGETS])
def test_target_admits_exactly_its_rule(rule: str, target: dict[str, Any]) -> None:
    (statement,) = senders_to(named_by(target["Arn"]))

    assert statement["Principal"] == {"Service": "events.amazonaws.com"}
    assert actions(statement) == {"sqs:SendMessage"}
    assert statement["Condition"] == {"ArnEquals": {"aws:SourceArn": arn_of(rule)}}


@pytest.mark.parametrize(("rule", "target"), TARGETS, ids=[rule for rule, _ in TARGETS])
def test_dead_letter_queue_of_a_target_admits_exactly_its_rule(rule: str, target: dict[str, Any]) -> None:
    (statement,) = senders_to(named_by(target["DeadLetterConfig"]["Arn"]))

    assert statement["Condition"] == {"ArnEquals": {"aws:SourceArn": arn_of(rule)}}


@pytest.mark.parametrize(("rule", "target"), TARGETS, ids=[rule for rule, _ in TARGETS])
def test_delivery_is_retried_as_long_as_eventbridge_can(rule: str, target: dict[str, Any]) -> None:
    assert target["RetryPolicy"] == {"MaximumEventAgeInSeconds": 86400, "MaximumRetryAttempts": 185}


@pytest.mark.parametrize("rule", RULES)
def test_pattern_fits_with_the_longest_names(rule: str) -> None:
    gov = resolved(**{"AWS::Partition": "aws-us-gov", "AWS::Region": "us-gov-west-1"})
    pattern = json.dumps(of_type(gov, "AWS::Events::Rule")[rule]["EventPattern"])

    rendered = pattern.replace("${EnforceBucketRole}", LONGEST_ROLE_NAME)
    assert "${" not in rendered
    assert len(rendered) <= PATTERN_LIMIT


def test_rule_drops_the_calls_of_the_functions_own_role() -> None:
    (dropped,) = [
        matcher["anything-but"]["prefix"]
        for matcher in RULES["BucketRule"]["EventPattern"]["detail"]["userIdentity"]["arn"]
        if "anything-but" in matcher
    ]

    assert dropped == f"arn:aws:sts::111122223333:assumed-role/${{{named_by(FUNCTION['Role'])}}}/"


def test_message_stays_hidden_six_times_as_long_as_the_function_may_run() -> None:
    assert QUEUES["BucketQueue"]["VisibilityTimeout"] >= 6 * FUNCTION["Timeout"]


def test_message_stays_hidden_longer_than_a_first_delivery_takes() -> None:
    assert QUEUES["BucketQueue"]["VisibilityTimeout"] > FIRST_DELIVERY.total_seconds()


def test_lease_outlives_the_function_and_ends_before_the_redelivery() -> None:
    assert FUNCTION["Timeout"] < LEASE.total_seconds() < QUEUES["BucketQueue"]["VisibilityTimeout"]


def test_message_is_tried_five_times_before_it_is_given_up() -> None:
    assert QUEUES["BucketQueue"]["RedrivePolicy"]["maxReceiveCount"] >= 5


@pytest.mark.parametrize("queue", ["BucketDeadLetters", "UndeliveredQueue"])
def test_what_was_given_up_is_kept_as_long_as_sqs_can(queue: str) -> None:
    assert QUEUES[queue]["MessageRetentionPeriod"] == 14 * 24 * 3600


def test_one_bad_message_does_not_bring_back_its_batch() -> None:
    assert MAPPING["FunctionResponseTypes"] == ["ReportBatchItemFailures"]


def test_function_listens_to_the_queue_of_the_rule() -> None:
    assert MAPPING["EventSourceArn"] == TARGETS[0][1]["Arn"]


def test_function_is_bounded_in_how_many_run_at_once() -> None:
    assert 2 <= MAPPING["ScalingConfig"]["MaximumConcurrency"] <= 10


def test_function_logs_to_a_group_of_the_stack_with_a_retention() -> None:
    group = FUNCTION["LoggingConfig"]["LogGroup"]["Ref"]

    assert of_type(TEMPLATE, "AWS::Logs::LogGroup")[group]["RetentionInDays"] == 90


def test_settle_time_is_the_queues_delay() -> None:
    queues = of_type(resolved(SettleSeconds="120"), "AWS::SQS::Queue")

    assert queues["BucketQueue"]["DelaySeconds"] == "120"
