"""Steps 2 and 3 for one bucket: read it, then run the checks and the guards."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from reseal.core.access.key_policy import KeyPolicy
from reseal.core.calls.bucket_call import BucketCall
from reseal.core.checks.catalogue import Decisions, decisions_of
from reseal.core.checks.key_access import ACCESS_CALLS, KEY_ACCESS, REPLICATES
from reseal.core.checks.observed_bucket import ObservedBucket
from reseal.core.guards.guarded import Guarded, Reads
from reseal.core.guards.guards import guard
from reseal.core.policy.requirements import Mode, Requirements
from reseal.core.state.bucket_encryption import BucketEncryption
from reseal.core.state.kms_key import KeyDescription, KmsKey, parse_key_reference
from reseal.ports import Services


@dataclass(frozen=True, slots=True, kw_only=True)
class Observer:
    """Reads and judges buckets. Raises RefusalError and TransientError."""

    requirements: Requirements
    services: Services

    def observe(self, call: BucketCall) -> ObservedBucket:
        """The bucket now, with the KMS key and the bucket access if the checks need them."""
        encryption = self.services.buckets.read_encryption(call.bucket)
        key = self._key_of(encryption)
        is_under_key = isinstance(key, KmsKey)
        opens = call.name in ACCESS_CALLS and self.requirements.mode_of(KEY_ACCESS) is not Mode.OFF
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
        if encryption.key_id is None or not self.requirements.must_describe(
            parse_key_reference(encryption.key_id)
        ):
            return None
        return self.services.keys.describe(encryption.key_id)

    def decide(self, call: BucketCall, observed: ObservedBucket) -> Decisions:
        """Run the checks, then the guards.

        The guards' reads are made now: PutBucketEncryption takes no condition, so what allows the write must
        be true when it is made.
        """
        decisions = decisions_of(self.requirements, call, observed)
        guarded = Guarded.bucket(call.resource, observed)
        return guard(self.requirements, guarded, self._reads(call, observed), decisions)

    def _reads(self, call: BucketCall, observed: ObservedBucket) -> Reads:
        services, remediation_key = self.services, self.requirements.remediation_key
        return Reads(
            remediation_key=cache(lambda: services.keys.describe(remediation_key, max_age=0)),
            access=cache(lambda: observed.access or services.buckets.read_access(call.bucket)),
            key_policy=cache(self._key_policy),
        )

    def _key_policy(self, key_arn: str) -> KeyPolicy:
        return KeyPolicy.of(self.requirements, key_arn, self.services.keys.read_policy(key_arn, max_age=0))
