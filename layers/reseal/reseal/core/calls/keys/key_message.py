"""Step 1, parse: the messages on the key lane's queues."""

from __future__ import annotations

from dataclasses import dataclass

from reseal.core.calls.keys.key_call import KeyCall, parse_key_call
from reseal.core.calls.look import Look
from reseal.core.calls.queue_message import CloseWindow, own_message
from reseal.core.errors import MalformedEventError
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
    match own_message(body):
        case None:
            return parse_key_call(body)
        case Look(resource=KeyResource() as key) as look:
            return Look(event_id=look.event_id, time=look.time, resource=key)
        case CloseWindow() as reminder:
            return reminder
        case other:
            raise MalformedEventError(f"the key lane cannot check {other.resource.in_words}")
