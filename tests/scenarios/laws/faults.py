"""What can go wrong at one call of AWS: it is refused for good, throttled for a while, or its caller dies."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import Enum

from botocore.exceptions import ClientError

from tests.scenarios.world.aws.account import Call, Death, error
from tests.scenarios.world.world import World

DELIVERIES_THROTTLED = 2
_DENIED = {"s3": "AccessDenied", "sns": "AuthorizationError", "sqs": "AccessDenied"}
_THROTTLED = {"s3": "SlowDown", "sqs": "RequestThrottled"}


class Kind(Enum):
    """What happens at the call. A refusal and throttling hold for the later calls of the operation, too."""

    REFUSED = "refused for good"
    THROTTLED = "throttled for two deliveries"
    DIES_BEFORE = "process dies before it"
    DIES_AFTER = "process dies after it"


@dataclass(frozen=True, slots=True, order=True)
class Fault:
    """A fault at the call of this number, from 0."""

    at: int
    kind: Kind = field(compare=False)

    def __str__(self) -> str:
        return f"call {self.at} {self.kind.value}"


@dataclass(slots=True)
class Faults:
    """Makes these faults happen in a world. `refused` holds the operations that AWS refuses for good."""

    world: World
    faults: Iterable[Fault]
    refused: set[str] = field(default_factory=set)
    _throttled: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.world.account.around = self._around

    @contextmanager
    def _around(self, call: Call) -> Iterator[None]:
        number, delivery = len(self.world.account.calls) - 1, len(self.world.stack.deliveries)
        kinds = {fault.kind for fault in self.faults if fault.at == number}
        if Kind.DIES_BEFORE in kinds:
            raise Death
        if Kind.REFUSED in kinds:
            self.refused.add(call.name)
        if Kind.THROTTLED in kinds:
            self._throttled[call.name] = delivery + DELIVERIES_THROTTLED
        if call.name in self.refused:
            raise _refusal(call, _DENIED, "AccessDeniedException", 403)
        if self._throttled.get(call.name, 0) > delivery:
            raise _refusal(call, _THROTTLED, "ThrottlingException", 503)
        yield
        if Kind.DIES_AFTER in kinds:
            raise Death


def _refusal(call: Call, codes: dict[str, str], otherwise: str, status: int) -> ClientError:
    """An answer to a HEAD request has only its status."""
    service, operation = call.name.split(":")
    code = str(status) if operation.startswith("Head") else codes.get(service, otherwise)
    return error(code, status, operation)
