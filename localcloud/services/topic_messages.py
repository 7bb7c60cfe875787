"""What SNS refuses in a message (G7). What it takes is kept as an e-mail, not sent."""

import json
import re
from collections import deque
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs

from ministack.services import sns

from localcloud.request import anchors
from localcloud.request.calls import CURRENT

LONGEST_SUBJECT = 99
_KEPT = 1_000
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_TYPE = re.compile(r"(String|Number|Binary)(\.[\w.-]+)?", re.ASCII)
_NAME = re.compile(r"[\w.-]{1,256}", re.ASCII)


class Emails:
    """The last 1,000 published messages, as an e-mail subscriber of their topic would read them."""

    def __init__(self) -> None:
        self._emails: deque[dict[str, Any]] = deque(maxlen=_KEPT)
        self._count = 0

    def install(self) -> None:
        """Wrap every publish but those of a batch."""
        anchors.replace("services.sns.publish_internal", self._publish)

    def since(self, sequence: int) -> list[dict[str, Any]]:
        """The e-mails after this one: `sequence`, `topic`, `subject` and `text`."""
        return [email for email in self._emails if email["sequence"] > sequence]

    def _publish(
        self, original: Callable[..., Any], topic: str, message: Any, subject: str = "", **options: Any
    ) -> Any:
        is_json = options.get("message_structure") == "json"
        _refuse(message, subject, options.get("message_attributes") or {}, is_json=is_json)
        published = original(topic, message, subject, **options)
        if published is not None:  # there is such a topic
            self._count += 1
            text = _email_in(message) if is_json else str(message)
            email = {"sequence": self._count, "topic": topic, "subject": subject or "", "text": text}
            self._emails.append(email)
        return published


def _refuse(message: Any, subject: str, attributes: dict[str, dict[str, Any]], *, is_json: bool) -> None:
    if not message:
        raise sns.SnsPublishError("InvalidParameter", "Invalid parameter: Empty message")
    if len(subject) > LONGEST_SUBJECT or _CONTROL.search(subject) or _has_empty_subject():
        raise sns.SnsPublishError("InvalidParameter", "Invalid parameter: Subject")
    for name, attribute in attributes.items():
        if reason := _refusal(name, attribute):
            raise sns.SnsPublishError("ParameterValueInvalid", reason)
    if is_json and not isinstance(_bodies(message).get("default"), str):
        reason = "Invalid parameter: Message Structure - No default entry in JSON message body"
        raise sns.SnsPublishError("InvalidParameter", reason)


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


def _email_in(message: str) -> str:
    bodies = _bodies(message)
    return str(bodies.get("email", bodies["default"]))


def _bodies(message: str) -> dict[str, Any]:
    try:
        bodies = json.loads(message)
    except ValueError:
        return {}
    return bodies if isinstance(bodies, dict) else {}
