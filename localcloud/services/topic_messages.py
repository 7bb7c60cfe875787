"""What SNS refuses in a message: its texts, its subject and its attributes (G7)."""

import json
import re
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs

from ministack.services import sns

from localcloud.request import anchors
from localcloud.request.calls import CURRENT

LONGEST_SUBJECT = 99
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_TYPE = re.compile(r"(String|Number|Binary)(\.[\w.-]+)?", re.ASCII)
_NAME = re.compile(r"[\w.-]{1,256}", re.ASCII)


def install() -> None:
    """Wrap every publish but those of a batch."""
    anchors.replace("services.sns.publish_internal", _publish)


def _publish(
    original: Callable[..., Any], topic: str, message: Any, subject: str = "", **options: Any
) -> Any:
    if not message:
        raise sns.SnsPublishError("InvalidParameter", "Invalid parameter: Empty message")
    if len(subject) > LONGEST_SUBJECT or _CONTROL.search(subject) or _has_empty_subject():
        raise sns.SnsPublishError("InvalidParameter", "Invalid parameter: Subject")
    for name, attribute in (options.get("message_attributes") or {}).items():
        if reason := _refusal(name, attribute):
            raise sns.SnsPublishError("ParameterValueInvalid", reason)
    if options.get("message_structure") == "json" and not _has_default(message):
        reason = "Invalid parameter: Message Structure - No default entry in JSON message body"
        raise sns.SnsPublishError("InvalidParameter", reason)
    return original(topic, message, subject, **options)


def _has_empty_subject() -> bool:
    """A subject that was sent without a text; MiniStack takes it for none."""
    call = CURRENT.get()
    if call is None or call.operation != "Publish":
        return False
    return parse_qs(call.body.decode(errors="replace"), keep_blank_values=True).get("Subject") == [""]


def _refusal(name: str, attribute: dict[str, Any]) -> str | None:
    if not _NAME.fullmatch(name):
        return f"The message attribute name '{name}' is invalid."
    kind = str(attribute.get("DataType") or attribute.get("Type") or "")
    if not _TYPE.fullmatch(kind):
        return (
            f"The message attribute '{name}' has an invalid message attribute type, "
            "the set of supported type prefixes is Binary, Number, and String."
        )
    if not any(attribute.get(value) for value in ("StringValue", "BinaryValue", "Value")):
        return (
            f"The message attribute '{name}' must contain non-empty message attribute value "
            f"for message attribute type '{kind}'."
        )
    return None


def _has_default(message: str) -> bool:
    try:
        bodies = json.loads(message)
    except ValueError:
        return False
    return isinstance(bodies, dict) and isinstance(bodies.get("default"), str)
