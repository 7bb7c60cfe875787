"""Step 1, parse: the messages on the key lane's queues."""

from __future__ import annotations

from dataclasses import dataclass

from reseal.core.calls.keys.key_call import KeyCall, parse_key_call
from reseal.core.calls.look import Look
from reseal.core.calls.queue_message import CloseWindow, parse_message
from reseal.core.resource import KeyResource

KeyTrigger = KeyCall | Look[KeyResource]

WATCH_KEYS = '{"reseal": "watch-keys"}'
"""The text of the hourly message."""


@dataclass(frozen=True, slots=True)
class WatchKeys:
    """The hourly request to the key lane: are the keys that must stay still as they were?"""


def parse_key_message(body: str) -> KeyTrigger | WatchKeys | CloseWindow:
    """Read a message of the key lane. Raises MalformedEventError."""
    if body == WATCH_KEYS:
        return WatchKeys()
    return parse_message(body, parse_key_call, KeyResource)
