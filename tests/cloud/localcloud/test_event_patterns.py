"""Event patterns on arrays, as AWS's open-source engine matches them."""

import json
from typing import Any

import pytest

OURS, THEIRS = "111122223333", "444455556666"
BUCKET = {"type": "AWS::S3::Bucket", "ARN": "arn:aws:s3:::b", "accountId": THEIRS}
OBJECT = {"type": "AWS::S3::Object", "ARN": "arn:aws:s3:::b/k"}
OWN_OR_ABSENT = {"accountId": [OURS, {"exists": False}]}


def matches(events: Any, pattern: dict[str, Any], resources: Any) -> bool:
    event = {
        "id": "1",
        "source": "aws.s3",
        "account": OURS,
        "time": "2026-11-23T12:00:00Z",
        "region": "us-east-1",
        "resources": [],
        "detail-type": "x",
        "detail": {} if resources is None else {"resources": resources},
    }
    answer = events.test_event_pattern(
        EventPattern=json.dumps({"detail": {"resources": pattern}}), Event=json.dumps(event)
    )
    return bool(answer["Result"])


@pytest.mark.parametrize(
    ("resources", "expected"),
    [
        ([OBJECT, BUCKET], False),
        ([BUCKET, OBJECT], False),
        ([BUCKET], False),
        ([OBJECT, {"type": "AWS::S3::Object"}], True),
        ([OBJECT, BUCKET | {"accountId": OURS}], True),
        ([BUCKET, BUCKET | {"accountId": OURS}], True),
        ([OBJECT, BUCKET | {"accountId": None}], False),
        ([OBJECT, BUCKET | {"accountId": {}}], True),
        ([OBJECT, BUCKET | {"accountId": []}], True),
        ([[OBJECT], [[BUCKET]]], False),
        ([], True),
        ("none", True),
        (None, True),
        (OBJECT, True),
        (BUCKET, False),
    ],
    ids=str,
)
def test_field_is_absent_if_no_element_has_it(events: Any, resources: Any, expected: bool) -> None:
    assert matches(events, OWN_OR_ABSENT, resources) is expected


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ({"ARN": [OBJECT["ARN"]], "accountId": [{"exists": False}]}, True),
        ({"ARN": [BUCKET["ARN"]], "accountId": [{"exists": False}]}, False),
        ({"accountId": [{"exists": False}], "type": [OBJECT["type"]]}, False),
    ],
    ids=["of the element with the ARN", "in the element with the ARN", "before an element is chosen"],
)
def test_field_is_absent_from_the_element_that_an_earlier_field_chose(
    events: Any, pattern: dict[str, Any], expected: bool
) -> None:
    assert matches(events, pattern, [OBJECT, BUCKET]) is expected


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ({"ARN": [BUCKET["ARN"]], "type": [BUCKET["type"]]}, True),
        ({"ARN": [BUCKET["ARN"]], "type": [OBJECT["type"]]}, False),
        ({"accountId": [{"exists": True}], "type": [BUCKET["type"]]}, True),
        ({"accountId": [{"exists": True}], "type": [OBJECT["type"]]}, False),
        ({"accountId": [{"anything-but": OURS}]}, True),
        ({"accountId": [{"anything-but": THEIRS}]}, False),
    ],
    ids=str,
)
def test_values_come_from_one_element(events: Any, pattern: dict[str, Any], expected: bool) -> None:
    assert matches(events, pattern, [OBJECT, BUCKET]) is expected


def test_path_that_is_a_value_and_an_object_matches_nothing(events: Any) -> None:
    pattern = {"type": [{"exists": False}], "type.name": [{"exists": False}]}

    assert not matches(events, pattern, [])
