"""Rules, queues and functions: the settings without which events would be lost, unnoticed by emulators."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest

from reseal.core.calls.keys.key_call import BY_KMS
from reseal.core.trail.trail import KEY_CALLS
from reseal.flow.delivery import FIRST_DELIVERY
from reseal.resources.bucket.kind import LEASE as BUCKET_LEASE
from reseal.resources.key.kind import LEASE as KEY_LEASE
from reseal.resources.object.kind import LEASE as OBJECT_LEASE
from tests.support.translated import actions, arn_of, as_list, of_type, resolved

PATTERN_LIMIT = 2048
LONGEST_ROLE_NAME = "r" * 64
TEMPLATE = resolved()
RULES = of_type(TEMPLATE, "AWS::Events::Rule")
QUEUES = of_type(TEMPLATE, "AWS::SQS::Queue")
FUNCTIONS = of_type(TEMPLATE, "AWS::Lambda::Function")
MAPPINGS = of_type(TEMPLATE, "AWS::Lambda::EventSourceMapping").values()
TARGETS = [(rule, target) for rule, body in RULES.items() for target in body["Targets"]]


@dataclass(frozen=True)
class Lane:
    """The logical names of a lane's resources."""

    rule: str
    queue: str
    dead_letters: str
    function_name: str

    @property
    def function(self) -> dict[str, Any]:
        return FUNCTIONS[self.function_name]

    @property
    def mapping(self) -> dict[str, Any]:
        (found,) = [m for m in MAPPINGS if m["EventSourceArn"] == arn_of(self.queue)]
        return found

    @property
    def timeout(self) -> int:
        return int(self.function["Timeout"])

    @property
    def hidden(self) -> int:
        return int(QUEUES[self.queue]["VisibilityTimeout"])


BUCKET = Lane("BucketRule", "BucketQueue", "BucketDeadLetterQueue", "EnforceBucketFunction")
OBJECT = Lane("ObjectRule", "ObjectQueue", "ObjectDeadLetterQueue", "EnforceObjectFunction")
URGENT = Lane("UrgentObjectRule", "UrgentObjectQueue", "ObjectDeadLetterQueue", "EnforceObjectFunction")
KEY = Lane("KeyRule", "KeyQueue", "KeyDeadLetterQueue", "EnforceKeyFunction")
each_lane = pytest.mark.parametrize(
    "lane", [BUCKET, OBJECT, URGENT, KEY], ids=["bucket", "object", "urgent object", "key"]
)


def senders_to(queue: str) -> list[dict[str, Any]]:
    """The statements that allow sending to a queue."""
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


def sends_to(queue: str, rule_arn: dict[str, Any]) -> bool:
    """Whether this rule has the queue as its target."""
    return any(rule_arn == arn_of(name) and named_by(t["Arn"]) == queue for name, t in TARGETS)


def undelivered(target: dict[str, Any]) -> str:
    return named_by(target["DeadLetterConfig"]["Arn"])


def test_no_queue_has_two_policies() -> None:
    queues = [
        queue["Ref"] for p in of_type(TEMPLATE, "AWS::SQS::QueuePolicy").values() for queue in p["Queues"]
    ]

    assert len(queues) == len(set(queues))  # the later one would replace the other


@pytest.mark.parametrize(("rule", "target"), TARGETS, ids=[rule for rule, _ in TARGETS])
def test_target_admits_exactly_its_rule(rule: str, target: dict[str, Any]) -> None:
    (statement,) = senders_to(named_by(target["Arn"]))

    assert statement["Principal"] == {"Service": "events.amazonaws.com"}
    assert actions(statement) == {"sqs:SendMessage"}
    assert statement["Condition"].keys() == {"ArnEquals"}
    admitted = as_list(statement["Condition"]["ArnEquals"]["aws:SourceArn"])
    assert arn_of(rule) in admitted
    assert [arn for arn in admitted if not sends_to(named_by(target["Arn"]), arn)] == []


@pytest.mark.parametrize(("rule", "target"), TARGETS, ids=[rule for rule, _ in TARGETS])
def test_shared_dead_letter_queue_admits_each_rule(rule: str, target: dict[str, Any]) -> None:
    admitted = [
        arn
        for statement in senders_to(undelivered(target))
        for arn in as_list(statement["Condition"]["ArnEquals"]["aws:SourceArn"])
    ]

    assert admitted.count(arn_of(rule)) == 1
    assert len(admitted) == len(RULES)


@pytest.mark.parametrize(("rule", "target"), TARGETS, ids=[rule for rule, _ in TARGETS])
def test_delivery_has_eventbridges_longest_retry_policy(rule: str, target: dict[str, Any]) -> None:
    assert target["RetryPolicy"] == {"MaximumEventAgeInSeconds": 86400, "MaximumRetryAttempts": 185}


def test_bucket_pattern_fits_the_limit_with_the_longest_names() -> None:
    place = {"AWS::Partition": "aws-us-gov", "AWS::Region": "us-gov-west-1"}
    gov = resolved(**place, Mode="enforce", TlsMode="enforce")
    pattern = json.dumps(of_type(gov, "AWS::Events::Rule")["BucketRule"]["EventPattern"])

    rendered = re.sub(r"\$\{Enforce(Bucket|Policy)Role\}", LONGEST_ROLE_NAME, pattern)
    assert "${" not in rendered
    assert len(rendered) <= PATTERN_LIMIT


