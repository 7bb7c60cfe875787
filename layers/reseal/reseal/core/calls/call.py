"""Step 1, value: what every API call has, on whatever resource."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol, Self

from reseal.core.calls.actor import Actor
from reseal.core.resource import Resource


class Call(Protocol):
    """One API call on one resource, as CloudTrail recorded it.

    `event_id` is unique per delivered record (A31). `obstacle` says why its caller may fail under a KMS key.
    """

    @property
    def event_id(self) -> str:
        """The id of the record."""

    @property
    def name(self) -> str:
        """The API call's name."""

    @property
    def time(self) -> datetime:
        """When the call was made."""

    def at(self, resource: Resource, /) -> Self:
        """The call, with the resource named as AWS names it."""

    @property
    def actor(self) -> Actor:
        """The caller."""

    @property
    def resource(self) -> Resource:
        """What the call is about."""

    @property
    def obstacle(self) -> str | None:
        """Why the caller may fail under a KMS key; None if nothing shows it."""
