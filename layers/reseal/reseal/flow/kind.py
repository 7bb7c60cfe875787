"""What a kind of resource does differently in the flow."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Protocol

from reseal.core.calls.queue_message import CloseWindow
from reseal.core.checks.catalogue import Check, Decisions
from reseal.core.decision import Exempt
from reseal.core.outcome import Outcome, Skipped
from reseal.core.policy.requirements import Requirements
from reseal.flow.stages import Entry, Judged, O, P, Parsed, Planned, T


class Kind(Protocol[T, O, P]):
    """The steps of one kind of resource. Methods that call AWS raise RefusalError and TransientError."""

    @property
    def settings(self) -> tuple[str, ...]:
        """The settings that this lane writes. A repair of another one is handed to the lane that does."""

    @property
    def checks(self) -> tuple[Check, ...]:
        """The checks that this lane runs. What keeps all of them from judging is reported by the first."""

    @property
    def lease(self) -> timedelta:
        """How long an invocation holds a ledger entry: longer than the function's timeout."""

    def parse(self, body: str) -> T | CloseWindow | None:
        """Step 1: what triggered the message, or the window that it closes; None if nothing is left to do.

        Raises MalformedEventError.
        """

    def superseded(self, parsed: Mapping[str, Parsed[T]]) -> Mapping[str, Skipped]:
        """The messages of a batch that another message of it replaces, by message id."""

    def exempt(self, requirements: Requirements, trigger: T) -> Exempt | Skipped | None:
        """Why no check of this stack judges the resource; None if they judge it. Calls nothing."""

    def observe(self, requirements: Requirements, trigger: T) -> tuple[T, O]:
        """Step 2: the resource now, and the trigger with the resource's name as AWS spells it."""

    def by_record(self, requirements: Requirements, trigger: T, observed: O | None) -> Decisions:
        """Step 3: the decisions about what the call did, as far as its record shows that.

        None about what is still as the call left it, if that was observed. These decisions are evidence for a
        finding, never for a write. Raises TransientError.
        """

    def decide(self, requirements: Requirements, trigger: T, observed: O) -> Decisions | Skipped:
        """Step 3: the decision of each check; Skipped if another call wrote what is there now."""

    def plan(self, requirements: Requirements, trigger: T, observed: O, decisions: Decisions) -> Planned[P]:
        """Step 3: run the guards; the decisions after them, and the write that each setting needs.

        The guards' reads are made now: what allows a write must be true when it is made.
        """

    def reconsider(self, judged: Mapping[str, Judged[T, O, P]]) -> Mapping[str, Judged[T, O, P]]:
        """The judged messages with the plans that what the ledger knows of earlier repairs requires."""

    def write(self, judged: Judged[T, O, P], plan: P, entry: Entry) -> Entry:
        """Step 5: make the write, read back and compare; returns the entry with its outcome.

        A refusal is an outcome. Raises TransientError.
        """

    def find_out(self, entry: Entry, observed: O) -> Outcome | None:
        """Step 5: the outcome of a write that an earlier delivery may have made; None if it is not there."""
