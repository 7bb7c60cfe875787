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
from reseal.lanes.object.repair import SECONDS_FOR_ONE, Repairer
from reseal.lanes.object.report import Teller
from reseal.lanes.object.resume import entry_of, resumed, superseded
from reseal.lanes.object.task import ObjectEntry, Work
from reseal.ports import ObjectServices, Services

LEASE = timedelta(seconds=330)
"""Longer than the function may run, shorter than the queue hides a message."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ObjectLane:
    """The object lane of one deployment."""

    observer: Observer
    teller: Teller
    services: Services
    objects: ObjectServices
    workers: Executor

    def enforce(
        self, deliveries: Mapping[str, Delivery], seconds_left: Callable[[], float]
    ) -> Mapping[str, Exception]:
        """Handle a batch, from the events to the alerts. The messages to be delivered again, and why."""
        batch = Batch(workers=self.workers)
        parsed = self._parse(batch, deliveries)  # 1 parse
        skipped = superseded(parsed, self.services.clock.now())
        works = {message: work for message, work in parsed.items() if message not in skipped}
        works = batch.each(self.observer.judge, works)  # 2 observe, 3 decide
        works = self._look_back(batch, works)
        works = self._record(batch, works, seconds_left)  # 4 record
        works = self._act(batch, works, seconds_left)  # 5 act
        self._report(batch, {**works, **skipped})  # 6 report
        return batch.failures

    # --- 1 parse -------------------------------------------------------------------------------

    def _parse(self, batch: Batch, deliveries: Mapping[str, Delivery]) -> dict[str, Work]:
        parsed = batch.each(lambda delivery: parse_object_message(delivery.body), deliveries)
        windows = {m: what.group for m, what in parsed.items() if isinstance(what, CloseWindow)}
        batch.each(self.teller.close_window, windows)
        calls = {m: what for m, what in parsed.items() if isinstance(what, ObjectCall)}
        return {m: Work(delivery=deliveries[m], call=call) for m, call in calls.items()}

    # --- what an earlier delivery began ----------------------------------------------------------

    def _look_back(self, batch: Batch, works: Mapping[str, Work]) -> dict[str, Work]:
        """Finish, or tell again, what an earlier delivery of the same event began."""
        now = self.services.clock.now()
        again = {m: w.entry_id for m, w in works.items() if w.delivery.may_be_repeated(w.call.time, now)}
        if not again:
            return dict(works)
        entries = batch.together(again, lambda: self.objects.ledger.read_all(list(again.values()))) or {}
        return {
            m: resumed(work, entries[work.entry_id]) if work.entry_id in entries else work
            for m, work in batch.alive(works).items()
        }

    # --- 4 record ------------------------------------------------------------------------------

    def _record(
        self, batch: Batch, works: Mapping[str, Work], seconds_left: Callable[[], float]
    ) -> dict[str, Work]:
        """Open an entry for every repair to be made, and take over those to be finished."""
        now = self.services.clock.now()
        until = int((now + LEASE).timestamp())
        due = {m: entry_of(w, until) for m, w in works.items() if self._is_to_write(w) or w.has_open_entry}
        if not due:
            return dict(works)

        def open_all() -> Mapping[str, ObjectEntry | LeaseHeldError]:
            if seconds_left() < SECONDS_FOR_ONE:
                raise TransientError("too little time is left in this invocation")
            return self.objects.ledger.open_all(list(due.values()), now)

        opened = batch.together(due, open_all) or {}
        recorded = dict(batch.alive(works))
        for message, entry in batch.alive(due).items():
            answer = opened[entry.entry_id]
            if isinstance(answer, LeaseHeldError):
                batch.failures[message] = answer
            elif answer.outcome is not None:
                recorded[message] = works[message].told_by(answer)
            else:
                recorded[message] = replace(works[message], entry=answer)
        return batch.alive(recorded)

    def _is_to_write(self, work: Work) -> bool:
        enforced = self.observer.policy.enforces(OBJECT_ENCRYPTION)
        return enforced and work.repair is not None and work.outcome is None

    # --- 5 act ---------------------------------------------------------------------------------

    def _act(
        self, batch: Batch, works: Mapping[str, Work], seconds_left: Callable[[], float]
    ) -> dict[str, Work]:
        """Make the repairs, all at once, and complete their entries with what came of them."""
        clock = self.services.clock
        repairer = Repairer(objects=self.objects.objects, clock=clock, seconds_left=seconds_left)
        works = batch.each(repairer.repair, works)
        ended = {
            m: replace(work.entry, outcome=work.outcome)
            for m, work in works.items()
            if work.entry is not None and work.has_open_entry
        }
        if not ended:
            return works
        closing = batch.together(
            ended, lambda: self.objects.ledger.close_all(list(ended.values()), clock.now())
        )
        for message, entry in ended.items():
            if closing and entry.entry_id in closing:
                batch.failures[message] = closing[entry.entry_id]
        return batch.alive(works)

    # --- 6 report ------------------------------------------------------------------------------

    def _report(self, batch: Batch, works: Mapping[str, Work]) -> None:
        now = self.services.clock.now()
        handled = {m: self.teller.handled(work) for m, work in works.items()}
        published: dict[str, bool] = {}
        for group, alert in grouped(f for h in handled.values() for f in h.findings).items():
            members = {m: h for m, h in handled.items() if any(group_of(f) == group for f in h.findings)}
            tell = partial(
                self.teller.tell,
                alert,
                list(members.values()),
                redelivered=any(works[m].delivery.receive_count > 1 for m in members),
                may_be_told=any(works[m].delivery.may_be_repeated(works[m].call.time, now) for m in members),
            )
            published |= dict.fromkeys(members, bool(batch.together(members, tell)))
        for message, ended in batch.alive(handled).items():
            untold = not published.get(message, True)
            self.services.telemetry.record(replace(ended, suppressed=untold))
