"""Steps 2 and 3 for one bucket: read it, then run the checks and the guards."""

from __future__ import annotations

from dataclasses import dataclass

from reseal.core.access.key_policy import KeyPolicy
from reseal.core.calls.bucket_call import BucketCall
from reseal.core.checks.catalogue import Decisions, decide_bucket
from reseal.core.checks.key_access import ACCESS_CALLS, KEY_ACCESS, REPLICATES
from reseal.core.checks.observed_bucket import ObservedBucket
from reseal.core.guards.buckets import (
    any_moves_to_remediation_key,
    any_raise,
    guard_access,
    guard_own_writes,
    guard_raise,
    guard_remediation_key,
)
from reseal.core.guards.encryption_context import (
    Contexts,
    new_context,
    unless_bound_to_context,
)
from reseal.core.policy.policy import Mode, Policy
from reseal.core.state.bucket_encryption import BucketEncryption
from reseal.core.state.kms_key import KeyDescription, KmsKey, parse_key_reference
from reseal.ports import Services


@dataclass(frozen=True, slots=True, kw_only=True)
class Observer:
    """Reads and judges buckets. Raises RefusalError and TransientError."""

    policy: Policy
    services: Services

    def observe(self, call: BucketCall) -> ObservedBucket:
        """The bucket now, with the KMS key and the bucket access if the checks need them."""
        encryption = self.services.buckets.read_encryption(call.bucket)
        key = self._key_of(encryption)
        is_under_key = isinstance(key, KmsKey)
        opens = call.name in ACCESS_CALLS and self.policy.mode_of(KEY_ACCESS) is not Mode.OFF
        needs_access = (opens and (is_under_key or call.name == REPLICATES)) or (
            is_under_key and parse_key_reference(encryption.key_id or "").depends_on_caller
        )
        return ObservedBucket(
            encryption=encryption,
            kms_key=key,
            access=self.services.buckets.read_access(call.bucket) if needs_access else None,
            key_policy=self._key_policy(key.arn) if isinstance(key, KmsKey) and opens else None,
        )

    def _key_of(self, encryption: BucketEncryption) -> KeyDescription | None:
        """What KMS says of the bucket's key; None if the bucket names none or the answer does not matter."""
        if encryption.key_id is None or not self.policy.must_describe(parse_key_reference(encryption.key_id)):
            return None
        return self.services.keys.describe(encryption.key_id)

    def decide(self, call: BucketCall, observed: ObservedBucket) -> Decisions:
        """Run the checks, then the guards.

        The guards' reads are made now: PutBucketEncryption takes no condition, so what allows the write must
        be true when it is made.
        """
        decisions = decide_bucket(self.policy, call, observed)
        if any_moves_to_remediation_key(decisions):
            key = self.services.keys.describe(self.policy.remediation_key, max_age=0)
            decisions = guard_remediation_key(self.policy, decisions, key)
        key_policy = None
        moves = any_moves_to_remediation_key(decisions)
        if moves or any_raise(decisions):
            access = observed.access or self.services.buckets.read_access(call.bucket)
            if moves:
                key_policy = self._key_policy(self.policy.remediation_key)
                asks_own_callers = not self.policy.callers_may_use_key
                decisions = guard_access(
                    decisions, observed, access, key_policy, asks_own_callers=asks_own_callers
                )
            decisions = guard_raise(self.policy, decisions, observed, access)
            decisions = guard_own_writes(self.policy, decisions, call.resource, observed, access)
        return self._guard_contexts(call, observed, decisions, key_policy)

    def _guard_contexts(
        self, call: BucketCall, observed: ObservedBucket, decisions: Decisions, known: KeyPolicy | None
    ) -> Decisions:
        """Keep a context from callers that the key's policy would then refuse; `known` was just read."""
        for check in decisions:  # the move to another key first, then the Bucket Key
            new = new_context(self.policy, check, decisions, observed)
            if new:
                key = known if known and known.key_arn == new.key_arn else self._key_policy(new.key_arn)
                contexts = Contexts(bucket=call.bucket, bucket_key=new.bucket_key)
                guarded = unless_bound_to_context(decisions[check], key, contexts)
                decisions = {**decisions, check: guarded}
        return decisions

    def _key_policy(self, key_arn: str) -> KeyPolicy:
        return KeyPolicy.of(self.policy, key_arn, self.services.keys.read_policy(key_arn, max_age=0))
