"""SNS refuses a message of structure `json` without a `default` text."""

import json
from collections.abc import Callable
from typing import Any

from ministack.services import sns

from localcloud.request import anchors


def install() -> None:
    """Wrap every publish."""
    anchors.replace("services.sns.publish_internal", _publish)


def _publish(
    original: Callable[..., Any], topic: str, message: Any, subject: str = "", **options: Any
) -> Any:
    if options.get("message_structure") == "json" and not _has_default(message):
        reason = "Invalid parameter: Message Structure - No default entry in JSON message body"
        raise sns.SnsPublishError("InvalidParameter", reason)
    return original(topic, message, subject, **options)


def _has_default(message: str) -> bool:
    try:
        bodies = json.loads(message)
    except ValueError:
        return False
    return isinstance(bodies, dict) and isinstance(bodies.get("default"), str)
