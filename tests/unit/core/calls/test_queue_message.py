"""Step 1: reminders and events come on one queue."""

from __future__ import annotations

import json

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
from tests.support.builders import BUCKET, KEY, K, a_body, an_object_body
from tests.support.fakes.services import NOON


@given(st.text())
def test_a_reminder_is_read_as_it_was_written(group: str) -> None:
    reminder = CloseWindow(group=group)

    assert parse_object_message(reminder_body(reminder)) == reminder
    assert parse_bucket_message(reminder_body(reminder)) == reminder


def test_everything_else_is_an_event() -> None:
    assert parse_object_message(an_object_body()) == parse_object_call(an_object_body())
    assert parse_bucket_message(a_body()) == parse_bucket_call(a_body())


@pytest.mark.parametrize(
    "body",
    [
        pytest.param("", id="nothing"),
        pytest.param("{}", id="neither"),
        pytest.param(json.dumps({"reseal": "dance", "group": "g"}), id="another order"),
        pytest.param(json.dumps({"reseal": "close-alert-window"}), id="no group"),
        pytest.param(json.dumps({"reseal": "close-alert-window", "group": 1}), id="group is no text"),
        pytest.param('{"reseal": "close-alert-window", "group": "g', id="cut off"),
        pytest.param('{"reseal": ' + "[" * 100_000, id="too deep"),
    ],
)
def test_what_is_neither_is_refused(body: str) -> None:
    with pytest.raises(MalformedEventError):
        parse_object_message(body)
    with pytest.raises(MalformedEventError):
        parse_bucket_message(body)


OF_BUCKET = BucketResource(bucket=BUCKET)
OF_OBJECT = ObjectResource(bucket=BUCKET, object_key="Gehälter/ \x7f.csv", version_id="v1")
OF_KEY = KeyResource(kms_key=K)


def a_look(resource: Resource) -> str:
    return look_body(Look(event_id="look-1", time=NOON, resource=resource))


def test_a_look_is_read_as_it_was_written() -> None:
    assert parse_bucket_message(a_look(OF_BUCKET)) == Look(event_id="look-1", time=NOON, resource=OF_BUCKET)
    assert parse_object_message(a_look(OF_OBJECT)) == Look(event_id="look-1", time=NOON, resource=OF_OBJECT)


@pytest.mark.parametrize("resource", [OF_OBJECT, OF_KEY], ids=["object", "key"])
def test_bucket_lane_refuses_a_look_at_another_kind_and_names_it(resource: Resource) -> None:
    with pytest.raises(MalformedEventError, match=f"the bucket lane cannot check '{resource.kind}"):
        parse_bucket_message(a_look(resource))


@pytest.mark.parametrize("resource", [OF_BUCKET, OF_KEY], ids=["bucket", "key"])
def test_object_lane_refuses_a_look_at_another_kind_and_names_it(resource: Resource) -> None:
    with pytest.raises(MalformedEventError, match=f"the object lane cannot check '{resource.kind}"):
        parse_object_message(a_look(resource))


@pytest.mark.parametrize(
    ("resource", "changes", "named"),
    [
        pytest.param(OF_BUCKET, {"time": "2026-11-23T12:00:00"}, "without a time zone", id="no time zone"),
        pytest.param(OF_BUCKET, {"time": "noon"}, "isoformat", id="no time"),
        pytest.param(OF_BUCKET, {"id": ""}, "an odd id", id="no id"),
        pytest.param(OF_BUCKET, {"id": "a\nb"}, "an odd id", id="id of two lines"),
        pytest.param(OF_BUCKET, {"id": 1}, "not a message from Reseal", id="id is no text"),
        pytest.param(OF_BUCKET, {"resource": None}, "not a message from Reseal", id="no resource"),
        pytest.param(OF_BUCKET, {"resource": {"type": "AWS::SQS::Queue"}}, "KeyError", id="unknown type"),
        pytest.param(OF_BUCKET, {"resource": {"type": "AWS::S3::Bucket"}}, "TypeError", id="no name"),
        pytest.param(BucketResource(bucket="../etc"), {}, "not a bucket name", id="no bucket name"),
        pytest.param(ObjectResource(bucket="a b", object_key=KEY), {}, "not an object", id="its bucket"),
        pytest.param(ObjectResource(bucket=BUCKET, object_key=""), {}, "not an object", id="no object key"),
    ],
)
def test_a_look_that_is_no_right_one_is_refused(
    resource: Resource, changes: dict[str, object], named: str
) -> None:
    body = json.dumps(json.loads(a_look(resource)) | changes)

    for parse in (parse_bucket_message, parse_object_message):
        with pytest.raises(MalformedEventError, match=named):
            parse(body)
