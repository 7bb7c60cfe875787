"""Data events are delivered only if a logging trail selects them."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from localcloud.client.handle import Credentials, LocalCloud

Log = Callable[..., str]
DATA = {"Field": "eventCategory", "Equals": ["Data"]}
OBJECTS = {"Field": "resources.type", "Equals": ["AWS::S3::Object"]}
WRITER = "arn:aws:iam::111122223333:user/engineer"


def heard_writes(trail_events: Any, within: float = 0.4) -> list[str]:
    """The names of the object-level events that arrived."""
    details = [event["detail"] for event in trail_events.receive_json(count=9, within=within)]
    return [detail["eventName"] for detail in details if detail["eventCategory"] == "Data"]


def test_no_object_call_is_delivered_without_a_trail(s3: Any, trail_events: Any, bucket: str) -> None:
    s3.put_object(Bucket=bucket, Key="k", Body=b"x")

    assert heard_writes(trail_events) == []


def test_trail_of_management_events_delivers_no_object_call(
    s3: Any, trail_events: Any, bucket: str, log_data_events: Log
) -> None:
    log_data_events(EventSelectors=[{"ReadWriteType": "All", "IncludeManagementEvents": True}])

    s3.put_object(Bucket=bucket, Key="k", Body=b"x")

    assert heard_writes(trail_events) == []


def test_stopped_trail_delivers_nothing(
    local_cloud: LocalCloud, user: Credentials, s3: Any, trail_events: Any, bucket: str, log_data_events: Log
) -> None:
    trail = log_data_events()
    local_cloud.client("cloudtrail", user).stop_logging(Name=trail)

    s3.put_object(Bucket=bucket, Key="k", Body=b"x")

    assert heard_writes(trail_events) == []


@pytest.mark.parametrize(
    ("kind", "value", "heard_names"),
    [
        ("All", "arn:aws:s3", ["PutObject", "GetObject"]),
        ("All", "arn:aws:s3:::", ["PutObject", "GetObject"]),
        ("WriteOnly", "arn:aws:s3", ["PutObject"]),
        ("ReadOnly", "arn:aws:s3", ["GetObject"]),
        ("WriteOnly", "arn:aws:s3:::{bucket}/", ["PutObject"]),
        ("WriteOnly", "arn:aws:s3:::{bucket}/in/", ["PutObject"]),
        ("WriteOnly", "arn:aws:s3:::{bucket}/out/", []),
        ("WriteOnly", "arn:aws:s3:::another/", []),
    ],
)
def test_plain_selectors_choose_by_kind_and_prefix(
    s3: Any,
    trail_events: Any,
    bucket: str,
    log_data_events: Log,
    kind: str,
    value: str,
    heard_names: list[str],
) -> None:
    resource = {"Type": "AWS::S3::Object", "Values": [value.format(bucket=bucket)]}
    log_data_events(EventSelectors=[{"ReadWriteType": kind, "DataResources": [resource]}])

    s3.put_object(Bucket=bucket, Key="in/k", Body=b"x")
    s3.get_object(Bucket=bucket, Key="in/k")

    assert heard_writes(trail_events) == heard_names


@pytest.mark.parametrize(
    ("field", "heard_it"),
    [
        ({"Field": "eventName", "Equals": ["CopyObject", "PutObject"]}, True),
        ({"Field": "eventName", "Equals": ["CopyObject"]}, False),
        ({"Field": "eventName", "NotEquals": ["CopyObject"]}, True),
        ({"Field": "eventName", "NotEquals": ["CopyObject", "PutObject"]}, False),
        ({"Field": "eventName", "StartsWith": ["Put"]}, True),
        ({"Field": "eventName", "NotEndsWith": ["Object"]}, False),
        ({"Field": "readOnly", "Equals": ["false"]}, True),
        ({"Field": "readOnly", "Equals": ["true"]}, False),
        ({"Field": "resources.ARN", "StartsWith": ["arn:aws:s3:::{bucket}/"]}, True),
        ({"Field": "resources.ARN", "StartsWith": ["arn:aws:s3:::another/"]}, False),
        ({"Field": "resources.ARN", "NotStartsWith": ["arn:aws:s3:::{bucket}/"]}, False),
        ({"Field": "resources.ARN", "EndsWith": ["/k"]}, True),
        ({"Field": "resources.ARN", "EndsWith": [".log"]}, False),
        ({"Field": "userIdentity.arn", "Equals": [WRITER]}, True),
        ({"Field": "userIdentity.arn", "NotStartsWith": [WRITER]}, False),
        ({"Field": "userIdentity.arn", "NotEquals": ["arn:aws:iam::111122223333:user/robot"]}, True),
        ({"Field": "eventSource", "Equals": ["kms.amazonaws.com"]}, False),
        ({"Field": "no such field", "NotEquals": ["x"]}, False),
    ],
    ids=str,
)
def test_advanced_selectors_choose_by_field(
    s3: Any, trail_events: Any, bucket: str, log_data_events: Log, field: dict[str, Any], heard_it: bool
) -> None:
    log_data_events(json.loads(json.dumps(field).replace("{bucket}", bucket)))

    s3.put_object(Bucket=bucket, Key="k", Body=b"x")

    assert heard_writes(trail_events) == (["PutObject"] if heard_it else [])


def test_all_fields_of_a_selector_must_match(
    s3: Any, trail_events: Any, bucket: str, log_data_events: Log
) -> None:
    log_data_events(
        {"Field": "readOnly", "Equals": ["false"]}, {"Field": "eventName", "Equals": ["DeleteObject"]}
    )

    s3.put_object(Bucket=bucket, Key="k", Body=b"x")

    assert heard_writes(trail_events) == []


def test_event_that_two_trails_log_is_delivered_once(
    s3: Any, trail_events: Any, bucket: str, log_data_events: Log
) -> None:
    log_data_events()
    log_data_events()

    s3.put_object(Bucket=bucket, Key="k", Body=b"x")

    assert heard_writes(trail_events) == ["PutObject"]


def test_trail_of_another_region_delivers_nothing(
    local_cloud: LocalCloud, user: Credentials, s3: Any, trail_events: Any, bucket: str
) -> None:
    elsewhere = local_cloud.client("cloudtrail", user, region="eu-west-1")
    elsewhere.create_trail(Name="elsewhere", S3BucketName=bucket)
    elsewhere.put_event_selectors(
        TrailName="elsewhere", AdvancedEventSelectors=[{"FieldSelectors": [DATA, OBJECTS]}]
    )
    elsewhere.start_logging(Name="elsewhere")

    s3.put_object(Bucket=bucket, Key="k", Body=b"x")

    assert heard_writes(trail_events) == []


def test_advanced_selectors_are_returned_as_they_were_put(
    local_cloud: LocalCloud, user: Credentials, log_data_events: Log
) -> None:
    selectors = [
        {
            "Name": "writes",
            "FieldSelectors": [DATA, OBJECTS, {"Field": "userIdentity.arn", "NotStartsWith": ["arn:x"]}],
        }
    ]
    trail = log_data_events(AdvancedEventSelectors=selectors)

    answer = local_cloud.client("cloudtrail", user).get_event_selectors(TrailName=trail)

    assert answer["AdvancedEventSelectors"] == selectors
