"""The trails that the stack can create, and the trail check."""

from __future__ import annotations

import json
import re
from typing import Any

import boto3
import pytest
from aws_lambda_powertools import Logger
from cfnlint.api import lint

from reseal.core.trail.coverage import KeyCoverage, ObjectCoverage, TrailCoverage
from reseal.core.trail.own_trail import OwnTrail
from reseal.core.trail.selectors import AdvancedSelector, FieldSelector
from reseal.core.trail.trail import BUCKET_CALLS, OBJECT_WRITES
from reseal.runtime.trail_telemetry import record_coverage
from tests.support.translated import actions, arn_of, as_list, of_type, resolved, translated

WITH_TRAIL = resolved(CreateManagementTrail="true", **{"AWS::StackName": "reseal"})
KEY = "arn:aws:kms:us-east-1:444455556666:key/0d9a4c1e-8f27-4b63-a5c0-71e2d3f4b5a6"
SHARED = {"TrailKey", "TrailBucket", "TrailBucketPolicy"}
OWN = SHARED | {"ManagementTrail", "ObjectTrail"}
SHARED_SETTINGS = {"MODE", "CHECK_MODES"}
SESSIONS = "arn:aws:sts::111122223333:assumed-role/${EnforceObjectRole}/"
ONLY_FROM_THE_TRAILS = [
    "arn:aws:cloudtrail:us-east-1:111122223333:trail/reseal-management",
    "arn:aws:cloudtrail:us-east-1:111122223333:trail/reseal-objects",
]


def properties(name: str, **parameters: str) -> dict[str, Any]:
    template = resolved(CreateManagementTrail="true", **parameters) if parameters else WITH_TRAIL
    found: dict[str, Any] = template["Resources"][name]["Properties"]
    return found


def object_trail(buckets: str, **parameters: str) -> dict[str, Any]:
    named = {"AWS::StackName": "reseal", **parameters}
    return of_type(resolved(ObjectBuckets=buckets, **named), "AWS::CloudTrail::Trail")["ObjectTrail"]


def selector(buckets: str = "*", **parameters: str) -> dict[str, dict[str, Any]]:
    """The only selector of the object trail, by field."""
    (only,) = object_trail(buckets, **parameters)["AdvancedEventSelectors"]
    return {field.pop("Field"): field for field in only["FieldSelectors"]}


def policy_of(role: str) -> dict[str, dict[str, Any]]:
    (policy,) = properties(role)["Policies"]
    return {statement["Sid"]: statement for statement in policy["PolicyDocument"]["Statement"]}


def test_stack_creates_no_trail_by_default() -> None:
    assert resolved()["Resources"].keys() & OWN == set()
    assert "TrailBucketName" not in resolved()["Outputs"]


@pytest.mark.parametrize(
    ("parameters", "made"),
    [
        ({"CreateManagementTrail": "true"}, {"ManagementTrail"}),
        ({"ObjectBuckets": "*"}, {"ObjectTrail"}),
        ({"CreateManagementTrail": "true", "ObjectBuckets": "payroll"}, {"ManagementTrail", "ObjectTrail"}),
    ],
)
def test_each_trail_also_creates_the_shared_resources(parameters: dict[str, str], made: set[str]) -> None:
    template = resolved(**parameters)

    assert template["Resources"].keys() & OWN == SHARED | made
    assert "TrailBucketName" in template["Outputs"]


def test_check_looks_for_the_calls_that_the_bucket_rule_matches() -> None:
    pattern = of_type(resolved(), "AWS::Events::Rule")["BucketRule"]["EventPattern"]

    assert set(pattern["detail"]["eventName"]) == set(BUCKET_CALLS)


def test_check_looks_for_the_writes_that_the_object_rule_matches() -> None:
    rules = of_type(resolved(), "AWS::Events::Rule")
    taken = {
        name
        for rule in ("ObjectRule", "UrgentObjectRule")
        for name in rules[rule]["EventPattern"]["detail"]["eventName"]
    }
    selected = selector()["eventName"]["Equals"]

    assert taken == set(selected) == set(OBJECT_WRITES)


@pytest.mark.parametrize(
    ("parameters", "trail", "bucket", "sessions"),
    [
        ({"ObjectBuckets": "*"}, arn_of("ObjectTrail"), arn_of("TrailBucket"), SESSIONS),
        ({"ObjectBuckets": "*", "ObjectEncryptionMode": "off"}, "", "", ""),
        ({}, "", "", ""),
    ],
    ids=["made", "not made, because objects are not checked", "none"],
)
def test_check_knows_the_object_trail_if_the_stack_creates_one(
    parameters: dict[str, str], trail: object, bucket: object, sessions: str
) -> None:
    function = of_type(resolved(**parameters), "AWS::Lambda::Function")["CheckTrailFunction"]

    own = {
        name: value
        for name, value in function["Environment"]["Variables"].items()
        if name not in SHARED_SETTINGS
    }
    assert own == {
        "OBJECT_TRAIL_ARN": trail,
        "OBJECT_BUCKETS": parameters.get("ObjectBuckets", ""),
        "OBJECT_SCOPE": "*",
        "TRAIL_BUCKET_ARN": bucket,
        "OWN_SESSIONS": sessions,
        "KEY_LOOK_QUEUE_URL": {"Ref": "KeyLookQueue"},
    }


