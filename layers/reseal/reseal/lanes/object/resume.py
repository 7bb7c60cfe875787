"""Between the steps: which of several messages about one object counts, and what earlier deliveries left."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime

from reseal.core.calls.attribution import CLOCKS_DIFFER
from reseal.core.checks.object_encryption import OBJECT_ENCRYPTION
from reseal.core.decision import Exempt, Violation
from reseal.core.outcome import SkipCause, Skipped
from reseal.core.repairs.ledger_entry import LedgerEntry
from reseal.core.repairs.objects.method import Method
from reseal.core.state.s3_object import ObservedObject
from reseal.lanes.object.task import ObjectEntry, Task

_NOT_MADE = Skipped(
    cause=SkipCause.NEWER, reason="the repair that was begun was not made, and would not be made any more"
)


def superseded(tasks: Mapping[str, Task], now: datetime) -> dict[str, Task]:
    """The messages that another one of the batch stands for: of one object, or of the very same event.

    Of several writes of an object only the last can be what is there, unless a message was delivered
    before: what it began must be looked up. Of one event's duplicates only one goes on: two would make
    two writes, of which their one entry could not tell.
    """
    in_order = sorted(tasks.items(), key=lambda item: _order(item[1]))
    last = {task.call.resource: message for message, task in in_order}
    of_event = {task.call.event_id: message for message, task in in_order}
    reason = "a later message of the same batch is about the same object"
    newer = Skipped(cause=SkipCause.NEWER, reason=reason)

    def goes_on(message: str, task: Task) -> bool:
        if of_event[task.call.event_id] != message:
            return False
        latest = tasks[last[task.call.resource]].call
        # of one second's writes nobody can tell by the records which an upload in parts came before
        tie = latest.time == task.call.time and latest.name != task.call.name
        return latest is task.call or tie or task.delivery.may_be_repeated(task.call.time, now)

    return {m: replace(task, outcome=newer) for m, task in tasks.items() if not goes_on(m, task)}


def resumed(task: Task, entry: ObjectEntry) -> Task:
    """The work, with what an earlier delivery of the same event left in the ledger.

    That delivery may have made its write and died before it could tell: the object is then compliant,
    and without this its finding would be lost. So it gets the entry and no outcome, for step 5 to compare
    what is there with the evidence. One that died before its write is not resumed: this delivery records
    its own, or, where it would not repair any more, closes what was begun and tells what it decided.
    """
    if entry.outcome is not None:
        return task.as_recorded(entry)
    if isinstance(task.decision, Violation) and task.outcome is None and task.before == entry.before:
        return task if task.repair is not None else replace(task, entry=entry, outcome=_NOT_MADE)
    if isinstance(task.decision, Exempt):  # unread, since the check was turned off: nobody can say
        return task
    if task.head is not None and _may_have_been_written(entry, task.head):
        return task.as_recorded(entry)
    reason = "what was decided no longer holds: the object was written again since"
    outcome = task.outcome or Skipped(cause=SkipCause.NEWER, reason=reason)
    return replace(task.as_recorded(entry), outcome=outcome)


def _may_have_been_written(entry: ObjectEntry, head: ObservedObject) -> bool:
    """Whether what is there can be what the entry's holder wrote: as intended, and while it held the entry.

    A change in place leaves the time as it was (D3).
    """
    if not head.encryption.meets(entry.intended):
        return False
    until = datetime.fromtimestamp(entry.lease_until, UTC) + CLOCKS_DIFFER
    return entry.action == Method.IN_PLACE or head.last_modified <= until


def entry_of(task: Task, lease_until: int) -> ObjectEntry:
    """The entry to open: a new one for a repair, or the one that was left, now this delivery's."""
    owner = task.delivery.invocation
    if task.entry is not None:
        return replace(task.entry, owner=owner, lease_until=lease_until)
    if task.repair is None or not isinstance(task.decision, Violation):
        raise AssertionError("only what is to be written gets an entry")
    head = task.repair.original.head
    return LedgerEntry(
        entry_id=task.entry_id,
        resource=task.call.resource,
        before=head.encryption,
        intended=task.repair.intended,
        violations={OBJECT_ENCRYPTION: task.decision},
        owner=owner,
        lease_until=lease_until,
        action=task.repair.method.value,
        details=task.repair.evidence,
    )


def _order(task: Task) -> tuple[datetime, str, int]:
    return task.call.time, task.call.event_id, task.delivery.receive_count
