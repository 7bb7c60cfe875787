"""Step 1, parse: the messages on a lane's queues: events, and what Reseal itself sends."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from reseal.core.calls.bucket_call import is_bucket_name, parse_bucket_call
from reseal.core.calls.cloudtrail_record import is_id, parse_json
from reseal.core.calls.look import Look
from reseal.core.calls.object_call import is_object_key, parse_object_call
from reseal.core.calls.trigger import BucketTrigger, ObjectTrigger
from reseal.core.errors import MalformedEventError
from reseal.core.resource import (
    BucketResource,
    KeyResource,
    ObjectResource,
    Resource,
    resource_from_document,
    resource_to_document,
)
from reseal.core.state.kms_key import parse_key_reference
from reseal.core.text.quoted import SHORT, quoted

C = TypeVar("C")
R = TypeVar("R", bound=Resource)

_LOOK, _CLOSE = "look", "close-alert-window"


@dataclass(frozen=True, slots=True, kw_only=True)
class CloseWindow:
    """A lane's reminder to itself to close the alert window of a bucket or key, its `scope`."""

    scope: str
    window_id: str


def reminder_body(window: CloseWindow) -> str:
    """The text of a reminder."""
    return json.dumps({"reseal": _CLOSE, "scope": window.scope, "window": window.window_id})


def look_body(look: Look[Resource]) -> str:
    """The text of a request to look."""
    document = {"id": look.event_id, "time": look.time.isoformat()}
    return json.dumps({"reseal": _LOOK, **document, "resource": resource_to_document(look.resource)})


def parse_bucket_message(body: str) -> BucketTrigger | CloseWindow:
    """Read a message of the bucket lane. Raises MalformedEventError."""
    return parse_message(body, parse_bucket_call, BucketResource)


def parse_object_message(body: str) -> ObjectTrigger | CloseWindow:
    """Read a message of the object lane. Raises MalformedEventError."""
    return parse_message(body, parse_object_call, ObjectResource)


def parse_message(body: str, parse_call: Callable[[str], C], checked: type[R]) -> C | Look[R] | CloseWindow:
    """Read a message of the lane that checks this kind of resource. Raises MalformedEventError."""
    message = own_message(body)
    if message is None:
        return parse_call(body)
    if isinstance(message, CloseWindow):
        return message
    if not isinstance(message.resource, checked):
        raise MalformedEventError(f"the {checked.kind} lane cannot check {message.resource.in_words}")
    return Look(event_id=message.event_id, time=message.time, resource=message.resource)


def own_message(body: str) -> Look[Resource] | CloseWindow | None:
    """What Reseal itself sent; None if the message is an event."""
    if not body.startswith('{"reseal": '):
        return None
    message = parse_json(body)
    try:
        match message:
            case {"reseal": "close-alert-window", "scope": str(scope), "window": str(window_id)}:
                return CloseWindow(scope=scope, window_id=window_id)
            case {"reseal": "look", "id": str(event_id), "time": str(time), "resource": Mapping() as found}:
                return _look(event_id, time, found)
    except (KeyError, TypeError, ValueError) as error:
        what = f"{quoted(repr(error), SHORT)}: {quoted(body, SHORT)}"
        raise MalformedEventError(f"this is not a message from Reseal: {what}") from error
    raise MalformedEventError(f"this is not a message from Reseal: {quoted(body, SHORT)}")


def _look(event_id: str, time: str, document: Mapping[str, Any]) -> Look[Resource]:
    """Raises KeyError, TypeError and ValueError if a part of it is wrong."""
    resource = resource_from_document(document)
    match resource:
        case BucketResource() if not is_bucket_name(resource.bucket):
            raise ValueError(f"not a bucket name: {quoted(resource.bucket, SHORT)}")
        case ObjectResource() if not (is_bucket_name(resource.bucket) and is_object_key(resource.object_key)):
            raise ValueError(f"not an object: {quoted(resource.name, SHORT)}")
        case KeyResource() if not parse_key_reference(resource.kms_key).is_well_formed_key_arn:
            raise ValueError(f"not the ARN of a KMS key: {quoted(resource.kms_key, SHORT)}")
    asked_at = datetime.fromisoformat(time)
    if asked_at.tzinfo is None or not is_id(event_id):
        what = f"{quoted(time, SHORT)}, {quoted(event_id, SHORT)}"
        raise ValueError(f"a time without a time zone or an odd id: {what}")
    return Look(event_id=event_id, time=asked_at, resource=resource)
