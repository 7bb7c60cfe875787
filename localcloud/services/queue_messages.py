"""What SQS refuses in a message: its delay, its attributes, and the size of both together (H22)."""

import re
from collections.abc import Callable
from typing import Any

from ministack.services import sqs

from localcloud.request import anchors

Attribute = dict[str, Any]
LONGEST_DELAY = 900
MOST_ATTRIBUTES = 10
_NAME = re.compile(r"(?!aws\.|amazon\.)(?!.*\.\.)[\w-](?:[\w.-]{0,254}[\w-])?", re.IGNORECASE | re.ASCII)
_TYPE = re.compile(r"(String|Number|Binary)(\.[\w.-]+)?", re.ASCII)
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")


def install() -> None:
    """Wrap SendMessage, which every entry of a batch passes too."""
    anchors.replace("services.sqs._act_send_message", _send)
    sqs._HANDLERS["SendMessage"] = sqs._act_send_message


def _send(original: Callable[..., Any], data: dict[str, Any], url: str) -> Any:
    delay, attributes = data.get("DelaySeconds"), data.get("MessageAttributes") or {}
    if delay is not None and not 0 <= int(delay) <= LONGEST_DELAY:
        raise _invalid(
            f"Value {delay} for parameter DelaySeconds is invalid. "
            f"Reason: DelaySeconds must be >= 0 and <= {LONGEST_DELAY}."
        )
    if len(attributes) > MOST_ATTRIBUTES:
        raise _invalid(
            f"Number of message attributes [{len(attributes)}] exceeds "
            f"the allowed maximum [{MOST_ATTRIBUTES}]."
        )
    for name, attribute in attributes.items():
        if reason := _refusal(name, attribute):
            raise _invalid(reason)
    limit = int(sqs._get_q(data.get("QueueUrl", url), "sqs:SendMessage")["attributes"]["MaximumMessageSize"])
    if len(str(data.get("MessageBody", "")).encode()) + _size(attributes) > limit:
        raise _invalid(
            f"One or more parameters are invalid. Reason: Message must be shorter than {limit} bytes."
        )
    return original(data, url)


def _invalid(message: str) -> Exception:
    error: Exception = sqs._Err("InvalidParameterValue", message)
    return error


def _refusal(name: str, attribute: Attribute) -> str | None:
    if not _NAME.fullmatch(name):
        return f"Message (user) attribute name '{name}' is invalid."
    kind = _TYPE.fullmatch(str(attribute.get("DataType", "")))
    if kind is None:
        return f"The type of message (user) attribute '{name}' is invalid: use String, Number or Binary."
    value = attribute.get("BinaryValue" if kind[1] == "Binary" else "StringValue")
    if not value:
        return f"Message (user) attribute '{name}' must contain a non-empty value of type '{kind[1]}'."
    if kind[1] == "Number" and not _NUMBER.fullmatch(value):
        return f"Can't cast the value of message (user) attribute '{name}' to a number."
    return None


def _size(attributes: dict[str, Attribute]) -> int:
    return sum(
        len(name.encode()) + sum(len(str(part).encode()) for part in attribute.values())
        for name, attribute in attributes.items()
    )
