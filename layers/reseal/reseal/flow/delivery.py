"""A message as SQS delivers it to a lane."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

FIRST_DELIVERY = timedelta(minutes=5)
"""An event younger than this is not a redelivery: the queue's visibility timeout is longer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One message as SQS delivered it: its text, its receive count, and the invocation that received it."""

    body: str
    receive_count: int
    invocation: str

    def may_be_repeated(self, called_at: datetime, now: datetime) -> bool:
        """Whether an earlier delivery may already have processed the event."""
        return self.receive_count > 1 or now - called_at > FIRST_DELIVERY
