"""Steps 2 and 3 for one bucket: read it, then run the checks and the guards."""

from __future__ import annotations

from dataclasses import dataclass

from reseal.core.access.key_policy import KeyPolicy
from reseal.core.calls.bucket_call import BucketCall
from reseal.core.checks.catalogue import Decisions, decide_bucket
from reseal.core.checks.key_access import ACCESS_CALLS, CLOSING_CALLS, KEY_ACCESS
from reseal.core.checks.observed_bucket import ObservedBucket
from reseal.core.guards.buckets import any_moves_to_remediation_key, guard_access, guard_remediation_key
from reseal.core.guards.encryption_context import (
    Contexts,
    key_of_new_bucket_key,
    unless_bound_to_context,
)
from reseal.core.policy.policy import Mode, Policy
from reseal.core.state.kms_key import KmsKey, parse_key_reference
from reseal.ports import Services


@dataclass(frozen=True, slots=True, kw_only=True)
class Observer:
    """Reads and judges buckets. Raises RefusalError and TransientError."""

    policy: Policy
    services: Services

    def observe(self, call: BucketCall) -> ObservedBucket:
        """The bucket now, with the KMS key and the bucket access if the checks need them."""
        encryption = self.services.buckets.read_encryption(call.bucket)
        if encryption.key_id is None:
            return ObservedBucket(encryption=encryption)
        reference = parse_key_reference(encryption.key_id)
        if not self.policy.must_describe(reference):
            return ObservedBucket(encryption=encryption)
        key = self.services.keys.describe(encryption.key_id)
        opens = call.name in ACCESS_CALLS and self.policy.mode_of(KEY_ACCESS) is not Mode.OFF
        if not isinstance(key, KmsKey) or not (opens or reference.depends_on_caller):
            return ObservedBucket(encryption=encryption, kms_key=key)
        return ObservedBucket(
            encryption=encryption,
            kms_key=key,
            access=self.services.buckets.read_access(call.bucket, fresh=opens),
            key_policy=self._key_policy(key.arn) if opens else None,
        )

    def decide(self, call: BucketCall, observed: ObservedBucket) -> Decisions:
        """Run the checks, then the two guards on remediations that set the remediation key."""
        decisions = decide_bucket(self.policy, call, observed)
        if any_moves_to_remediation_key(decisions):
            key = self.services.keys.describe(self.policy.remediation_key)
            decisions = guard_remediation_key(self.policy, decisions, key)
        key_policy = None
        if any_moves_to_remediation_key(decisions):
            access = self.services.buckets.read_access(call.bucket, fresh=_changes_access(call))
            key_policy = self._key_policy(self.policy.remediation_key)
            asks_own_callers = not self.policy.callers_may_use_key
            decisions = guard_access(
                decisions, observed, access, key_policy, asks_own_callers=asks_own_callers
            )
        return self._guard_contexts(call, observed, decisions, key_policy)

    def _guard_contexts(
        self, call: BucketCall, observed: ObservedBucket, decisions: Decisions, known: KeyPolicy | None
    ) -> Decisions:
        """Keep a Bucket Key from callers that the key's policy would then refuse; `known` was just read."""
        contexts = Contexts(bucket=call.bucket, bucket_key=True)
        for check in decisions:  # the move to another key first, then the Bucket Key
            key_arn = key_of_new_bucket_key(self.policy, check, decisions, observed)
            if key_arn:
                key = known if known and known.key_arn == key_arn else self._key_policy(key_arn)
                guarded = unless_bound_to_context(decisions[check], key, contexts)
                decisions = {**decisions, check: guarded}
        return decisions

    def has_to_read(self, call: BucketCall) -> bool:
        """Whether the guard must make four or five reads, during which the bucket can change."""
        return _changes_access(call) or not self.services.buckets.knows_access(call.bucket)

    def _key_policy(self, key_arn: str) -> KeyPolicy:
        return KeyPolicy.of(self.policy, key_arn, self.services.keys.read_policy(key_arn))


def _changes_access(call: BucketCall) -> bool:
    return call.name in ACCESS_CALLS | CLOSING_CALLS
