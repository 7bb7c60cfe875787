"""The messages of one batch on their way through the steps."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Executor
from dataclasses import dataclass, field, replace
from typing import TypeVar

from reseal.core.calls.object_call import ObjectCall
from reseal.core.checks.object_encryption import OBJECT_ENCRYPTION
from reseal.core.decision import Decision, Outcome
from reseal.core.repairs.ledger_entry import LedgerEntry
from reseal.core.repairs.objects.evidence import evidence_of
from reseal.core.repairs.objects.method import Method
from reseal.core.repairs.objects.properties import sent_with_copy
from reseal.core.state.object_encryption import ObjectEncryption
from reseal.core.state.s3_object import ObservedObject, Original, Surroundings
from reseal.lanes.delivery import Delivery

V = TypeVar("V")
W = TypeVar("W")
ObjectEntry = LedgerEntry[ObjectEncryption]


@dataclass(frozen=True, slots=True, kw_only=True)
class Repair:
    """How one object is to be re-encrypted, and to what."""

    original: Original
    around: Surroundings
    method: Method
    intended: ObjectEncryption

    @property
    def evidence(self) -> dict[str, str]:
        """What was, and what a copy carried by hand: a copy back must carry it again."""
        carried = sent_with_copy(self.original) if self.method is Method.COPY else {}
        return evidence_of(self.original) | dict(carried)


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """One write of an object, as far as its handling has come.

    `head` is the object as it was found, and `before` its encryption; `repair` says how a remediation
    would be made, `entry` is its evidence. `outcome` without a decision says why the object could not be
    judged; a repair that an earlier delivery may have made has an open entry and neither.
    """

    delivery: Delivery
    call: ObjectCall
    head: ObservedObject | None = None
    before: ObjectEncryption | None = None
    decision: Decision | None = None
    repair: Repair | None = None
    entry: ObjectEntry | None = None
    outcome: Outcome | None = None

    @property
    def entry_id(self) -> str:
        """The id of this event's entry in the ledger."""
        return f"object#{self.call.event_id}"

    @property
    def has_open_entry(self) -> bool:
        """Whether the entry still lacks its outcome."""
        return self.entry is not None and self.entry.outcome is None

    def told_by(self, entry: ObjectEntry) -> Work:
        """The work as an entry tells it, under the object's own name: the record may spell another (A25)."""
        named = replace(
            self.call, key=entry.resource.key or self.call.key, version_id=entry.resource.version_id
        )
        return replace(
            self,
            call=named,
            before=entry.before,
            decision=entry.violations[OBJECT_ENCRYPTION],
            repair=None,
            entry=entry,
            outcome=entry.outcome,
        )


@dataclass(slots=True)
class Batch:
    """What became of each message: `failures` holds, by message, what stopped it; others go on."""

    workers: Executor
    failures: dict[str, Exception] = field(default_factory=dict)

    def each(self, step: Callable[[V], W], values: Mapping[str, V]) -> dict[str, W]:
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

    def together(self, messages: Iterable[str], step: Callable[[], W]) -> W | None:
        """One step on behalf of several messages; if it fails, all of them have failed."""
        future = self.workers.submit(step)
        error = future.exception()
        if error is None:
            return future.result()
        if not isinstance(error, Exception):
            raise error
        self.failures |= dict.fromkeys(messages, error)
        return None

    def alive(self, values: Mapping[str, V]) -> dict[str, V]:
        """Those of the messages that nothing has stopped."""
        return {message: value for message, value in values.items() if message not in self.failures}