@pytest.mark.parametrize("buckets", ["*", "payroll", "payroll,team-,x.y/"])
@pytest.mark.parametrize("scope", ["*", "payroll,team-,x.y/"])
@pytest.mark.parametrize("partition", boto3.Session().get_available_partitions())
def test_check_compares_the_object_trail_with_exactly_what_the_stack_makes(
    buckets: str, scope: str, partition: str
) -> None:
    pseudo = {"AWS::Partition": partition, "ObjectScope": scope}
    functions = of_type(resolved(ObjectBuckets=buckets, **pseudo), "AWS::Lambda::Function")
    variables = functions["CheckTrailFunction"]["Environment"]["Variables"]
    own = OwnTrail(
        arn=f"arn:{partition}:cloudtrail:us-east-1:111122223333:trail/reseal-objects",
        buckets=variables["OBJECT_BUCKETS"],
        scope=variables["OBJECT_SCOPE"],
        trail_bucket="${TrailBucket.Arn}",
        own_sessions=variables["OWN_SESSIONS"],
    )

    fields = selector(buckets, **pseudo)

    made = tuple(
        FieldSelector(field=field, values={name: tuple(texts) for name, texts in values.items()})
        for field, values in fields.items()
    )
    assert AdvancedSelector(fields=made).selects_as(own.selector)


def test_management_trail_logs_writes_of_this_region_and_validates_its_files() -> None:
    trail = properties("ManagementTrail")

    assert trail["EventSelectors"] == [{"IncludeManagementEvents": True, "ReadWriteType": "WriteOnly"}]
    assert (trail["IsLogging"], trail["IsMultiRegionTrail"], trail["EnableLogFileValidation"]) == (
        True,
        False,
        True,
    )


@pytest.mark.parametrize("name", ["TrailBucket", "TrailBucketPolicy", "TrailKey"])
def test_log_files_their_key_and_policy_survive_the_stack(name: str) -> None:
    resource = WITH_TRAIL["Resources"][name]

    assert resource["DeletionPolicy"] in {"Retain", "RetainExceptOnCreate"}
    assert resource["UpdateReplacePolicy"] == "Retain"


@pytest.mark.parametrize(
    ("required", "algorithm", "bucket_key"),
    [("SSE-KMS", "aws:kms", True), ("DSSE-KMS", "aws:kms:dsse", None)],
)
def test_log_bucket_meets_every_check(required: str, algorithm: str, bucket_key: bool | None) -> None:
    (rule,) = properties("TrailBucket", RequiredEncryption=required)["BucketEncryption"][
        "ServerSideEncryptionConfiguration"
    ]

    assert rule["ServerSideEncryptionByDefault"] == {
        "SSEAlgorithm": algorithm,
        "KMSMasterKeyID": arn_of("TrailKey"),
    }
    assert rule.get("BucketKeyEnabled") is bucket_key
    assert rule["BlockedEncryptionTypes"] == {"EncryptionType": ["SSE-C"]}


@pytest.mark.parametrize("name", ["EnforceBucketFunction", "EnforceObjectFunction"])
@pytest.mark.parametrize("trail", [{"CreateManagementTrail": "true"}, {"ObjectBuckets": "*"}])
def test_trail_key_is_approved_in_addition_to_the_listed_keys(name: str, trail: dict[str, str]) -> None:
    function = of_type(resolved(ApprovedKeys=KEY, **trail), "AWS::Lambda::Function")[name]

    assert function["Environment"]["Variables"]["APPROVED_KEYS"] == f"{KEY},${{TrailKey.Arn}}".removeprefix(
        "arn:"
    )


def test_only_the_stacks_trails_may_use_the_trail_key_and_bucket() -> None:
    key = properties("TrailKey")["KeyPolicy"]["Statement"]
    bucket = properties("TrailBucketPolicy")["PolicyDocument"]["Statement"]
    services = [s for s in key + bucket if s["Principal"] == {"Service": "cloudtrail.amazonaws.com"}]

    assert [actions(s) for s in services] == [
        {"kms:DescribeKey", "kms:GenerateDataKey"},
        {"s3:GetBucketAcl"},
        {"s3:PutObject"},
    ]
    assert [s["Condition"]["StringEquals"]["aws:SourceArn"] for s in services] == [ONLY_FROM_THE_TRAILS] * 3
    assert properties("ManagementTrail")["TrailName"] == "reseal-management"
    assert object_trail("*")["TrailName"] == "reseal-objects"


