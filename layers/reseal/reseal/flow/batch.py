"""The messages of one batch, and the errors that stopped some of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Executor
from dataclasses import dataclass, field
from typing import TypeVar

V = TypeVar("V")
W = TypeVar("W")


@dataclass(slots=True)
class Batch:
    """Runs steps for a batch. `failures` holds, by message id, the error that stopped a message."""

    workers: Executor
    failures: dict[str, Exception] = field(default_factory=dict)

    def for_each(self, step: Callable[[V], W], values: Mapping[str, V]) -> dict[str, W]:
        """Run one step for all messages in parallel; an error stops only its own message."""
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
        """Run one step for several messages together; if it fails, all of them fail. None if it failed."""
        future = self.workers.submit(step)
        error = future.exception()
        if error is None:
            return future.result()
        if not isinstance(error, Exception):
            raise error
        self.failures |= dict.fromkeys(messages, error)
        return None

    def remaining(self, values: Mapping[str, V]) -> dict[str, V]:
        """The messages that have not failed."""
        return {message: value for message, value in values.items() if message not in self.failures}
