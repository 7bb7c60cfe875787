"""Intercepts the lane's AWS calls: injects faults and other writers, and records the calls."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from io import BytesIO
from threading import RLock
from typing import Any
from urllib.parse import unquote, urlsplit

from botocore.awsrequest import AWSResponse

WRITES = frozenset({"CopyObject", "UpdateObjectEncryption", "CompleteMultipartUpload"})
CHANGES = WRITES | {"CreateMultipartUpload", "UploadPartCopy"}
FAULTS = ("throttled", "500", "503", "lost", "denied", "dies before", "dies after")
_CODES = {
    "throttled": (503, "SlowDown", 400, "ThrottlingException"),
    "500": (500, "InternalError", 500, "InternalServerError"),
    "503": (503, "ServiceUnavailable", 503, "ServiceUnavailable"),
    "lost": (500, "InternalError", 500, "InternalServerError"),
    "denied": (403, "AccessDenied", 400, "AccessDeniedException"),
}
OK = 200


class Death(BaseException):
    """The invocation dies. Nothing in the product catches this."""


@dataclass(frozen=True, slots=True)
class Fault:
    """A fault from the `nth` call on, for its operation, `times` times; a denial is permanent."""

    kind: str
    nth: int
    times: int = 1


@dataclass(frozen=True, slots=True)
class Race:
    """Another writer, right before the `nth` call of an operation; `write` stands for every change."""

    kind: str
    operation: str
    nth: int = 1

    def is_before(self, operation: str) -> bool:
        return operation == self.operation or (self.operation == "write" and operation in CHANGES)


@dataclass(slots=True)
class Script:
    """What shall happen to the calls of a case, and what happened."""

    fault: Fault | None = None
    race: Race | None = None
    act: Callable[[], None] = lambda: None
    raced_before: str | None = None
    faulted: str | None = None
    hits: int = 0
    dead: bool = False
    calls: Counter[str] = field(default_factory=Counter)
    writes: list[tuple[str, str]] = field(default_factory=list)
    lock: Any = field(default_factory=RLock)

    def before(self, operation: str) -> str | None:
        """The fault of this call, if any."""
        with self.lock:
            if self.dead:
                raise Death
            self.calls[operation] += 1
            self._race(operation)
            return self._fault(operation)

    def die(self) -> None:
        with self.lock:
            self.dead = True
        raise Death

    def _race(self, operation: str) -> None:
        if self.race is None or self.raced_before or not self.race.is_before(operation):
            return
        met = sum(count for name, count in self.calls.items() if self.race.is_before(name))
        if met == self.race.nth:
            self.raced_before = operation
            self.act()

    def _fault(self, operation: str) -> str | None:
        if self.fault is None:
            return None
        if self.faulted is None and self.calls.total() >= self.fault.nth:
            self.faulted = operation
        if self.faulted != operation or (self.hits >= self.fault.times and self.fault.kind != "denied"):
            return None
        self.hits += 1
        return self.fault.kind


class Wires:
    """Intercepts every client of the lane; `script` belongs to the running case."""

    def __init__(self) -> None:
        self.script = Script()

    def attach(self, client: Any) -> None:
        service = client.meta.service_model.service_name

        def carry(request: Any, event_name: str, **_: object) -> Any:
            return self._carry(client, service, event_name.rpartition(".")[2], request)

        client.meta.events.register("before-send", carry)

    def _carry(self, client: Any, service: str, operation: str, request: Any) -> Any:
        script = self.script
        fault = script.before(operation)
        if fault == "dies before":
            script.die()
        if fault in {"throttled", "500", "503", "denied"}:
            return _answer(fault, service, request)
        response = client._endpoint.http_session.send(request)
        if operation in CHANGES and response.status_code == OK:
            script.writes.append((operation, unquote(urlsplit(request.url).path)))
        if fault == "dies after":
            script.die()
        return _answer(fault, service, request) if fault == "lost" else response


class _Raw(BytesIO):
    def stream(self, **_: object) -> Any:
        while chunk := self.read(4096):
            yield chunk


def _answer(kind: str, service: str, request: Any) -> AWSResponse:
    """The error in the service's protocol."""
    status, code, other_status, other_code = _CODES[kind]
    headers: dict[str, str] = {}
    if service == "s3":
        body = f"<Error><Code>{code}</Code><Message>injected</Message></Error>"
        body = "" if request.method == "HEAD" else body
    elif service == "sns":
        status, code = other_status, other_code
        body = f"<ErrorResponse><Error><Code>{code}</Code><Message>injected</Message></Error></ErrorResponse>"
    else:
        status, code = other_status, other_code
        headers["x-amzn-query-error"] = f"{code};Sender"
        body = json.dumps({"__type": code, "message": "injected"})
    return AWSResponse(request.url, status, headers, _Raw(body.encode()))
