"""The names of the AWS calls that a process makes, from any client, session or thread."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from botocore.client import BaseClient


class CallLog:
    """The names of the calls, in order; each call is delayed by `latency` seconds."""

    def __init__(self, latency: float = 0.0) -> None:
        self.names: list[str] = []
        self._latency = latency
        self._counting = False

    @contextmanager
    def installed(self) -> Iterator[CallLog]:
        """Hook into botocore; only calls made inside `counting` are counted and delayed."""
        original = BaseClient._make_api_call  # type: ignore[attr-defined]  # every call passes here

        def counted(client: BaseClient, operation: str, parameters: Any) -> Any:
            if self._counting:
                self.names.append(operation)
                time.sleep(self._latency)
            return original(client, operation, parameters)

        setattr(BaseClient, "_make_api_call", counted)  # noqa: B010  # mypy allows no assignment to a method
        try:
            yield self
        finally:
            setattr(BaseClient, "_make_api_call", original)  # noqa: B010

    @contextmanager
    def counting(self) -> Iterator[list[str]]:
        """Count from zero; yields the list of the names."""
        self.names = []
        self._counting = True
        try:
            yield self.names
        finally:
            self._counting = False
