"""The flow: the steps from a batch of messages to findings, for any trigger, resource and setting."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, replace
from functools import partial
from typing import Generic

from reseal.core.calls.queue_message import CloseWindow
from reseal.core.checks.catalogue import CHECK_BY_ID
from reseal.core.decision import Exempt
from reseal.core.errors import LeaseHeldError
from reseal.core.outcome import Outcome, Skipped
from reseal.core.policy.policy import Policy
from reseal.flow.batch import Batch
from reseal.flow.delivery import Delivery
from reseal.flow.judge import judge
from reseal.flow.kind import Kind
from reseal.flow.report import Reporting
from reseal.flow.resume import credited_with, due_writes, not_made
from reseal.flow.stages import (
    Closed,
    Due,
    Ended,
    Entry,
    Exempted,
    Judged,
    Judgement,
    O,
    Ours,
    P,
    Parsed,
    Recorded,
    Refused,
    Superseded,
    T,
    ToFinish,
    ToMake,
    Unjudged,
)
from reseal.ports import Clock, Deadline, Ledger


@dataclass(frozen=True, slots=True, kw_only=True)
class Flow(Generic[T, O, P]):
    """The flow of one lane.

    `seconds_to_record` is what a batch needs to open its entries, `seconds_for_one` what a resource needs
    from its write on, `seconds_to_end` what a batch needs after its writes. Every AWS call leaves so much
    time, so that a slow resource leaves it to the others. `hand_on` asks another lane to look at what a
    message is about; None for a lane that asks none. It raises TransientError.
    """

    policy: Policy
    kind: Kind[T, O, P]
    reporter: Reporting
    ledger: Ledger
    clock: Clock
    deadline: Deadline
    workers: Executor
    seconds_to_record: float
    seconds_for_one: float
    seconds_to_end: float
    hand_on: Callable[[Judged[T, O, P]], None] | None = None

    def run(self, deliveries: Mapping[str, Delivery]) -> Mapping[str, Exception]:
        """Handle a batch, from the messages to the findings.

        Returns the error of each message that must be delivered again, by message id.
        """
        batch = Batch(workers=self.workers)
        self._leave(self._seconds_after_judging)
        parsed = self._parse(batch, deliveries)  # 1 parse
        ended = self._superseded(parsed)
        for turn in _turns({m: one for m, one in parsed.items() if m not in ended}):
            self._leave(self._seconds_after_judging)
            judged = batch.for_each(self._judge, turn)  # 2 observe, 3 decide
            self._leave(self.seconds_for_one + self.seconds_to_end)
            recorded = self._record(batch, judged)  # 4 record
            self._leave(self.seconds_to_end)
            ended |= self._act(batch, recorded)  # 5 act
        self._leave(0.0)
        self._hand_on(batch, ended)
        self.reporter.report(batch, batch.remaining(ended))  # 6 report
        return batch.failures

    @property
    def _seconds_after_judging(self) -> float:
        return self.seconds_to_record + self.seconds_for_one + self.seconds_to_end

    def _leave(self, seconds: float) -> None:
        self.deadline.keep(seconds)

    # --- 1 parse -------------------------------------------------------------------------------

    def _parse(self, batch: Batch, deliveries: Mapping[str, Delivery]) -> Mapping[str, Parsed[T]]:
        triggers = batch.for_each(self._trigger, deliveries)
        return {
            m: Parsed(
                delivery=deliveries[m],
                trigger=trigger,
                requirements=self.policy.for_(trigger.resource),
                checks=self.kind.checks,
            )
            for m, trigger in triggers.items()
            if trigger is not None
        }

    def _trigger(self, delivery: Delivery) -> T | None:
        """What triggered the message; None if nothing is left to do: it closed a window."""
        message = self.kind.parse(delivery.body)
        if isinstance(message, CloseWindow):
            self.reporter.close_window(message)
            return None
        return message

    def _superseded(self, parsed: Mapping[str, Parsed[T]]) -> dict[str, Ended[T, O, P]]:
        return {
            m: Ended(judgement=Unjudged(parsed=parsed[m], outcome=outcome), entries=())
            for m, outcome in self.kind.superseded(parsed).items()
        }

    # --- 2 observe, 3 decide -------------------------------------------------------------------

    def _judge(self, parsed: Parsed[T]) -> Judgement[T, O, P]:
        match self.kind.exempt(parsed.requirements, parsed.trigger):
            case Exempt() as exempt:
                return Exempted(parsed=parsed, exempt=exempt)
            case Skipped() as elsewhere:
                return Unjudged(parsed=parsed, outcome=elsewhere)
        return judge(self.kind, parsed)

    # --- 4 record ------------------------------------------------------------------------------

    def _record(
        self, batch: Batch, judged: Mapping[str, Judgement[T, O, P]]
    ) -> Mapping[str, Recorded[T, O, P]]:
        """Open an entry for each write to make, and take over those that an earlier delivery left open."""
        earlier = self._earlier_entries(batch, judged)
        judged = self._credit(batch, batch.remaining(judged), earlier)
        judged = self._reconsider(batch, batch.remaining(judged))
        until = int((self.clock.now() + self.kind.lease).timestamp())
        due = {m: due_writes(one, self.kind.settings, earlier, until) for m, one in judged.items()}
        opening = {m: [w.entry for w in writes if not isinstance(w, Closed)] for m, writes in due.items()}
        opened = self._opened(batch, {m: entries for m, entries in opening.items() if entries})
        recorded = {}
        for message, writes in batch.remaining(due).items():
            answers = [opened.get(write.entry.entry_id, write.entry) for write in writes]
            ours = [entry for entry in answers if not isinstance(entry, LeaseHeldError)]
            if held := next((answer for answer in answers if isinstance(answer, LeaseHeldError)), None):
                batch.failures[message] = held
            else:
                under = tuple(map(_under, writes, ours))
                recorded[message] = Recorded(judgement=judged[message], writes=under)
        return recorded

    def _earlier_entries(self, batch: Batch, judged: Mapping[str, Judgement[T, O, P]]) -> Mapping[str, Entry]:
        """The entries of earlier deliveries. A first delivery does not read the ledger (decision 3)."""
        now = self.clock.now()
        again = {
            m: [one.parsed.entry_id(setting) for setting in self.kind.settings]
            for m, one in judged.items()
            if not isinstance(one, Exempted)
            and one.parsed.delivery.may_be_repeated(one.parsed.trigger.time, now)
        }
        if not again:
            return {}
        ids = [entry_id for of_one in again.values() for entry_id in of_one]
        earlier = batch.for_all(again, lambda: self.ledger.read_all(ids)) or {}
        kept = [entry_id for entry in earlier.values() for entry_id in entry.kept]
        if not kept:
            return earlier
        return {**earlier, **(batch.for_all(again, lambda: self.ledger.read_all(kept)) or {})}

    def _reconsider(
        self, batch: Batch, judged: Mapping[str, Judgement[T, O, P]]
    ) -> Mapping[str, Judgement[T, O, P]]:
        planned = {m: one for m, one in judged.items() if isinstance(one, Judged) and one.plans}
        if not planned:
            return judged
        settled = batch.for_all(planned, lambda: self.kind.reconsider(planned)) or {}
        return batch.remaining({**judged, **settled})

    def _credit(
        self,
        batch: Batch,
        judged: Mapping[str, Judgement[T, O, P]],
        earlier: Mapping[str, Entry],
    ) -> Mapping[str, Judgement[T, O, P]]:
        """Find Reseal's own repairs of what these calls did, to which another trigger led."""
        put_right = {
            m: one
            for m, one in judged.items()
            if isinstance(one, Judged | Superseded)
            and one.put_right
            and not any(one.parsed.entry_id(setting) in earlier for setting in self.kind.settings)
        }
        if not put_right:
            return judged
        repairs = self._last_repairs(batch, put_right)
        credited = {
            m: credited_with(one, repairs.get(one.trigger.resource.name, {})) for m, one in put_right.items()
        }
        return batch.remaining({**judged, **credited})

    def _last_repairs(
        self, batch: Batch, put_right: Mapping[str, Judged[T, O, P] | Superseded[T, O]]
    ) -> Mapping[str, Mapping[str, Sequence[Entry]]]:
        """The last repairs of each setting that these calls violated, by the resource's name and by setting.

        A lane can have violations of a setting that another lane repairs.
        """
        found: dict[str, dict[str, Sequence[Entry]]] = {}
        for setting in dict.fromkeys(
            CHECK_BY_ID[c].setting for one in put_right.values() for c in one.put_right
        ):
            of_setting = {
                m: one.trigger.resource.name
                for m, one in batch.remaining(put_right).items()
                if any(CHECK_BY_ID[check].setting == setting for check in one.put_right)
            }
            if of_setting:
                names = list(of_setting.values())
                read = partial(self.ledger.read_last_repairs, names, setting)
                for name, repairs in (batch.for_all(of_setting, read) or {}).items():
                    found.setdefault(name, {})[setting] = repairs
        return found

    def _opened(
        self, batch: Batch, opening: Mapping[str, Sequence[Entry]]
    ) -> Mapping[str, Entry | LeaseHeldError]:
        if not opening:
            return {}
        entries = [entry for of_one in opening.values() for entry in of_one]

        def open_all() -> Mapping[str, Entry | LeaseHeldError]:
            self.deadline.check(0.0)
            return self.ledger.open_all(entries, self.clock.now())

        return batch.for_all(opening, open_all) or {}

    # --- 5 act ---------------------------------------------------------------------------------

    def _hand_on(self, batch: Batch, ended: Mapping[str, Ended[T, O, P]]) -> None:
        """Ask another lane for what this one may not do, or cannot judge."""
        if self.hand_on is not None:
            judgements = {m: one.judgement for m, one in batch.remaining(ended).items()}
            batch.for_each(self.hand_on, {m: o for m, o in judgements.items() if isinstance(o, Judged)})

    def _act(self, batch: Batch, recorded: Mapping[str, Recorded[T, O, P]]) -> Mapping[str, Ended[T, O, P]]:
        """Make the writes in parallel, then close their entries with the outcomes."""
        ended = batch.for_each(self._act_on_one, recorded)
        self._leave(0.0)
        ours = {
            write.entry.entry_id
            for one in recorded.values()
            for write in one.writes
            if not isinstance(write, Closed)
        }
        to_close = {e.entry_id: (m, e) for m, one in ended.items() for e in one.entries if e.entry_id in ours}
        if to_close:
            messages, entries = zip(*to_close.values(), strict=True)
            closing = batch.for_all(messages, lambda: self.ledger.close_all(entries, self.clock.now())) or {}
            batch.failures |= {to_close[entry_id][0]: error for entry_id, error in closing.items()}
        return batch.remaining(ended)

    def _act_on_one(self, recorded: Recorded[T, O, P]) -> Ended[T, O, P]:
        entries = tuple(self._closed(write) for write in recorded.writes)
        return Ended(judgement=recorded.judgement, entries=entries)

    def _closed(self, write: Due[T, O, P]) -> Entry:
        match write:
            case Closed():
                return write.entry
            case ToFinish():
                outcome = self._outcome_of_earlier(write.judgement, write.earlier)
                return replace(write.entry, outcome=outcome)
            case ToMake():
                self.deadline.check(self.seconds_for_one)
                return self.kind.write(write.judged, write.plan, write.entry)

    def _outcome_of_earlier(self, judgement: Ours[T, O, P], earlier: Entry) -> Outcome:
        if isinstance(judgement, Unjudged | Refused):
            return judgement.outcome
        made = self.kind.find_out(earlier, judgement.observed)
        if made is None and isinstance(judgement, Superseded):
            return judgement.outcome
        return made or not_made(earlier, judgement.observed.settings[earlier.setting])


def _turns(parsed: Mapping[str, Parsed[T]]) -> Iterator[Mapping[str, Parsed[T]]]:
    """The messages in turns, in the order of their triggers: each turn has one of a resource at most.

    A message must see what Reseal wrote because of the message before it.
    """
    left = dict(sorted(parsed.items(), key=lambda item: item[1].trigger.time))
    while left:
        first = {one.trigger.resource: message for message, one in reversed(left.items())}
        yield {message: one for message, one in left.items() if first[one.trigger.resource] == message}
        left = {message: one for message, one in left.items() if first[one.trigger.resource] != message}


def _under(write: Due[T, O, P], entry: Entry) -> Due[T, O, P]:
    """The write under the entry that the ledger answered with, which another delivery may have closed."""
    if isinstance(write, Closed) or entry.outcome is not None:
        return Closed(entry=entry)
    return replace(write, entry=entry)
