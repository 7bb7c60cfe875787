"""The flow, step by step: the only place where the pure core and the adapters meet."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta

from reseal.core.alerts import Unblocked
from reseal.core.api_call import BucketCall, parse_bucket_call
from reseal.core.checks.catalogue import BUCKET_CHECKS
from reseal.core.checks.key_access import ACCESS_CALLS, KEY_ACCESS
from reseal.core.checks.observed import ObservedBucket
from reseal.core.decision import Applied, Exempt, Failed, Outcome, SkipCause, Skipped, Violation
from reseal.core.encryption import BucketEncryption
from reseal.core.errors import RefusalError, TransientError
from reseal.core.finding import Status, findings_of, refusal_finding
from reseal.core.guard.key_policy import KeyPolicy
from reseal.core.handled import Handled
from reseal.core.kms_key import KmsKey, parse_key_reference
from reseal.core.ledger_entry import LedgerEntry
from reseal.core.message import message_of
from reseal.core.ownership import exempt_by_name, owner_of
from reseal.core.policy import CheckMode, Policy
from reseal.core.refusal import outcome_of_refusal
from reseal.core.remediation import (
    Decisions,
    decide_bucket,
    enforced_remediations,
    guard_access,
    guard_remediation_key,
    intended_encryption,
    moves_to_remediation_key,
)
from reseal.delivery import Delivery
from reseal.ports import Services

LEASE = timedelta(seconds=90)
"""Longer than the function may run, shorter than the queue hides a message."""

BucketEntry = LedgerEntry[BucketEncryption]

_READ_BACK_PAUSES = (0.2, 0.5, 1.0, 2.0)
"""Seconds between reads after a write: S3 bucket configuration is eventually consistent."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BucketLane:
    """The bucket lane of one deployment."""

    policy: Policy
    services: Services

    def enforce(self, delivery: Delivery) -> Handled:
        """Handle one message, from the event to the finding.

        Raises MalformedEventError for a message that cannot succeed, and TransientError for one
        that must be delivered again; either leaves the message on the queue.
        """
        call = parse_bucket_call(delivery.body)  # 1 parse
        if call.owner not in (None, self.policy.account):
            return self._report(self._unread(call, _foreign_bucket(call)))
        if exempt := self._exempt(call):
            return self._report(_exempted(call, exempt))
        self._note_unblocking(call)
        try:
            observed = self._observe(call)  # 2 observe
            decisions = self._decide(call, observed)  # 3 decide
        except RefusalError as refusal:
            refused = outcome_of_refusal(refusal)
            handled = self._unread_after_attempt(call, delivery, refused)
            return self._report(handled or self._unread(call, refused))
        intended = intended_encryption(self.policy, observed.encryption, decisions)
        entry = self._earlier_attempt(call, delivery, observed, intended)
        if entry is None and intended is not None:
            entry = self._record(call, delivery, observed, decisions, intended)  # 4 record
        outcome = self._act(entry, observed, intended) if entry else None  # 5 act
        return self._report(self._handled(call, observed, decisions, entry, outcome))  # 6 report

    def _exempt(self, call: BucketCall) -> Exempt | None:
        control_tower = self.policy.exempt_control_tower
        return exempt_by_name(call.bucket, self.policy.account, control_tower=control_tower)

    def _note_unblocking(self, call: BucketCall) -> None:
        """The object lane takes SSE-C writes for graver where somebody has just made way for them."""
        if call.stated and call.stated.unblocks_sse_c:
            unblocked = Unblocked(who=call.actor.who, at=call.time)
            self.services.ledger.note_unblocked(call.bucket, unblocked, self.services.clock.now())

    # --- 2 observe, 3 decide -------------------------------------------------------------------

    def _observe(self, call: BucketCall) -> ObservedBucket:
        encryption = self.services.buckets.read_encryption(call.bucket)
        if encryption.key_id is None:
            return ObservedBucket(encryption=encryption)
        reference = parse_key_reference(encryption.key_id)
        if reference.is_aws_managed or not self.policy.must_describe(reference):
            return ObservedBucket(encryption=encryption)
        key = self.services.keys.describe(encryption.key_id)
        opens = call.name in ACCESS_CALLS and self.policy.mode_of(KEY_ACCESS) is not CheckMode.OFF
        if not isinstance(key, KmsKey) or not (opens or reference.depends_on_caller):
            return ObservedBucket(encryption=encryption, key=key)
        return ObservedBucket(
            encryption=encryption,
            key=key,
            exposure=self.services.buckets.read_exposure(call.bucket, fresh=opens),
            key_policy=self._key_policy(key.arn) if opens else None,
        )

    def _decide(self, call: BucketCall, observed: ObservedBucket) -> Decisions:
        """Ask the checks, then let two guards hold back what a write of K could break."""
        decisions = decide_bucket(self.policy, call, observed)
        if moves_to_remediation_key(decisions):
            key = self.services.keys.describe(self.policy.remediation_key)
            decisions = guard_remediation_key(self.policy, decisions, key)
        if moves_to_remediation_key(decisions):
            fresh = call.name in ACCESS_CALLS or call.name == "DeleteBucketPolicy"
            exposure = self.services.buckets.read_exposure(call.bucket, fresh=fresh)
            key_policy = self._key_policy(self.policy.remediation_key)
            brought = not self.policy.callers_may_use_key
            decisions = guard_access(decisions, observed, exposure, key_policy, brought=brought)
        return decisions

    def _key_policy(self, key_arn: str) -> KeyPolicy:
        return KeyPolicy(
            key_arn=key_arn,
            document=self.services.keys.read_policy(key_arn),
            account=self.policy.account,
            region=self.policy.region,
        )

    # --- 4 record ------------------------------------------------------------------------------

    def _record(
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

    def _earlier_attempt(
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
        entry = self._earlier_entry(call, delivery)
        if entry is None or entry.outcome:
            return entry
        if intended is not None and observed.encryption.satisfies(entry.before):
            return None
        return self._take_over(entry, delivery)

    def _take_over(self, entry: BucketEntry, delivery: Delivery) -> BucketEntry:
        """The entry, now this delivery's; or as somebody else has closed it meanwhile."""
        mine = replace(entry, owner=delivery.invocation, lease_until=self._lease_until())
        return self.services.ledger.open(mine, self.services.clock.now())

    def _earlier_entry(self, call: BucketCall, delivery: Delivery) -> BucketEntry | None:
        if not delivery.may_be_repeated(call.time, self.services.clock.now()):
            return None
        return self.services.ledger.read(_entry_id(call))

    def _unread_after_attempt(
        self, call: BucketCall, delivery: Delivery, outcome: Skipped | Failed
    ) -> Handled | None:
        """What an earlier delivery did to a bucket that cannot be read any more: it may not have told.

        An entry that it left open is closed with `outcome`: nobody can say what became of its write.
        """
        entry = self._earlier_entry(call, delivery)
        if entry is None:
            return None
        if entry.outcome is None:
            entry = self._take_over(entry, delivery)
        if entry.outcome is None:
            entry = replace(entry, outcome=outcome)
            self.services.ledger.close(entry, self.services.clock.now())
        findings = findings_of(self.policy, call, entry.before, entry.violations, entry.outcome)
        return Handled(call=call, decisions=entry.violations, outcome=entry.outcome, findings=findings)

    def _lease_until(self) -> int:
        return int((self.services.clock.now() + LEASE).timestamp())

    # --- 5 act ---------------------------------------------------------------------------------

    def _act(
        self, entry: BucketEntry, observed: ObservedBucket, intended: BucketEncryption | None
    ) -> Outcome:
        """Make the entry true if this delivery still wants it, and complete it with what came of that."""
        if entry.outcome:
            return entry.outcome
        outcome: Outcome
        if observed.encryption.fulfils(entry.intended):
            outcome = Applied(after=observed.encryption, at=self.services.clock.now())
        elif intended is not None and observed.encryption.satisfies(entry.before):
            outcome = self._remediate(entry)
        else:
            outcome = _newer(observed.encryption)
        self.services.ledger.close(replace(entry, outcome=outcome), self.services.clock.now())
        return outcome

    def _remediate(self, entry: BucketEntry) -> Outcome:
        try:
            self.services.buckets.put_encryption(entry.resource.bucket, entry.intended)
            found = self._read_back(entry)
        except RefusalError as refusal:
            return outcome_of_refusal(refusal)
        if found.fulfils(entry.intended):
            return Applied(after=found, at=self.services.clock.now())
        if found.satisfies(entry.before):
            raise TransientError(
                f"S3 still shows the old encryption of {entry.resource.bucket} after the write"
            )
        return _newer(found)

    def _read_back(self, entry: BucketEntry) -> BucketEncryption:
        """Read until S3 shows something else than what was before the write."""
        found = self.services.buckets.read_encryption(entry.resource.bucket)
        for pause in _READ_BACK_PAUSES:
            if not found.satisfies(entry.before):
                break
            self.services.clock.sleep(pause)
            found = self.services.buckets.read_encryption(entry.resource.bucket)
        return found

    # --- 6 report ------------------------------------------------------------------------------

    def _handled(
        self,
        call: BucketCall,
        observed: ObservedBucket,
        decisions: Decisions,
        entry: BucketEntry | None,
        outcome: Outcome | None,
    ) -> Handled:
        """What was written is told as it was decided when it was written.

        A remediation that only this delivery decided, beside an entry already closed, is not told:
        it was not made, and the change that calls for it has an event of its own.
        """
        before = observed.encryption
        if entry and not isinstance(outcome, Skipped):
            unwritten = enforced_remediations(self.policy, decisions)
            decisions = {c: d for c, d in decisions.items() if c not in unwritten} | dict(entry.violations)
            before = entry.before
        findings = findings_of(self.policy, call, before, decisions, outcome)
        return Handled(call=call, decisions=decisions, outcome=outcome, findings=findings)

    def _unread(self, call: BucketCall, outcome: Skipped | Failed) -> Handled:
        findings = (
            (refusal_finding(self.policy, call, BUCKET_CHECKS[0].id, outcome),)
            if isinstance(outcome, Failed)
            else ()
        )
        return Handled(call=call, decisions={}, outcome=outcome, findings=findings)

    def _report(self, handled: Handled) -> Handled:
        handled = self._with_owner(self._once_a_day(handled))
        told = [f for f in handled.findings if not (handled.suppressed and f.status is Status.FAILED)]
        if told:
            self.services.topic.publish(message_of(told))
        self.services.telemetry.record(handled)
        return handled

    def _with_owner(self, handled: Handled) -> Handled:
        """Say whose code the bucket comes from: there the violation can be put right for good."""
        if not handled.findings or not handled.decisions:
            return handled
        owner = owner_of(handled.call.bucket, self.services.buckets.read_tags(handled.call.bucket))
        return replace(handled, findings=tuple(replace(f, owner=owner) for f in handled.findings))

    def _once_a_day(self, handled: Handled) -> Handled:
        """A denied action is told once per bucket and day; the log and the metrics have every event."""
        call, outcome = handled.call, handled.outcome
        if not isinstance(outcome, Failed) or outcome.denied_action is None:
            return handled
        first = self.services.ledger.first_refusal_today(
            call.bucket, outcome.denied_action, call.event_id, self.services.clock.now()
        )
        return replace(handled, suppressed=not first)


def _entry_id(call: BucketCall) -> str:
    return f"{call.bucket}#{call.event_id}"


def _newer(found: BucketEncryption) -> Skipped:
    reason = f"what was decided no longer holds: the bucket or its key has changed since, to {found.in_words}"
    return Skipped(cause=SkipCause.NEWER, reason=reason)


def _exempted(call: BucketCall, exempt: Exempt) -> Handled:
    decisions = {check.id: exempt for check in BUCKET_CHECKS}
    return Handled(call=call, decisions=decisions, outcome=None, findings=())


def _foreign_bucket(call: BucketCall) -> Skipped:
    return Skipped(cause=SkipCause.ELSEWHERE, reason=f"the bucket belongs to account {call.owner}")
