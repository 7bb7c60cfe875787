"""Step 4 for one bucket: the ledger entry before the write, and the entries of earlier deliveries."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta

from reseal.core.calls.bucket_call import BucketCall
from reseal.core.checks.catalogue import Decisions
from reseal.core.checks.observed_bucket import ObservedBucket
from reseal.core.decision import Violation
from reseal.core.repairs.ledger_entry import LedgerEntry, entry_id_of
from reseal.core.state.bucket_encryption import BucketEncryption
from reseal.core.state.setting import BUCKET_ENCRYPTION
from reseal.lanes.delivery import Delivery
from reseal.ports import Services

LEASE = timedelta(seconds=105)
"""Longer than the function's timeout, shorter than the queue's visibility timeout."""

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
        """Open this event's entry; returns the closed entry if the event was processed before."""
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
        """The entry of an earlier delivery of this event that this one must finish or report again.

        That delivery may have ended after its write and before its report: the bucket is then compliant,
        and without this entry the finding would be lost. If it ended before its write, this returns None
        and this delivery records its own entry. A first delivery does not read the ledger.
        """
        entry = self.earlier_entry(call, delivery)
        if entry is None or entry.outcome:
            return entry
        if intended is not None and observed.encryption.equals(entry.before):
            return None
        return self.take_over(entry, delivery)

    def take_over(self, entry: BucketEntry, delivery: Delivery) -> BucketEntry:
        """The entry, now owned by this delivery; or the closed entry if another has closed it meanwhile."""
        mine = replace(entry, owner=delivery.invocation, lease_until=self._lease_until())
        return self.services.ledger.open(mine, self.services.clock.now())

    def earlier_entry(self, call: BucketCall, delivery: Delivery) -> BucketEntry | None:
        """The entry of an earlier delivery; None if there is none, or if this is the first delivery."""
        if not delivery.may_be_repeated(call.time, self.services.clock.now()):
            return None
        return self.services.ledger.read(_entry_id(call))

    def _lease_until(self) -> int:
        return int((self.services.clock.now() + LEASE).timestamp())


def _entry_id(call: BucketCall) -> str:
    return entry_id_of(call.resource, call.event_id, BUCKET_ENCRYPTION)
