"""A message as SQS delivers it to a lane."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

FIRST_DELIVERY = timedelta(minutes=5)
"""No event younger than this can be a redelivery: the queue hides what it delivered for longer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One message as the queue delivered it: its text, how often so far, and to which invocation."""

    body: str
    receive_count: int
    invocation: str

    def may_be_repeated(self, called_at: datetime, now: datetime) -> bool:
        """Whether an earlier delivery may have handled the event already."""
        return self.receive_count > 1 or now - called_at > FIRST_DELIVERY
