"""The flow of the object lane, step by step, for a batch of messages at once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import Executor
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial

from reseal.core.calls.object_call import ObjectCall
from reseal.core.calls.queue_message import CloseWindow, parse_object_message
from reseal.core.checks.object_encryption import OBJECT_ENCRYPTION
from reseal.core.errors import LeaseHeldError, TransientError
from reseal.core.findings.alerts import group_of, grouped
from reseal.lanes.delivery import Delivery
from reseal.lanes.object.batch import Batch
from reseal.lanes.object.observe import Observer
from reseal.lanes.object.remediate import Remediator
from reseal.lanes.object.report import Reporter
from reseal.lanes.object.resume import entry_of, resumed, superseded
from reseal.lanes.object.task import ObjectEntry, Task, task_of
from reseal.ports import ObjectServices, Services

LEASE = timedelta(seconds=330)
"""Longer than the function's timeout, shorter than the queue's visibility timeout."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ObjectLane:
    """The object lane of one deployment.

    `seconds_for_one` is what an object needs from its write on, `seconds_to_end` what a batch needs after its
    writes. `keep` makes every AWS call leave so much time, so that a slow object leaves it to the others.
    """

    observer: Observer
    reporter: Reporter
    services: Services
    objects: ObjectServices
    workers: Executor
    keep: Callable[[float], None]
    seconds_for_one: float
    seconds_to_end: float

    def enforce(
        self, deliveries: Mapping[str, Delivery], seconds_left: Callable[[], float]
    ) -> Mapping[str, Exception]:
        """Handle a batch, from the events to the alerts.

        Returns the error of each message that must be delivered again, by message id. `seconds_left` gives
        the time left in the invocation.
        """
        batch = Batch(workers=self.workers)
        self.keep(self.seconds_for_one)
        parsed = self._parse(batch, deliveries)  # 1 parse
        skipped = superseded(parsed, self.services.clock.now())
        tasks = {message: task for message, task in parsed.items() if message not in skipped}
        tasks = batch.for_each(self.observer.judge, tasks)  # 2 observe, 3 decide
        tasks = self._resume(batch, tasks)
        tasks = self._keep_etags(batch, tasks)
        tasks = self._record(batch, tasks, seconds_left)  # 4 record
        tasks = self._act(batch, tasks, seconds_left)  # 5 act
        self._report(batch, {**tasks, **skipped})  # 6 report
        return batch.failures

    # --- 1 parse -------------------------------------------------------------------------------

    def _parse(self, batch: Batch, deliveries: Mapping[str, Delivery]) -> dict[str, Task]:
        parsed = batch.for_each(lambda delivery: parse_object_message(delivery.body), deliveries)
        windows = {m: what.group for m, what in parsed.items() if isinstance(what, CloseWindow)}
        batch.for_each(self.reporter.close_window, windows)
        calls = {m: what for m, what in parsed.items() if isinstance(what, ObjectCall)}
        return {m: task_of(deliveries[m], call) for m, call in calls.items()}

    # --- what an earlier delivery began ----------------------------------------------------------

    def _resume(self, batch: Batch, tasks: Mapping[str, Task]) -> dict[str, Task]:
        """Finish or report again what an earlier delivery of the same event began."""
        now = self.services.clock.now()
        again = {m: w.entry_id for m, w in tasks.items() if w.delivery.may_be_repeated(w.call.time, now)}
        if not again:
            return dict(tasks)
        entries = batch.for_all(again, lambda: self.objects.ledger.read_all(list(again.values()))) or {}
        return {
            m: resumed(task, entries[task.entry_id]) if task.entry_id in entries else task
            for m, task in batch.remaining(tasks).items()
        }

    # --- 3 decide, with the ledger ---------------------------------------------------------------

    def _keep_etags(self, batch: Batch, tasks: Mapping[str, Task]) -> dict[str, Task]:
        """Change in place what was copied before: its writer may compare ETags, and would write for ever."""
        in_place = {
            m: plan
            for m, task in tasks.items()
            if self._is_to_write(task) and (plan := self.observer.in_place(task)) != task.plan
        }
        if not in_place:
            return dict(tasks)
        names = {m: tasks[m].call.resource.name for m in in_place}
        ledger = self.objects.ledger
        copied = batch.for_all(names, lambda: ledger.read_copied(list(names.values()))) or frozenset()
        return {
            m: replace(task, plan=in_place[m]) if names.get(m) in copied else task
            for m, task in batch.remaining(tasks).items()
        }

    # --- 4 record ------------------------------------------------------------------------------

    def _record(
        self, batch: Batch, tasks: Mapping[str, Task], seconds_left: Callable[[], float]
    ) -> dict[str, Task]:
        """Open an entry for every repair to make, and take over the entries to finish."""
        now = self.services.clock.now()
        until = int((now + LEASE).timestamp())
        due = {m: entry_of(w, until) for m, w in tasks.items() if self._is_to_write(w) or w.has_open_entry}
        if not due:
            return dict(tasks)

        def open_all() -> Mapping[str, ObjectEntry | LeaseHeldError]:
            if seconds_left() < self.seconds_for_one:
                raise TransientError("too little time is left in this invocation")
            return self.objects.ledger.open_all(list(due.values()), now)

        opened = batch.for_all(due, open_all) or {}
        recorded = dict(batch.remaining(tasks))
        for message, entry in batch.remaining(due).items():
            answer = opened[entry.entry_id]
            if isinstance(answer, LeaseHeldError):
                batch.failures[message] = answer
            elif answer.outcome is not None:
                recorded[message] = tasks[message].as_recorded(answer)
            else:
                recorded[message] = replace(tasks[message], entry=answer)
        return batch.remaining(recorded)

    def _is_to_write(self, task: Task) -> bool:
        enforced = self.observer.required(task).enforces(OBJECT_ENCRYPTION)
        return enforced and task.plan is not None and task.outcome is None

    # --- 5 act ---------------------------------------------------------------------------------

    def _act(
        self, batch: Batch, tasks: Mapping[str, Task], seconds_left: Callable[[], float]
    ) -> dict[str, Task]:
        """Make the repairs in parallel, and close their entries with the outcomes."""
        clock = self.services.clock
        remediator = Remediator(
            objects=self.objects.objects,
            clock=clock,
            seconds_left=seconds_left,
            seconds_for_one=self.seconds_for_one,
            judge_again=self.observer.judge,
        )
        self.keep(self.seconds_to_end)
        tasks = batch.for_each(remediator.repair, tasks)
        self.keep(0.0)
        ended = {
            m: replace(task.entry, outcome=task.outcome)
            for m, task in tasks.items()
            if task.entry is not None and task.has_open_entry
        }
        if not ended:
            return tasks
        closing = batch.for_all(
            ended, lambda: self.objects.ledger.close_all(list(ended.values()), clock.now())
        )
        for message, entry in ended.items():
            if closing and entry.entry_id in closing:
                batch.failures[message] = closing[entry.entry_id]
        return batch.remaining(tasks)

    # --- 6 report ------------------------------------------------------------------------------

    def _report(self, batch: Batch, tasks: Mapping[str, Task]) -> None:
        now = self.services.clock.now()
        event_result = {m: self.reporter.event_result(task) for m, task in tasks.items()}
        published: dict[str, bool] = {}
        for group, alert in grouped(f for h in event_result.values() for f in h.findings).items():
            members = {m: h for m, h in event_result.items() if any(group_of(f) == group for f in h.findings)}
            publish = partial(
                self.reporter.publish,
                alert,
                list(members.values()),
                redelivered=any(tasks[m].delivery.receive_count > 1 for m in members),
                may_be_reported=any(
                    tasks[m].delivery.may_be_repeated(tasks[m].call.time, now) for m in members
                ),
            )
            published |= dict.fromkeys(members, bool(batch.for_all(members, publish)))
        for message, ended in batch.remaining(event_result).items():
            unpublished = not published.get(message, True)
            self.services.telemetry.record(replace(ended, suppressed=unpublished))
