"""Step 1, parse: the two kinds of message on the object lane's queue."""

from __future__ import annotations

import json
from dataclasses import dataclass

from reseal.core.calls.cloudtrail_record import parse_json
from reseal.core.calls.object_call import ObjectCall, parse_object_call
from reseal.core.errors import MalformedEventError

_CLOSE = "close-alert-window"


@dataclass(frozen=True, slots=True, kw_only=True)
class CloseWindow:
    """The lane's reminder to itself to close an alert window."""

    group: str


def reminder_body(window: CloseWindow) -> str:
    """The text of a reminder."""
    return json.dumps({"reseal": _CLOSE, "group": window.group})


def parse_object_message(body: str) -> ObjectCall | CloseWindow:
    """Read a message: a reminder or an event. Raises MalformedEventError."""
    if not body.startswith('{"reseal": '):
        return parse_object_call(body)
    reminder = parse_json(body)
    group = reminder.get("group")
    if reminder["reseal"] != _CLOSE or not isinstance(group, str):
        raise MalformedEventError(f"this is not a reminder from Reseal: {body!r:.80}")
    return CloseWindow(group=group)
