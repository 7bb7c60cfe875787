"""The sweep's resources: what its role may write, when it runs, and how it continues itself."""

from __future__ import annotations

import json

import pytest

from functions.sweep import app
from reseal.core.sweep.progress import Asked, asked_by
from tests.support.rights import Statement, role_statements
from tests.support.translated import actions, arn_of, as_list, enforcing, of_type, resolved

TEMPLATE = resolved()
FUNCTION = of_type(TEMPLATE, "AWS::Lambda::Function")["SweepFunction"]
QUEUE = of_type(TEMPLATE, "AWS::SQS::Queue")["SweepQueue"]
WRITES = {"sqs:SendMessage", "s3:PutObject", "dynamodb:UpdateItem", "sns:Publish"}
BY_LAMBDA = {"logs:CreateLogStream", "logs:PutLogEvents", "sqs:DeleteMessage"}
ONLY_READ = ("BatchGet", "Get", "List", "Describe", "Scan", "Receive")


def of_role(name: str = "SweepRole", **parameters: str) -> list[Statement]:
    return role_statements(enforcing(**parameters), name)


def resources_of(action: str, **parameters: str) -> list[object]:
    return [
        resource
        for statement in of_role(**parameters)
        if action in actions(statement)
        for resource in as_list(statement["Resource"])
    ]


@pytest.mark.parametrize("mode", ["enforce", "detect", "off"])
@pytest.mark.parametrize("sweep_mode", ["enforce", "detect"])
def test_role_can_write_nothing_but_snapshot_report_and_messages(mode: str, sweep_mode: str) -> None:
    granted = {
        action for statement in of_role(Mode=mode, SweepMode=sweep_mode) for action in actions(statement)
    }
    writes = {one for one in granted if not one.partition(":")[2].startswith(ONLY_READ)}

    assert writes == WRITES | BY_LAMBDA


def test_role_writes_only_to_the_snapshot_and_the_report() -> None:
    assert resources_of("dynamodb:UpdateItem") == [arn_of("Snapshot")]
    assert resources_of("s3:PutObject") == ["${ReportBucket.Arn}/sweeps/*"]
    assert resources_of("sns:Publish") == [{"Ref": "AlertTopic"}]


def test_sweep_that_only_reports_can_send_nothing_to_the_lanes() -> None:
    assert resources_of("sqs:SendMessage") == [arn_of("SweepQueue")]
    assert resources_of("sqs:SendMessage", SweepMode="enforce") == [
        arn_of("SweepQueue"),
        arn_of("BucketLookQueue"),
        arn_of("KeyLookQueue"),
    ]


def test_template_only_reports_until_a_person_chooses_otherwise() -> None:
    assert TEMPLATE["Parameters"]["SweepMode"]["Default"] == "detect"


def test_message_of_the_schedule_begins_a_sweep() -> None:
    (schedule,) = [
        one
        for one in of_type(TEMPLATE, "AWS::Scheduler::Schedule").values()
        if one["Target"]["Arn"] == arn_of("SweepQueue")
    ]

    assert asked_by(schedule["Target"]["Input"], "m1") == Asked(sweep="m1", hop=0)
    assert schedule["ScheduleExpression"] == "rate(7 days)"


def test_schedule_may_only_send_to_the_sweeps_queue() -> None:
    assert [(actions(s), s["Resource"]) for s in of_role("SweepTimerRole")] == [
        ({"sqs:SendMessage"}, arn_of("SweepQueue"))
    ]


def test_lambda_does_not_take_the_sweep_for_an_endless_loop() -> None:
    assert FUNCTION["RecursiveLoop"] == "Allow"


def test_lease_outlives_the_function_and_ends_before_the_redelivery() -> None:
    assert FUNCTION["Timeout"] < app.LEASE.total_seconds() < QUEUE["VisibilityTimeout"]


def test_one_message_at_a_time_is_worked_on() -> None:
    (mapping,) = [
        one
        for one in of_type(TEMPLATE, "AWS::Lambda::EventSourceMapping").values()
        if one["EventSourceArn"] == arn_of("SweepQueue")
    ]

    assert (mapping["BatchSize"], mapping["ScalingConfig"]) == (1, {"MaximumConcurrency": 2})
    assert mapping["FunctionResponseTypes"] == ["ReportBatchItemFailures"]


@pytest.mark.parametrize(("required", "algorithm"), [("SSE-KMS", "aws:kms"), ("DSSE-KMS", "aws:kms:dsse")])
def test_report_bucket_meets_reseals_own_checks(required: str, algorithm: str) -> None:
    bucket = of_type(resolved(RequiredEncryption=required), "AWS::S3::Bucket")["ReportBucket"]
    (rule,) = bucket["BucketEncryption"]["ServerSideEncryptionConfiguration"]

    assert rule["ServerSideEncryptionByDefault"] == {
        "SSEAlgorithm": algorithm,
        "KMSMasterKeyID": arn_of("RemediationKey"),
    }
    assert rule["BlockedEncryptionTypes"] == {"EncryptionType": ["SSE-C"]}


def test_report_bucket_is_versioned_private_and_expires() -> None:
    bucket = of_type(TEMPLATE, "AWS::S3::Bucket")["ReportBucket"]

    assert bucket["VersioningConfiguration"] == {"Status": "Enabled"}
    assert set(bucket["PublicAccessBlockConfiguration"].values()) == {True}
    assert bucket["LifecycleConfiguration"]["Rules"][0]["ExpirationInDays"] == 400


def test_report_bucket_refuses_plain_http() -> None:
    (policy,) = [
        one
        for one in of_type(TEMPLATE, "AWS::S3::BucketPolicy").values()
        if one["Bucket"] == {"Ref": "ReportBucket"}
    ]
    (statement,) = policy["PolicyDocument"]["Statement"]

    assert (statement["Effect"], statement["Principal"], statement["Action"]) == ("Deny", "*", "s3:*")
    assert json.dumps(statement["Condition"]) == '{"Bool": {"aws:SecureTransport": "false"}}'


def test_snapshot_has_the_index_from_keys_to_buckets() -> None:
    table = of_type(TEMPLATE, "AWS::DynamoDB::Table")["Snapshot"]
    (index,) = table["GlobalSecondaryIndexes"]

    assert index["KeySchema"] == [{"AttributeName": "kms_key", "KeyType": "HASH"}]
    assert table["TimeToLiveSpecification"] == {"AttributeName": "expires_at", "Enabled": True}