def test_trail_key_decrypts_only_for_the_account_through_s3() -> None:
    (reading,) = [s for s in properties("TrailKey")["KeyPolicy"]["Statement"] if "kms:Decrypt" in actions(s)]

    assert actions(reading) == {"kms:Decrypt"}
    assert reading["Condition"]["StringEquals"] == {
        "kms:CallerAccount": "111122223333",
        "kms:ViaService": "s3.us-east-1.amazonaws.com",
    }


def test_log_bucket_is_private_requires_tls_and_expires_files_after_90_days() -> None:
    bucket, policy = properties("TrailBucket"), properties("TrailBucketPolicy")["PolicyDocument"]

    (denied,) = [s for s in policy["Statement"] if s["Effect"] == "Deny"]
    (rule,) = bucket["LifecycleConfiguration"]["Rules"]
    assert set(bucket["PublicAccessBlockConfiguration"].values()) == {True}
    assert (denied["Principal"], denied["Condition"]) == ("*", {"Bool": {"aws:SecureTransport": "false"}})
    assert (rule["Status"], rule["ExpirationInDays"]) == ("Enabled", 90)


def test_object_trail_logs_exactly_the_writes_that_the_rule_matches() -> None:
    pattern = of_type(resolved(), "AWS::Events::Rule")["UrgentObjectRule"]["EventPattern"]

    fields = selector()

    assert fields["eventName"] == {"Equals": pattern["detail"]["eventName"]}
    assert fields["eventCategory"] == {"Equals": ["Data"]}
    assert fields["resources.type"] == {"Equals": ["AWS::S3::Object"]}
    assert fields["readOnly"] == {"Equals": ["false"]}
    assert "EventSelectors" not in object_trail("*")


@pytest.mark.parametrize(
    ("buckets", "prefixes"),
    [
        ("*", None),
        ("payroll", ["arn:aws:s3:::payroll"]),
        ("payroll/", ["arn:aws:s3:::payroll/"]),
        ("payroll,team-,x.y/", ["arn:aws:s3:::payroll", "arn:aws:s3:::team-", "arn:aws:s3:::x.y/"]),
    ],
)
def test_object_trail_logs_the_given_buckets(buckets: str, prefixes: list[str] | None) -> None:
    assert selector(buckets)["resources.ARN"].get("StartsWith") == prefixes


def test_object_trail_of_every_bucket_logs_those_of_the_scope() -> None:
    prefixes = selector("*", ObjectScope="team-,payroll/")["resources.ARN"]["StartsWith"]

    assert prefixes == ["arn:aws:s3:::team-", "arn:aws:s3:::payroll/"]


@pytest.mark.parametrize("modes", [{"ObjectEncryptionMode": "off"}, {"Mode": "off"}])
def test_bucket_and_key_of_the_trail_stay_when_objects_are_not_checked(modes: dict[str, str]) -> None:
    assert resolved(ObjectBuckets="*", **modes)["Resources"].keys() & OWN == SHARED


@pytest.mark.parametrize("partition", boto3.Session().get_available_partitions())
def test_bucket_arns_use_the_partition(partition: str) -> None:
    named = selector("one,two,three", **{"AWS::Partition": partition})["resources.ARN"]["StartsWith"]

    assert named == [f"arn:{partition}:s3:::{name}" for name in ("one", "two", "three")]


@pytest.mark.parametrize("buckets", ["*", "payroll"])
def test_object_trail_logs_neither_its_own_files_nor_reseals_repairs(buckets: str) -> None:
    fields = selector(buckets)

    assert fields["resources.ARN"]["NotStartsWith"] == ["${TrailBucket.Arn}/"]
    assert fields["userIdentity.arn"] == {
        "NotStartsWith": ["arn:aws:sts::111122223333:assumed-role/${EnforceObjectRole}/"]
    }


def test_object_trail_is_of_one_region_and_validates_its_files() -> None:
    trail = object_trail("*")

    assert (trail["IsMultiRegionTrail"], trail["IncludeGlobalServiceEvents"]) == (False, False)
    assert (trail["IsLogging"], trail["EnableLogFileValidation"]) == (True, True)
    assert trail["KMSKeyId"] == arn_of("TrailKey")


@pytest.mark.parametrize("name", ["ManagementTrail", "ObjectTrail"])
def test_trail_depends_on_its_buckets_policy(name: str) -> None:
    both = resolved(CreateManagementTrail="true", ObjectBuckets="*")

    assert both["Resources"][name]["DependsOn"] == "TrailBucketPolicy"


