"""The messages of one batch, and the errors that stopped some of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Executor
from dataclasses import dataclass, field
from functools import partial
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
        results: dict[str, W] = {}
        for message, result in self._started(step, values).items():
            try:
                results[message] = result()
            except Exception as error:  # noqa: BLE001  # any error: the rest of the batch goes on
                self.failures[message] = error
        return results

    def _started(self, step: Callable[[V], W], values: Mapping[str, V]) -> dict[str, Callable[[], W]]:
        """What gives each message's result, or raises its error. One message alone needs no thread."""
        if len(values) == 1:
            return {message: partial(step, value) for message, value in values.items()}
        return {message: self.workers.submit(step, value).result for message, value in values.items()}

    def for_all(self, messages: Iterable[str], step: Callable[[], W]) -> W | None:
        """Run one step for several messages together; if it fails, all of them fail. None if it failed."""
        try:
            return step()
        except Exception as error:  # noqa: BLE001  # any error, the rest of the batch goes on
            self.failures |= dict.fromkeys(messages, error)
            return None

    def remaining(self, values: Mapping[str, V]) -> dict[str, V]:
        """The messages that have not failed."""
        return {message: value for message, value in values.items() if message not in self.failures}
