"""Step 1, parse: the messages on a lane's queues: events, and what Reseal itself sends."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

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
    match own_message(body):
        case None:
            return parse_bucket_call(body)
        case CloseWindow() as reminder:
            return reminder
        case Look(resource=BucketResource() as bucket) as look:
            return Look(event_id=look.event_id, time=look.time, resource=bucket)
        case other:
            raise MalformedEventError(f"the bucket lane cannot check {other.resource.in_words}")


def parse_object_message(body: str) -> ObjectTrigger | CloseWindow:
    """Read a message of the object lane. Raises MalformedEventError."""
    match own_message(body):
        case None:
            return parse_object_call(body)
        case CloseWindow() as reminder:
            return reminder
        case Look(resource=ObjectResource() as found) as look:
            return Look(event_id=look.event_id, time=look.time, resource=found)
        case other:
            raise MalformedEventError(f"the object lane cannot check {other.resource.in_words}")


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
