"""The deployed trail check, with the stack's own trails, with other trails and without any."""

from __future__ import annotations

import copy
import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.support.deployment import Deployment, deployed

CHECK_ROLE = "*assumed-role/*CheckTrailRole*"
WRITES = {"EventSelectors": [{"ReadWriteType": "WriteOnly", "IncludeManagementEvents": True}]}
READS = {"EventSelectors": [{"ReadWriteType": "ReadOnly", "IncludeManagementEvents": True}]}
DATA_ONLY = {
    "AdvancedEventSelectors": [
        {
            "Name": "objects",
            "FieldSelectors": [
                {"Field": "eventCategory", "Equals": ["Data"]},
                {"Field": "resources.type", "Equals": ["AWS::S3::Object"]},
            ],
        }
    ]
}
ALL_BUT_KMS = {
    "AdvancedEventSelectors": [
        {
            "Name": "management",
            "FieldSelectors": [
                {"Field": "eventCategory", "Equals": ["Management"]},
                {"Field": "eventSource", "NotEquals": ["kms.amazonaws.com"]},
            ],
        }
    ]
}


@pytest.fixture(scope="module")
def with_trail(built: Path) -> Iterator[Deployment]:
    with deployed(CreateManagementTrail="true", ObjectBuckets="*", TlsMode="detect") as deployment:
        yield deployment


def check(deployment: Deployment) -> dict[str, Any]:
    """The deployed function's answer."""
    answer = deployment.cloud.client("lambda").invoke(
        FunctionName=deployment.stack.outputs["TrailCheckFunction"]
    )
    assert "FunctionError" not in answer
    return dict(json.load(answer["Payload"]))


@contextmanager
def trail(deployment: Deployment, region: str = "us-east-1", **selectors: Any) -> Iterator[tuple[Any, str]]:
    """A logging trail of the account that does not belong to the stack."""
    client = deployment.cloud.client("cloudtrail", region=region)
    multi_region = region != "us-east-1"
    arn = client.create_trail(Name="team", S3BucketName="team-logs", IsMultiRegionTrail=multi_region)[
        "TrailARN"
    ]
    client.start_logging(Name=arn)
    if selectors:
        client.put_event_selectors(TrailName=arn, **selectors)
    try:
        yield client, arn
    finally:
        client.delete_trail(Name=arn)


def log_lines(deployment: Deployment) -> list[dict[str, Any]]:
    """The check's log lines and metrics."""
    events = deployment.cloud.client("logs").filter_log_events(
        logGroupName=deployment.stack.outputs["TrailCheckLogs"]
    )["events"]
    return [json.loads(event["message"]) for event in events if event["message"].startswith("{")]


def within(seconds: float, seen: Callable[[], Any]) -> Any:
    deadline = time.monotonic() + seconds
    while not (found := seen()) and time.monotonic() < deadline:
        time.sleep(0.2)
    return found


def test_trails_of_the_stack_give_coverage(with_trail: Deployment) -> None:
    answer = check(with_trail)

    trail = "arn:aws:cloudtrail:us-east-1:111122223333:trail/reseal"
    assert (answer["covered"], answer["objects"]) == (True, True)
    assert answer["reason"] == f"{trail}-management logs the write calls on buckets"
    assert answer["objects_reason"].startswith(f"{trail}-objects logs writes of objects, except calls by ")


def test_check_asks_the_key_lane_and_makes_exactly_the_three_calls_it_needs(with_trail: Deployment) -> None:
    since = with_trail.cloud.journal()[-1]["sequence"]

    check(with_trail)

    calls = [call["operation"] for call in with_trail.cloud.journal(since=since, caller=CHECK_ROLE)]
    assert calls == ["SendMessage", "DescribeTrails", *["GetTrailStatus", "GetEventSelectors"] * 2]


def test_check_writes_a_log_line_and_the_metric_of_the_alarm(with_trail: Deployment) -> None:
    known = len(log_lines(with_trail))

    reason = check(with_trail)["reason"]

    written = within(30, lambda: log_lines(with_trail)[known:])
    (line,) = [document for document in written if "_aws" not in document]
    (metric,) = [document for document in written if "_aws" in document]
    alarms = with_trail.cloud.client("cloudwatch").describe_alarms()["MetricAlarms"]
    (alarm,) = [alarm for alarm in alarms if alarm["MetricName"] == "TrailCoverage"]
    assert (line["level"], line["covered"], line["reason"]) == ("INFO", True, reason)
    assert metric["TrailCoverage"] == [1.0]
    assert alarm["Dimensions"] == [{"Name": "FunctionName", "Value": metric["FunctionName"]}]


def test_stopped_trail_gives_no_coverage(with_trail: Deployment) -> None:
    trails, name = with_trail.cloud.client("cloudtrail"), "reseal-management"
    trails.stop_logging(Name=name)

    try:
        answer = check(with_trail)
    finally:
        trails.start_logging(Name=name)

    assert not answer["covered"]
    assert ":trail/reseal-management is not logging;" in answer["reason"]


def test_stopped_object_trail_of_the_stack_counts_as_missing_coverage(with_trail: Deployment) -> None:
    trails, name = with_trail.cloud.client("cloudtrail"), "reseal-objects"
    covered = check(with_trail)
    trails.stop_logging(Name=name)

    try:
        answer = check(with_trail)
    finally:
        trails.start_logging(Name=name)

    assert (covered["covered"], covered["objects"]) == (True, True)
    assert (answer["covered"], answer["objects"]) == (False, False)
    assert answer["reason"].endswith(":trail/reseal-objects is not logging")