@pytest.mark.parametrize(
    ("buckets", "taken"),
    [
        ("", True),
        ("*", True),
        ("payroll", True),
        ("payroll/", True),
        ("a,b.c,d-", True),
        ("payroll,*", False),
        ("payroll, team", False),
        ("payroll/2026", False),
        ("Payroll", False),
        (",", False),
        ("arn:aws:s3:::payroll", False),
    ],
)
def test_object_buckets_parameter_accepts_only_name_prefixes(buckets: str, taken: bool) -> None:
    pattern = translated()["Parameters"]["ObjectBuckets"]["AllowedPattern"]

    assert (re.fullmatch(pattern, buckets) is not None) is taken


@pytest.mark.parametrize("buckets", ["*", "payroll,team-"])
def test_cfn_lint_finds_nothing_with_both_trails_in_any_region(buckets: str) -> None:
    regions = ["us-east-1", "cn-north-1", "us-gov-west-1"]
    template = translated()
    template["Parameters"]["CreateManagementTrail"]["Default"] = "true"
    template["Parameters"]["ObjectBuckets"]["Default"] = buckets

    assert [match.message for match in lint(json.dumps(template), None, regions)] == []


def test_check_may_read_trails_of_any_region_and_publish_its_failures() -> None:
    statements = policy_of("CheckTrailRole")

    assert {action for s in statements.values() for action in actions(s)} == {
        "logs:CreateLogStream",
        "logs:PutLogEvents",
        "cloudtrail:DescribeTrails",
        "cloudtrail:GetEventSelectors",
        "cloudtrail:GetTrailStatus",
        "sns:Publish",
        "sqs:SendMessage",
    }
    assert statements["AskAboutTheKeysThatMustStay"]["Resource"] == arn_of("KeyLookQueue")
    assert as_list(statements["ReadTrails"]["Resource"]) == ["arn:aws:cloudtrail:*:*:trail/*"]


def test_schedule_may_only_invoke_the_check_every_hour() -> None:
    schedule, statements = properties("CheckTrailSchedule"), policy_of("CheckTrailScheduleRole")

    assert schedule["ScheduleExpression"] == "rate(1 hour)"
    assert schedule["Target"]["Arn"] == arn_of("CheckTrailFunction")
    assert [(actions(s), s["Resource"]) for s in statements.values()] == [
        ({"lambda:InvokeFunction"}, arn_of("CheckTrailFunction"))
    ]


def test_only_the_scheduler_for_this_account_can_assume_the_schedules_role() -> None:
    (trust,) = properties("CheckTrailScheduleRole")["AssumeRolePolicyDocument"]["Statement"]

    assert (trust["Effect"], trust["Principal"]) == ("Allow", {"Service": "scheduler.amazonaws.com"})
    assert actions(trust) == {"sts:AssumeRole"}
    assert trust["Condition"] == {"StringEquals": {"aws:SourceAccount": "111122223333"}}


def test_failed_check_is_retried_and_then_published() -> None:
    (config,) = of_type(resolved(), "AWS::Lambda::EventInvokeConfig").values()

    assert config["FunctionName"] == {"Ref": "CheckTrailFunction"}
    assert config["MaximumRetryAttempts"] == 2
    assert config["DestinationConfig"]["OnFailure"]["Destination"] == {"Ref": "AlertTopic"}


def test_trail_alarm_is_raised_by_missing_coverage_and_by_a_missing_check(
    capsys: pytest.CaptureFixture[str],
) -> None:
    alarm = properties("TrailAlarm")
    without_events = ObjectCoverage(covered=False, reason="why")
    record_coverage(
        TrailCoverage(
            covered=False, reason="why", objects=without_events, keys=KeyCoverage(covered=False, reason="")
        ),
        "check",
        Logger(service="alarm"),
    )
    (metric,) = [m for m in map(json.loads, capsys.readouterr().out.splitlines()) if "_aws" in m]
    (declared,) = metric["_aws"]["CloudWatchMetrics"]

    assert (alarm["Namespace"], [{"Name": alarm["MetricName"], "Unit": "Count"}]) == (
        declared["Namespace"],
        declared["Metrics"],
    )
    assert [[dimension["Name"] for dimension in alarm["Dimensions"]]] == declared["Dimensions"]
    assert (metric["TrailCoverage"], metric["FunctionName"]) == ([0.0], "check")
    assert (alarm["ComparisonOperator"], alarm["Threshold"]) == ("LessThanThreshold", 1)
    assert (alarm["TreatMissingData"], alarm["Period"], alarm["EvaluationPeriods"]) == ("breaching", 3600, 2)
