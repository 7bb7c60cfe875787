"""Step 4 for one bucket: the ledger entry before the write, and the entries of earlier deliveries."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta

from reseal.core.calls.bucket_call import BucketCall
from reseal.core.checks.catalogue import Decisions
from reseal.core.decision import Violation
from reseal.core.repairs.ledger_entry import LedgerEntry, entry_id_of
from reseal.core.repairs.repair import Repair
from reseal.core.state.setting import State
from reseal.flow.delivery import Delivery
from reseal.ports import Services

LEASE = timedelta(seconds=105)
"""Longer than the function's timeout, shorter than the queue's visibility timeout."""

BucketEntry = LedgerEntry[State]


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorder:
    """Opens entries and looks for earlier ones. Raises TransientError."""

    services: Services

    def record(
        self,
        call: BucketCall,
        delivery: Delivery,
        repair: Repair,
        decisions: Decisions,
    ) -> BucketEntry:
        """Open the entry of one write; returns the closed entry if the event was processed before."""
        entry = LedgerEntry(
            entry_id=entry_id_of(call.resource, call.event_id, repair.setting),
            resource=call.resource,
            setting=repair.setting,
            before=repair.before,
            intended=repair.intended,
            violations={check: d for check, d in decisions.items() if isinstance(d, Violation)},
            owner=delivery.invocation,
            lease_until=self._lease_until(),
            action=repair.setting,
        )
        return self.services.ledger.open(entry, self.services.clock.now())

    def earlier_attempt(
        self,
        call: BucketCall,
        delivery: Delivery,
        setting: str,
        found: State,
        repair: Repair | None,
    ) -> BucketEntry | None:
        """The entry of an earlier delivery of this event that this one must finish or report again.

        That delivery may have ended after its write and before its report: the bucket is then compliant,
        and without this entry the finding would be lost. If it ended before its write, this returns None
        and this delivery records its own entry. A first delivery does not read the ledger.
        """
        entry = self.earlier_entry(call, delivery, setting)
        if entry is None or entry.outcome:
            return entry
        if repair is not None and found.equals(entry.before):
            return None
        return self.take_over(entry, delivery)

    def take_over(self, entry: BucketEntry, delivery: Delivery) -> BucketEntry:
        """The entry, now owned by this delivery; or the closed entry if another has closed it meanwhile."""
        mine = replace(entry, owner=delivery.invocation, lease_until=self._lease_until())
        return self.services.ledger.open(mine, self.services.clock.now())

    def earlier_entry(self, call: BucketCall, delivery: Delivery, setting: str) -> BucketEntry | None:
        """The entry of an earlier delivery; None if there is none, or if this is the first delivery."""
        if not delivery.may_be_repeated(call.time, self.services.clock.now()):
            return None
        return self.services.ledger.read(entry_id_of(call.resource, call.event_id, setting))

    def _lease_until(self) -> int:
        return int((self.services.clock.now() + LEASE).timestamp())
