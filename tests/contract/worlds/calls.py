"""Faults for one caller, and that caller's calls in the local cloud's journal."""

from __future__ import annotations

from typing import Any

from localcloud.client.handle import LocalCloud
from reseal.runtime.wiring.clients import CALLS

ACCOUNT = "222233334444"
CALLER = f"arn:aws:iam::{ACCOUNT}:user/adapters"
AS_DEPLOYED: dict[str, Any] = dict(CALLS._user_provided_options)
"""The retries and time-outs of the function's clients."""


class Calls:
    """Faults for this folder's user, and its calls since the test began."""

    def __init__(self, cloud: LocalCloud) -> None:
        self._cloud = cloud
        self._start = max((entry["sequence"] for entry in cloud.journal()), default=0)

    def fail(self, service: str, operation: str, **rule: Any) -> None:
        kind = rule.pop("kind", "error")
        self._cloud.inject_fault(kind, service, operation, caller=CALLER, **rule)

    def made(self, operation: str) -> int:
        return len(self._cloud.journal(self._start, operation=operation, caller=CALLER))
