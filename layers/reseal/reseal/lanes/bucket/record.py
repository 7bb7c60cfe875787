"""Step 4 for one bucket: the ledger entry before the write, and what earlier deliveries left there."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta

from reseal.core.calls.bucket_call import BucketCall
from reseal.core.checks.catalogue import Decisions
from reseal.core.checks.observed_bucket import ObservedBucket
from reseal.core.decision import Violation
from reseal.core.repairs.ledger_entry import LedgerEntry
from reseal.core.state.bucket_encryption import BucketEncryption
from reseal.lanes.delivery import Delivery
from reseal.ports import Services

LEASE = timedelta(seconds=90)
"""Longer than the function may run, shorter than the queue hides a message."""

BucketEntry = LedgerEntry[BucketEncryption]


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorder:
    """Opens entries and looks for earlier ones. Raises TransientError."""

    services: Services

    def record(
        self,
        call: BucketCall,
        delivery: Delivery,
        observed: ObservedBucket,
        decisions: Decisions,
        intended: BucketEncryption,
    ) -> BucketEntry:
        """Open this event's entry; returns the closed one where the event was handled before."""
        entry = LedgerEntry(
            entry_id=_entry_id(call),
            resource=call.resource,
            before=observed.encryption,
            intended=intended,
            violations={check: d for check, d in decisions.items() if isinstance(d, Violation)},
            owner=delivery.invocation,
            lease_until=self._lease_until(),
        )
        return self.services.ledger.open(entry, self.services.clock.now())

    def earlier_attempt(
        self,
        call: BucketCall,
        delivery: Delivery,
        observed: ObservedBucket,
        intended: BucketEncryption | None,
    ) -> BucketEntry | None:
        """The entry of an earlier delivery of this event that this one must finish, or tell again.

        That delivery may have made its write and died before it could tell: the bucket is then
        compliant, and without this look its finding would be lost. One that died before its write
        is not returned: this delivery records its own. A first delivery never looks.
        """
        entry = self.earlier_entry(call, delivery)
        if entry is None or entry.outcome:
            return entry
        if intended is not None and observed.encryption.equals(entry.before):
            return None
        return self.take_over(entry, delivery)

    def take_over(self, entry: BucketEntry, delivery: Delivery) -> BucketEntry:
        """The entry, now this delivery's; or as somebody else has closed it meanwhile."""
        mine = replace(entry, owner=delivery.invocation, lease_until=self._lease_until())
        return self.services.ledger.open(mine, self.services.clock.now())

    def earlier_entry(self, call: BucketCall, delivery: Delivery) -> BucketEntry | None:
        """What an earlier delivery left, if there may have been one."""
        if not delivery.may_be_repeated(call.time, self.services.clock.now()):
            return None
        return self.services.ledger.read(_entry_id(call))

    def _lease_until(self) -> int:
        return int((self.services.clock.now() + LEASE).timestamp())


def _entry_id(call: BucketCall) -> str:
    return f"{call.bucket}#{call.event_id}"
