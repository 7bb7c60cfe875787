"""The messages of one batch on their way through the steps."""

from __future__ import annotations

from dataclasses import dataclass, replace

from reseal.core.calls.object_call import ObjectCall
from reseal.core.checks.object_encryption import OBJECT_ENCRYPTION
from reseal.core.decision import Decision
from reseal.core.outcome import Outcome
from reseal.core.repairs.ledger_entry import LedgerEntry, entry_id_of
from reseal.core.repairs.objects.evidence import evidence_of
from reseal.core.repairs.objects.method import Method
from reseal.core.repairs.objects.properties import sent_with_copy
from reseal.core.resource import ObjectResource
from reseal.core.state.object_encryption import ObjectEncryption
from reseal.core.state.s3_object import BucketContext, ObservedObject, Original
from reseal.core.state.setting import Setting
from reseal.lanes.delivery import Delivery

ObjectEntry = LedgerEntry[ObjectEncryption]


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """How one object is to be re-encrypted, and to what."""

    original: Original
    bucket_context: BucketContext
    method: Method
    intended: ObjectEncryption

    @property
    def evidence(self) -> dict[str, str]:
        """The state before, and the parameters a copy sent: a copy back must send them again."""
        carried = sent_with_copy(self.original) if self.method is Method.COPY else {}
        return evidence_of(self.original) | dict(carried)


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """One write of an object, with the results of the steps so far.

    `entry_id` is the id of its entry in the ledger; it spells the object key as the record does.
    `head` is the object as found, `before` its encryption, `plan` the repair to make, and `entry`
    its ledger entry. An `outcome` without a `decision` says why the object could not be judged. An open
    entry without `plan` and `outcome` is a repair that an earlier delivery may have made.
    """

    delivery: Delivery
    call: ObjectCall
    entry_id: str
    head: ObservedObject | None = None
    before: ObjectEncryption | None = None
    decision: Decision | None = None
    plan: Plan | None = None
    entry: ObjectEntry | None = None
    outcome: Outcome | None = None

    @property
    def has_open_entry(self) -> bool:
        """Whether the entry still lacks its outcome."""
        return self.entry is not None and self.entry.outcome is None

    def as_recorded(self, entry: ObjectEntry) -> Task:
        """The task with the entry's data and object key: the record may spell the key differently (A25)."""
        named = self.call
        if isinstance(entry.resource, ObjectResource):
            key, version = entry.resource.object_key, entry.resource.version_id
            named = replace(named, object_key=key, version_id=version)
        return replace(
            self,
            call=named,
            before=entry.before,
            decision=entry.violations[OBJECT_ENCRYPTION],
            plan=None,
            entry=entry,
            outcome=entry.outcome,
        )


def task_of(delivery: Delivery, call: ObjectCall) -> Task:
    """The task of a message, before the first step."""
    entry_id = entry_id_of(call.resource, call.event_id, Setting.OBJECT_ENCRYPTION)
    return Task(delivery=delivery, call=call, entry_id=entry_id)
