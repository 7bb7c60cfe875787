"""Steps 2 and 3 for one bucket: read it, and guard what the checks decided."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache

from reseal.core.access.iam_policy import statements
from reseal.core.access.key_policy import KeyPolicy
from reseal.core.calls.trigger import BucketTrigger
from reseal.core.checks.buckets.key_access import KEY_ACCESS, may_grant_access, may_hand_on_copies
from reseal.core.checks.buckets.observed_bucket import ObservedBucket, ObservedPolicy
from reseal.core.checks.buckets.tls_check import judges_policy
from reseal.core.checks.catalogue import Decisions
from reseal.core.errors import AccessDeniedError, RefusalError
from reseal.core.guards.guarded import Guarded, Reads
from reseal.core.guards.guards import guard
from reseal.core.outcome import Failed
from reseal.core.policy.requirements import Mode, Requirements
from reseal.core.refusal import denied
from reseal.core.state.bucket_access import BucketAccess
from reseal.core.state.bucket_encryption import BucketEncryption, SseAlgorithm
from reseal.core.state.kms_key import KmsKey
from reseal.ports import Services
from reseal.resources.bucket_policy.observe import PolicyObserver
from reseal.resources.kms_keys import describe_for_record, describe_if_it_matters, read_key_policy


@dataclass(frozen=True, slots=True, kw_only=True)
class Observer:
    """Reads buckets and runs the guards. Raises RefusalError and TransientError."""

    requirements: Requirements
    services: Services

    def observe(self, call: BucketTrigger) -> ObservedBucket:
        """The bucket now, with the KMS key and the bucket access if the checks need them.

        A refusal of what is read after the encryption does not lose what the encryption shows.
        """
        read_at = self.services.clock.now()
        encryption = self.services.buckets.read_encryption(call.resource.bucket)
        seen = ObservedBucket(read_at=read_at, encryption=encryption, policy=self._policy(call))
        try:
            key = describe_if_it_matters(self.requirements, self.services.keys, encryption.key_id)
            seen = replace(seen, kms_key=key, created=self._created(call, encryption))
            return self._with_access(call, seen)
        except RefusalError as refusal:
            return replace(seen, refused=refusal)

    def _with_access(self, call: BucketTrigger, seen: ObservedBucket) -> ObservedBucket:
        key = seen.kms_key
        is_under_key = isinstance(key, KmsKey)
        opens = may_grant_access(call) and self.requirements.mode_of(KEY_ACCESS) is not Mode.OFF
        needs_access = (opens and (is_under_key or may_hand_on_copies(call))) or (
            is_under_key and seen.is_named_by_writers
        )
        return replace(
            seen,
            access=self._read_access(call, seen) if needs_access else None,
            key_policy=self._key_policy(key.arn) if isinstance(key, KmsKey) and opens else None,
        )

    def observe_briefly(self, look: BucketTrigger) -> tuple[ObservedBucket, bool]:
        """The bucket by its encryption and policy alone, and whether it must be observed in full.

        It must if its policy allows anybody anything, or if its key depends on who writes. Its ACL, website
        and replication rules are not read: the calls that set them are events.
        """
        read_at = self.services.clock.now()
        encryption = self.services.buckets.read_encryption(look.resource.bucket)
        judged = self._policy_observer.observe(look) if judges_policy(self.requirements, look) else None
        policy = judged.policy if judged else self.services.buckets.read_policy(look.resource.bucket)
        key = describe_if_it_matters(self.requirements, self.services.keys, encryption.key_id)
        observed = ObservedBucket(read_at=read_at, encryption=encryption, kms_key=key, policy=judged)
        opens = policy.is_malformed or any(statements(policy.document or {}, "Allow"))
        return observed, observed.is_named_by_writers or opens

    def _policy(self, call: BucketTrigger) -> ObservedPolicy | Failed | None:
        """The bucket policy, if the TLS check judges it. The others judge even if that read is denied."""
        if not judges_policy(self.requirements, call):
            return None
        try:
            return self._policy_observer.observe(call)
        except AccessDeniedError as refusal:
            return denied(refusal)

    def _read_access(self, call: BucketTrigger, seen: ObservedBucket) -> BucketAccess:
        """Who has access now. A policy that was just read is not read again."""
        policy = seen.policy.policy if isinstance(seen.policy, ObservedPolicy) else None
        return self.services.buckets.read_access(call.resource.bucket, policy)

    def _created(self, call: BucketTrigger, encryption: BucketEncryption) -> datetime | None:
        """When the bucket was created; None if that does not matter or is not known."""
        if call.name != "CreateBucket" or encryption.algorithm != SseAlgorithm.SSE_S3:
            return None
        return self.services.buckets.read_created(call.resource.bucket)

    def with_key(self, encryption: BucketEncryption) -> ObservedBucket:
        """A bucket with this encryption, and its key as KMS describes it. Raises TransientError."""
        key = describe_for_record(self.requirements, self.services.keys, encryption.key_id)
        return ObservedBucket(read_at=self.services.clock.now(), encryption=encryption, kms_key=key)

    def guard(self, call: BucketTrigger, observed: ObservedBucket, decisions: Decisions) -> Decisions:
        """Run the guards.

        Their reads are made now: PutBucketEncryption takes no condition, so what allows the write must be
        true when it is made.
        """
        guarded = Guarded.bucket(call.resource, observed)
        return guard(self.requirements, guarded, self._reads(call, observed), decisions)

    def _reads(self, call: BucketTrigger, observed: ObservedBucket) -> Reads:
        services, remediation_key = self.services, self.requirements.remediation_key
        access = cache(lambda: observed.access or self._read_access(call, observed))
        return Reads(
            remediation_key=cache(lambda: services.keys.describe(remediation_key, max_age=0)),
            access=access,
            key_policy=cache(self._key_policy),
            transit=lambda: self._policy_observer.facts(call, access()),
        )

    @property
    def _policy_observer(self) -> PolicyObserver:
        return PolicyObserver(requirements=self.requirements, services=self.services)

    def _key_policy(self, key_arn: str) -> KeyPolicy:
        return read_key_policy(self.requirements, self.services.keys, key_arn, max_age=0)