@each_lane
def test_rule_drops_the_calls_of_the_functions_own_role(lane: Lane) -> None:
    (dropped,) = [
        matcher["anything-but"]["prefix"]
        for matcher in RULES[lane.rule]["EventPattern"]["detail"]["userIdentity"]["arn"]
        if "anything-but" in matcher
    ]

    role = named_by(lane.function["Role"])
    assert as_list(dropped) == [f"arn:aws:sts::111122223333:assumed-role/${{{role}}}/"]


@each_lane
def test_visibility_timeout_is_six_times_the_functions_timeout(lane: Lane) -> None:
    window = lane.mapping.get("MaximumBatchingWindowInSeconds", 0)

    assert lane.hidden >= 6 * lane.timeout + window


@each_lane
def test_visibility_timeout_is_longer_than_a_first_delivery(lane: Lane) -> None:
    assert lane.hidden > FIRST_DELIVERY.total_seconds()


@pytest.mark.parametrize(
    ("lane", "lease"),
    [(BUCKET, BUCKET_LEASE), (OBJECT, OBJECT_LEASE), (URGENT, OBJECT_LEASE), (KEY, KEY_LEASE)],
    ids=["bucket", "object", "urgent object", "key"],
)
def test_lease_outlives_the_function_and_ends_before_the_redelivery(lane: Lane, lease: timedelta) -> None:
    assert lane.timeout < lease.total_seconds() < lane.hidden


@each_lane
def test_message_is_delivered_five_times_before_it_is_dead_lettered(lane: Lane) -> None:
    redrive = QUEUES[lane.queue]["RedrivePolicy"]

    assert redrive == {"deadLetterTargetArn": arn_of(lane.dead_letters), "maxReceiveCount": 5}


@each_lane
def test_message_outlives_all_its_deliveries(lane: Lane) -> None:
    assert QUEUES[lane.queue]["MessageRetentionPeriod"] > 5 * lane.hidden


@pytest.mark.parametrize(
    "queue", ["BucketDeadLetterQueue", "KeyDeadLetterQueue", "ObjectDeadLetterQueue", "UndeliveredQueue"]
)
def test_dead_letter_messages_are_kept_for_fourteen_days(queue: str) -> None:
    assert QUEUES[queue]["MessageRetentionPeriod"] == 14 * 24 * 3600


@each_lane
def test_one_bad_message_does_not_return_its_whole_batch(lane: Lane) -> None:
    assert lane.mapping["FunctionResponseTypes"] == ["ReportBatchItemFailures"]


@each_lane
def test_function_reads_the_queue_of_its_rule(lane: Lane) -> None:
    (target,) = RULES[lane.rule]["Targets"]

    assert target["Arn"] == arn_of(lane.queue)
    assert lane.mapping["FunctionName"] == {"Ref": lane.function_name}


def test_batch_of_more_than_ten_has_the_batching_window_that_lambda_requires() -> None:
    assert OBJECT.mapping["BatchSize"] > 10
    assert OBJECT.mapping["MaximumBatchingWindowInSeconds"] >= 1  # H3


def test_concurrency_of_the_bucket_function_is_limited() -> None:
    assert 2 <= BUCKET.mapping["ScalingConfig"]["MaximumConcurrency"] <= 10


def test_concurrency_of_the_object_function_is_limited_by_its_parameter() -> None:
    mappings = of_type(resolved(ObjectConcurrency="40"), "AWS::Lambda::EventSourceMapping").values()

    bounds = {
        m["EventSourceArn"]["Fn::GetAtt"][0]: m["ScalingConfig"]["MaximumConcurrency"] for m in mappings
    }
    assert (bounds["ObjectQueue"], bounds["UrgentObjectQueue"], bounds["ObjectLookQueue"]) == ("40", "40", 2)
    assert OBJECT.mapping["ScalingConfig"]["MaximumConcurrency"] == 10


@each_lane
def test_function_logs_to_a_group_of_the_stack_with_a_retention(lane: Lane) -> None:
    group = lane.function["LoggingConfig"]["LogGroup"]["Ref"]

    assert of_type(TEMPLATE, "AWS::Logs::LogGroup")[group]["RetentionInDays"] == 90


def test_settle_seconds_set_the_delay_of_the_bucket_queue() -> None:
    queues = of_type(resolved(SettleSeconds="120"), "AWS::SQS::Queue")

    assert queues["BucketQueue"]["DelaySeconds"] == "120"


@pytest.mark.parametrize("queue", ["ObjectQueue", "UrgentObjectQueue", "KeyQueue"])
def test_objects_and_keys_do_not_wait(queue: str) -> None:
    assert "DelaySeconds" not in QUEUES[queue]


def test_end_of_a_key_is_received_without_a_trail() -> None:
    pattern = RULES["KeyEndRule"]["EventPattern"]

    assert set(pattern["detail-type"]) == set(BY_KMS)
    assert (pattern["source"], pattern["account"]) == (["aws.kms"], ["111122223333"])
    assert "detail" not in pattern


def test_key_rule_matches_the_calls_that_the_trail_check_asks_for() -> None:
    assert tuple(RULES["KeyRule"]["EventPattern"]["detail"]["eventName"]) == KEY_CALLS


def test_urgent_writes_wait_for_no_others() -> None:
    assert "MaximumBatchingWindowInSeconds" not in URGENT.mapping
    assert URGENT.mapping["BatchSize"] <= 10


def test_object_function_has_memory_for_one_whole_processor() -> None:
    assert OBJECT.function["MemorySize"] == 1769
