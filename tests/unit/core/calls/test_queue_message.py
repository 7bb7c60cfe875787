"""Step 1: events, reminders and requests to look come on a lane's queues."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reseal.core.calls.bucket_call import parse_bucket_call
from reseal.core.calls.look import Look
from reseal.core.calls.object_call import parse_object_call
from reseal.core.calls.queue_message import (
    CloseWindow,
    look_body,
    parse_bucket_message,
    parse_object_message,
    reminder_body,
)
from reseal.core.errors import MalformedEventError
from reseal.core.resource import BucketResource, KeyResource, ObjectResource, Resource
from tests.support.builders import BUCKET, KEY, TEAM_KEY, a_body, an_object_body
from tests.support.fakes.services import NOON

A_BUCKET, AN_OBJECT = BucketResource(bucket=BUCKET), ObjectResource(bucket=BUCKET, object_key=KEY)


def a_look(resource: Resource) -> Look[Resource]:
    return Look(event_id="look-1", time=NOON, resource=resource)


def a_look_body(**changes: Any) -> str:
    """A request to look at a bucket; None removes a field."""
    document = json.loads(look_body(a_look(A_BUCKET))) | changes
    return json.dumps({name: value for name, value in document.items() if value is not None})


@pytest.mark.parametrize("parse", [parse_bucket_message, parse_object_message])
@given(scope=st.text(), window_id=st.text())
def test_a_reminder_is_read_as_it_was_written(
    parse: Callable[[str], object], scope: str, window_id: str
) -> None:
    reminder = CloseWindow(scope=scope, window_id=window_id)

    assert parse(reminder_body(reminder)) == reminder


def test_everything_else_is_an_event() -> None:
    assert parse_object_message(an_object_body()) == parse_object_call(an_object_body())
    assert parse_bucket_message(a_body()) == parse_bucket_call(a_body())


def test_request_to_look_is_read_by_its_lane_as_it_was_written() -> None:
    assert parse_bucket_message(look_body(a_look(A_BUCKET))) == a_look(A_BUCKET)
    assert parse_object_message(look_body(a_look(AN_OBJECT))) == a_look(AN_OBJECT)


@pytest.mark.parametrize("resource", [AN_OBJECT, KeyResource(kms_key=TEAM_KEY)], ids=["object", "key"])
def test_bucket_lane_refuses_to_look_at_what_it_does_not_judge(resource: Resource) -> None:
    with pytest.raises(MalformedEventError, match="the bucket lane cannot check"):
        parse_bucket_message(look_body(a_look(resource)))


@pytest.mark.parametrize("resource", [A_BUCKET, KeyResource(kms_key=TEAM_KEY)], ids=["bucket", "key"])
def test_object_lane_refuses_to_look_at_what_it_does_not_judge(resource: Resource) -> None:
    with pytest.raises(MalformedEventError, match="the object lane cannot check"):
        parse_object_message(look_body(a_look(resource)))


@pytest.mark.parametrize(
    ("changes", "cause"),
    [
        pytest.param({"id": ""}, "an odd id", id="empty id"),
        pytest.param({"id": "a\nb"}, "an odd id", id="id of two lines"),
        pytest.param({"id": None}, "not a message from Reseal", id="no id"),
        pytest.param({"time": "2026-11-23T12:00:00"}, "without a time zone", id="no time zone"),
        pytest.param({"time": "soon"}, "not a message from Reseal", id="no time"),
        pytest.param({"resource": {}}, "KeyError", id="no resource"),
        pytest.param({"resource": {"type": "AWS::S3::Bucket", "bucket": "a b"}}, "not a bucket", id="space"),
        pytest.param({"resource": {"type": "AWS::S3::Bucket", "name": BUCKET}}, "TypeError", id="odd field"),
        pytest.param(
            {"resource": {"type": "AWS::S3::Object", "bucket": BUCKET, "object_key": ""}},
            "not an object",
            id="empty key",
        ),
        pytest.param(
            {"resource": {"type": "AWS::S3::Object", "bucket": "a/b", "object_key": KEY}},
            "not an object",
            id="slash in the bucket's name",
        ),
    ],
)
def test_request_to_look_with_a_fault_is_refused_and_the_error_names_it(
    changes: dict[str, Any], cause: str
) -> None:
    with pytest.raises(MalformedEventError, match=cause):
        parse_bucket_message(a_look_body(**changes))


@pytest.mark.parametrize(
    "body",
    [
        pytest.param("", id="nothing"),
        pytest.param("{}", id="neither"),
        pytest.param(json.dumps({"reseal": "dance", "group": "g"}), id="another order"),
        pytest.param(json.dumps({"reseal": "close-alert-window", "window": "w"}), id="no scope"),
        pytest.param(
            json.dumps({"reseal": "close-alert-window", "scope": "s", "window": 1}), id="window is no text"
        ),
        pytest.param('{"reseal": "close-alert-window", "group": "g', id="cut off"),
        pytest.param('{"reseal": ' + "[" * 100_000, id="too deep"),
    ],
)
def test_what_is_neither_is_refused(body: str) -> None:
    with pytest.raises(MalformedEventError):
        parse_object_message(body)
