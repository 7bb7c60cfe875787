"""Step 1: reminders and events come on one queue."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reseal.core.calls.object_call import parse_object_call
from reseal.core.calls.queue_message import (
    CloseWindow,
    parse_bucket_message,
    parse_object_message,
    reminder_body,
)
from reseal.core.errors import MalformedEventError
from tests.support.builders import an_object_body


@pytest.mark.parametrize("parse", [parse_bucket_message, parse_object_message])
@given(scope=st.text(), window_id=st.text())
def test_a_reminder_is_read_as_it_was_written(
    parse: Callable[[str], object], scope: str, window_id: str
) -> None:
    reminder = CloseWindow(scope=scope, window_id=window_id)

    assert parse(reminder_body(reminder)) == reminder


def test_everything_else_is_an_event() -> None:
    assert parse_object_message(an_object_body()) == parse_object_call(an_object_body())


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
