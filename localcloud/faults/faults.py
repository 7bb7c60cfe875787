"""Fault injection: which calls fail, how, and how often."""

import threading
from dataclasses import asdict, dataclass
from fnmatch import fnmatchcase
from typing import Any, Literal, get_args

from localcloud.request.calls import Call

FaultKind = Literal["error", "lost_response", "delay"]


@dataclass(slots=True, kw_only=True)
class Fault:
    """A rule for calls: globs select them, `skip` lets the first ones pass, `times` limits the rest.

    `body` is a text that the call's body must contain, for instance to select one bucket's entry or message.

    `error` returns an error without acting, `lost_response` acts and then returns an error, `delay` waits
    and then acts.
    """

    kind: FaultKind
    service: str
    operation: str = "*"
    caller: str = "*"
    resource: str = "*"
    body: str = ""
    times: int | None = 1
    skip: int = 0
    status: int = 500
    code: str = "InternalError"
    message: str = "injected by the local cloud"
    seconds: float = 0.0
    id: int = 0
    hits: int = 0

    def __post_init__(self) -> None:
        if self.kind not in get_args(FaultKind):
            raise ValueError(f"kind must be one of {', '.join(get_args(FaultKind))}, not {self.kind!r}")

    def matches(self, call: Call) -> bool:
        """Whether the rule selects this call."""
        return (
            call.service == self.service
            and fnmatchcase(call.operation, self.operation)
            and fnmatchcase(call.caller.arn, self.caller)
            and fnmatchcase(call.resource, self.resource)
            and self.body.encode() in call.body
        )


class Faults:
    """The rules in force, first match first."""

    def __init__(self) -> None:
        self._rules: list[Fault] = []
        self._lock = threading.Lock()
        self._count = 0

    def add(self, fields: dict[str, Any]) -> int:
        """Put a rule in force; its id. Raises TypeError or ValueError for an invalid one."""
        rule = Fault(**fields)
        with self._lock:
            self._count += 1
            rule.id = self._count
            self._rules.append(rule)
        return rule.id

    def take(self, call: Call) -> Fault | None:
        """The fault that applies to this call; it is counted for its rule."""
        with self._lock:
            for rule in self._rules:
                if not rule.matches(call) or rule.times == 0:
                    continue
                if rule.skip:
                    rule.skip -= 1
                    continue
                rule.hits += 1
                if rule.times is not None:
                    rule.times -= 1
                return rule
        return None

    def listed(self) -> list[dict[str, Any]]:
        """Every rule; `times` and `skip` are what is left, `hits` is how often it applied."""
        with self._lock:
            return [asdict(rule) for rule in self._rules]

    def clear(self) -> None:
        """Remove every rule."""
        with self._lock:
            self._rules.clear()
