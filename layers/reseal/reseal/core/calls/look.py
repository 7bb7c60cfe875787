"""Step 1, value: a request to check a resource as it is now."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, Generic, TypeVar

from reseal.core.resource import Resource

R_co = TypeVar("R_co", bound=Resource, covariant=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Look(Generic[R_co]):
    """A request to check a resource now. It names no caller and shows no intent: the state alone decides."""

    name: ClassVar[str] = "Look"
    event_id: str
    time: datetime
    resource: R_co

    def at(self, _resource: Resource, /) -> Look[R_co]:
        """The same request: it names the resource as AWS does."""
        return self
