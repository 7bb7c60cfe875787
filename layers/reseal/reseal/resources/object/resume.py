"""Between the steps: skip superseded messages of a batch, and resume the work of earlier deliveries."""

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
from reseal.core.state.setting import Setting
from reseal.resources.object.task import ObjectEntry, Task

_NOT_MADE = Skipped(
    cause=SkipCause.NEWER,
    reason="an earlier delivery began a repair, did not make it, and it no longer applies",
)


def superseded(tasks: Mapping[str, Task], now: datetime) -> dict[str, Task]:
    """The messages that another message of the batch replaces: of the same object or the same event.

    Only the last write of an object can be what is there now, so only its message goes on. A message
    that may have been delivered before goes on too, because its earlier work must be looked up. Only one
    of an event's duplicates goes on: two would write twice and share one ledger entry.
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
        # for writes in the same second, the records do not show if an upload in parts was first
        tie = latest.time == task.call.time and latest.name != task.call.name
        return latest is task.call or tie or task.delivery.may_be_repeated(task.call.time, now)

    return {m: replace(task, outcome=newer) for m, task in tasks.items() if not goes_on(m, task)}


def resumed(task: Task, entry: ObjectEntry) -> Task:
    """The task with the ledger entry of an earlier delivery of the same event.

    That delivery may have ended after its write and before its report: the object is then compliant, and
    without the entry its finding would be lost. So the task gets the entry and no outcome, and step 5
    compares the object with the evidence. If the earlier delivery ended before its write, this delivery
    records its own entry; or, if it would no longer repair, it closes the old entry and reports its own
    decision.
    """
    if entry.outcome is not None:
        return task.as_recorded(entry)
    if isinstance(task.decision, Violation) and task.outcome is None and task.before == entry.before:
        return task if task.plan is not None else replace(task, entry=entry, outcome=_NOT_MADE)
    if isinstance(task.decision, Exempt):  # the object was not read, so the earlier result is unknown
        return task
    if task.head is not None and _may_have_been_written(entry, task.head):
        return task.as_recorded(entry)
    reason = "the decision is out of date: the object was written again since"
    outcome = task.outcome or Skipped(cause=SkipCause.NEWER, reason=reason)
    return replace(task.as_recorded(entry), outcome=outcome)


def _may_have_been_written(entry: ObjectEntry, head: ObservedObject) -> bool:
    """Whether the entry's holder can have written this object: as intended, and before its lease ended.

    A change in place keeps the last-modified time (D3).
    """
    if not head.encryption.meets(entry.intended):
        return False
    until = datetime.fromtimestamp(entry.lease_until, UTC) + CLOCKS_DIFFER
    return entry.action == Method.IN_PLACE or head.last_modified <= until


def entry_of(task: Task, lease_until: int) -> ObjectEntry:
    """The entry to open: a new one for a repair, or an earlier delivery's, now owned by this delivery."""
    owner = task.delivery.invocation
    if task.entry is not None:
        return replace(task.entry, owner=owner, lease_until=lease_until)
    if task.plan is None or not isinstance(task.decision, Violation):
        raise AssertionError("only a repair gets an entry")
    head = task.plan.original.head
    return LedgerEntry(
        entry_id=task.entry_id,
        resource=task.call.resource,
        setting=Setting.OBJECT_ENCRYPTION,
        before=head.encryption,
        intended=task.plan.intended,
        violations={OBJECT_ENCRYPTION: task.decision},
        owner=owner,
        lease_until=lease_until,
        action=task.plan.method.value,
        details=task.plan.evidence,
    )


def _order(task: Task) -> tuple[datetime, str, int]:
    return task.call.time, task.call.event_id, task.delivery.receive_count
