"""Rules for every resource of a type, also for future ones: encrypted, retained, redriven, admitted."""

from __future__ import annotations

from typing import Any

import pytest

from tests.gates.policies import VARIANTS, documents
from tests.support.translated import Template, actions, as_list, of_type, resolved

HOLDS_DATA = {"AWS::DynamoDB::Table", "AWS::KMS::Key", "AWS::S3::Bucket"}
ENCRYPTED = {
    "AWS::DynamoDB::Table": lambda table: table["SSESpecification"]["SSEEnabled"] is True,
    "AWS::S3::Bucket": lambda bucket: "BucketEncryption" in bucket,
    "AWS::SNS::Topic": lambda topic: "Fn::GetAtt" in topic["KmsMasterKeyId"],
    "AWS::SQS::Queue": lambda queue: queue["SqsManagedSseEnabled"] is True or "KmsMasterKeyId" in queue,
}
every_variant = pytest.mark.parametrize(
    "template", [resolved(**parameters) for parameters in VARIANTS.values()], ids=VARIANTS
)


def name_of(reference: Any) -> str:
    """The name of the resource in a Ref or GetAtt."""
    match reference:
        case {"Ref": str(name)} | {"Fn::GetAtt": [str(name), _]}:
            return name
    return ""


def dead_letter_queues(template: Template) -> set[str]:
    queues = of_type(template, "AWS::SQS::Queue").values()
    targets = [t for rule in of_type(template, "AWS::Events::Rule").values() for t in rule["Targets"]]
    redriven = [queue["RedrivePolicy"]["deadLetterTargetArn"] for queue in queues if "RedrivePolicy" in queue]
    undelivered = [target["DeadLetterConfig"]["Arn"] for target in targets if "DeadLetterConfig" in target]
    return {name_of(arn) for arn in (*redriven, *undelivered)}


@every_variant
def test_everything_at_rest_is_encrypted(template: Template) -> None:
    plain = [
        name
        for kind, is_encrypted in ENCRYPTED.items()
        for name, properties in of_type(template, kind).items()
        if not is_encrypted(properties)
    ]

    assert plain == []


@every_variant
def test_every_resource_with_data_has_deletion_and_replacement_policies(template: Template) -> None:
    silent = [
        name
        for name, resource in template["Resources"].items()
        if resource["Type"] in HOLDS_DATA and not {"DeletionPolicy", "UpdateReplacePolicy"} <= resource.keys()
    ]

    assert silent == []


@every_variant
def test_every_function_logs_to_a_group_of_the_stack_with_a_retention(template: Template) -> None:
    groups = of_type(template, "AWS::Logs::LogGroup")
    functions = of_type(template, "AWS::Lambda::Function")

    logged = {name_of(function["LoggingConfig"]["LogGroup"]) for function in functions.values()}
    assert logged <= groups.keys()  # a group outlives its function
    assert [name for name, group in groups.items() if "RetentionInDays" not in group] == []


@every_variant
def test_every_queue_has_a_dead_letter_queue_or_is_one(template: Template) -> None:
    queues = of_type(template, "AWS::SQS::Queue")

    alone = {name for name, queue in queues.items() if "RedrivePolicy" not in queue}
    assert alone == dead_letter_queues(template)


@every_variant
def test_every_target_of_a_rule_has_a_dead_letter_queue(template: Template) -> None:
    rules = of_type(template, "AWS::Events::Rule")

    assert [n for n, rule in rules.items() for t in rule["Targets"] if "DeadLetterConfig" not in t] == []


@every_variant
def test_every_failed_invocation_is_kept_or_published(template: Template) -> None:
    """By the function's queue, or by a destination for failures."""
    mappings = of_type(template, "AWS::Lambda::EventSourceMapping").values()
    configs = of_type(template, "AWS::Lambda::EventInvokeConfig").values()
    from_queues = {name_of(m["FunctionName"]) for m in mappings if name_of(m["EventSourceArn"])}
    with_destination = {name_of(c["FunctionName"]) for c in configs if c["DestinationConfig"]["OnFailure"]}

    assert of_type(template, "AWS::Lambda::Function").keys() == from_queues | with_destination


@every_variant
def test_every_target_admits_the_service_that_delivers_to_it(template: Template) -> None:
    rules = [t for rule in of_type(template, "AWS::Events::Rule").values() for t in rule["Targets"]]
    deliveries = {("events.amazonaws.com", name_of(target["Arn"])) for target in rules}
    deliveries |= {("events.amazonaws.com", name_of(target["DeadLetterConfig"]["Arn"])) for target in rules}
    alarms = of_type(template, "AWS::CloudWatch::Alarm").values()
    deliveries |= {
        ("cloudwatch.amazonaws.com", name_of(a)) for alarm in alarms for a in alarm["AlarmActions"]
    }
    trails = of_type(template, "AWS::CloudTrail::Trail").values()
    deliveries |= {("cloudtrail.amazonaws.com", name_of(trail["S3BucketName"])) for trail in trails}

    assert {(service, name) for service, name in deliveries if name} <= admitted(template)


def admitted(template: Template) -> set[tuple[str, str]]:
    """The pairs of service and resource for which a resource policy allows writes."""
    found = set()
    for kind, targets in {
        "AWS::SQS::QueuePolicy": "Queues",
        "AWS::SNS::TopicPolicy": "Topics",
        "AWS::S3::BucketPolicy": "Bucket",
    }.items():
        for policy in of_type(template, kind).values():
            for statement in policy["PolicyDocument"]["Statement"]:
                services = as_list(statement["Principal"].get("Service", [])) if writes(statement) else []
                found |= {(s, name_of(target)) for s in services for target in as_list(policy[targets])}
    return found


def writes(statement: dict[str, Any]) -> bool:
    sends = {"sqs:SendMessage", "sns:Publish", "s3:PutObject"}
    return statement["Effect"] == "Allow" and bool(actions(statement) & sends)


def test_template_has_policies_to_check() -> None:
    assert len(documents(CreateManagementTrail="true")) > 8
