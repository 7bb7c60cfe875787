"""The messages of one batch: which of them go on, and why the others do not."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Executor
from dataclasses import dataclass, field
from typing import TypeVar

V = TypeVar("V")


W = TypeVar("W")


@dataclass(slots=True)
class Batch:
    """What became of each message: `failures` holds, by message, what stopped it; others go on."""

    workers: Executor
    failures: dict[str, Exception] = field(default_factory=dict)

    def for_each(self, step: Callable[[V], W], values: Mapping[str, V]) -> dict[str, W]:
        """Take one step for every message at once; whatever one raises, it does not take others along."""
        futures = {message: self.workers.submit(step, value) for message, value in values.items()}
        results: dict[str, W] = {}
        for message, future in futures.items():
            error = future.exception()
            if error is None:
                results[message] = future.result()
            elif isinstance(error, Exception):
                self.failures[message] = error
            else:
                raise error
        return results

    def for_all(self, messages: Iterable[str], step: Callable[[], W]) -> W | None:
        """One step on behalf of several messages; if it fails, all of them have failed."""
        future = self.workers.submit(step)
        error = future.exception()
        if error is None:
            return future.result()
        if not isinstance(error, Exception):
            raise error
        self.failures |= dict.fromkeys(messages, error)
        return None

    def remaining(self, values: Mapping[str, V]) -> dict[str, V]:
        """Those of the messages that nothing has stopped."""
        return {message: value for message, value in values.items() if message not in self.failures}
