"""SNS refuses a message of structure `json` without a `default` text; e-mails are kept, not sent."""

import json
from collections import deque
from collections.abc import Callable
from typing import Any

from ministack.services import sns

from localcloud.request import anchors

_LIMIT = 1_000


class Emails:
    """The last 1,000 published messages, as an e-mail subscriber of their topic would read them."""

    def __init__(self) -> None:
        self._emails: deque[dict[str, Any]] = deque(maxlen=_LIMIT)
        self._count = 0

    def install(self) -> None:
        """Wrap every publish."""
        anchors.replace("services.sns.publish_internal", self._publish)

    def since(self, sequence: int) -> list[dict[str, Any]]:
        """The e-mails after this one: `sequence`, `topic`, `subject` and `text`."""
        return [email for email in self._emails if email["sequence"] > sequence]

    def _publish(
        self, original: Callable[..., Any], topic: str, message: Any, subject: str = "", **options: Any
    ) -> Any:
        text = str(message)
        if options.get("message_structure") == "json":
            bodies = _bodies(message)
            if not isinstance(bodies.get("default"), str):
                reason = "Invalid parameter: Message Structure - No default entry in JSON message body"
                raise sns.SnsPublishError("InvalidParameter", reason)
            text = bodies.get("email", bodies["default"])
        published = original(topic, message, subject, **options)
        if published is not None:  # there is such a topic
            self._count += 1
            self._emails.append(
                {"sequence": self._count, "topic": topic, "subject": subject or "", "text": text}
            )
        return published


def _bodies(message: str) -> dict[str, Any]:
    try:
        bodies = json.loads(message)
    except ValueError:
        return {}
    return bodies if isinstance(bodies, dict) else {}