def test_changed_object_trail_of_the_stack_counts_as_missing_coverage(with_trail: Deployment) -> None:
    trails, name = with_trail.cloud.client("cloudtrail"), "reseal-objects"
    made = trails.get_event_selectors(TrailName=name)["AdvancedEventSelectors"]
    changed = copy.deepcopy(made)
    for field in changed[0]["FieldSelectors"]:
        if field["Field"] == "userIdentity.arn":
            field["NotStartsWith"] += ["arn:aws:iam::111122223333:user/eve"]
    trails.put_event_selectors(TrailName=name, AdvancedEventSelectors=changed)

    try:
        answer = check(with_trail)
    finally:
        trails.put_event_selectors(TrailName=name, AdvancedEventSelectors=made)

    assert (answer["covered"], answer["objects"]) == (False, False)
    assert answer["objects_reason"].endswith("event selectors are no longer those that the stack made")
    assert check(with_trail)["covered"]


def test_denied_read_of_a_trail_counts_as_missing_coverage(with_trail: Deployment) -> None:
    fault = {"status": 400, "code": "AccessDeniedException", "caller": CHECK_ROLE, "times": 1}
    with_trail.cloud.inject_fault("error", "cloudtrail", "GetTrailStatus", **fault)

    answer = check(with_trail)

    assert not answer["covered"]
    assert "may or may not be logging: cloudtrail:GetTrailStatus: AccessDeniedException" in answer["reason"]


def test_log_bucket_of_the_trail_meets_every_check(with_trail: Deployment) -> None:
    bucket = with_trail.stack.outputs["TrailBucketName"]
    encryption = {"Rules": [with_trail.rule(bucket)]}

    def act() -> None:
        with_trail.s3.put_bucket_encryption(Bucket=bucket, ServerSideEncryptionConfiguration=encryption)

    (line,), findings = with_trail.after(act, bucket, "PutBucketEncryption")
    assert (set(line["checks"].values()), findings) == ({"COMPLIANT"}, [])


def test_permanent_failure_of_the_check_is_published_on_the_topic(with_trail: Deployment) -> None:
    sqs, functions = with_trail.cloud.client("sqs"), with_trail.cloud.client("lambda")
    fault = {"status": 400, "code": "AccessDeniedException", "caller": CHECK_ROLE, "times": None}
    with_trail.arrivals.poll()
    with_trail.cloud.inject_fault("error", "cloudtrail", "DescribeTrails", **fault)

    try:
        functions.invoke(FunctionName=with_trail.stack.outputs["TrailCheckFunction"], InvocationType="Event")
        (message,) = within(
            60, lambda: sqs.receive_message(QueueUrl=with_trail.arrivals.inbox).get("Messages")
        )
    finally:
        with_trail.cloud.clear_faults()

    sqs.delete_message(QueueUrl=with_trail.arrivals.inbox, ReceiptHandle=message["ReceiptHandle"])
    failure = json.loads(json.loads(message["Body"])["Message"])
    assert failure["requestContext"]["condition"] == "RetriesExhausted"
    assert "cloudtrail:DescribeTrails" in failure["responsePayload"]["errorMessage"]


def test_schedule_invokes_the_check(with_trail: Deployment) -> None:
    schedules, known = with_trail.cloud.client("scheduler"), len(log_lines(with_trail))
    names = [schedule["Name"] for schedule in schedules.list_schedules()["Schedules"]]
    found = [schedules.get_schedule(Name=name) for name in names]
    (hourly,) = [one for one in found if ":function:" in one["Target"]["Arn"]]
    how = {key: hourly[key] for key in ("FlexibleTimeWindow", "Target")}

    schedules.create_schedule(Name="once", ScheduleExpression="at(2026-01-01T00:00:00)", **how)

    assert hourly["ScheduleExpression"] == "rate(1 hour)"
    assert within(60, lambda: log_lines(with_trail)[known:])  # the local cloud looks every ten seconds


def test_answer_for_an_account_without_a_trail_says_how_to_get_one(enforcing: Deployment) -> None:
    assert check(enforcing) == {
        "covered": False,
        "reason": "no trail covers us-east-1: deploy with CreateManagementTrail=true, or create a trail",
        "objects": False,
        "objects_reason": "no trail covers us-east-1: deploy with ObjectBuckets, or create a trail",
        "keys": False,
        "keys_reason": (
            "the key lane receives no call; it still looks every hour at the keys that must stay"
        ),
    }


@pytest.mark.parametrize(
    ("selectors", "covered"),
    [({}, True), (WRITES, True), (ALL_BUT_KMS, True), (READS, False), (DATA_ONLY, False)],
    ids=["everything", "writes", "all but KMS", "reads", "data events"],
)
def test_coverage_by_a_trail_of_the_account_depends_on_its_selectors(
    enforcing: Deployment, selectors: dict[str, Any], covered: bool
) -> None:
    with trail(enforcing, **selectors) as (_, arn):
        answer = check(enforcing)

    assert (answer["covered"], answer["reason"].startswith(arn)) == (covered, True)
    assert (answer["objects"], answer["objects_reason"].startswith(arn)) == (selectors == DATA_ONLY, True)


def test_multi_region_trail_of_another_region_gives_coverage(enforcing: Deployment) -> None:
    with trail(enforcing, region="eu-west-1") as (_, arn):
        answer = check(enforcing)

    assert (answer["covered"], ":eu-west-1:" in arn) == (True, True)
