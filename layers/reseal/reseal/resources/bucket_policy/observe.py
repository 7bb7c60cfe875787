"""Steps 2 and 3 for one bucket policy: read it, who uses its bucket, and whose policy Reseal overwrote."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

from reseal.core.calls.bucket_call import BucketCall
from reseal.core.calls.look import Look
from reseal.core.calls.trigger import BucketTrigger
from reseal.core.checks.buckets.observed_bucket import ObservedPolicy
from reseal.core.checks.buckets.tls_check import TLS_ONLY
from reseal.core.checks.buckets.tls_only import depends_on_facts
from reseal.core.decision import Manual
from reseal.core.findings.ownership import owner_of
from reseal.core.policy.requirements import Requirements
from reseal.core.repairs.policy_writes import writes_of
from reseal.core.state.bucket_access import BucketAccess
from reseal.core.state.bucket_policy import BucketPolicy
from reseal.core.state.deny_insecure_transport import DenyInsecureTransport
from reseal.core.transit.facts import TransitFacts
from reseal.core.transit.lost_update import PolicyCall, PolicyWrite, overwritten
from reseal.core.transit.noted import INFRASTRUCTURE_AS_CODE, NotedBucket
from reseal.ports import Services

_BEFORE_ITS_RECORD = timedelta(minutes=1)
"""How long before the time in its CreateBucket record a bucket can have been created. An assumption."""

_MAY_CREATE_AGAIN = "us-east-1"
"""Only here a second CreateBucket by the owner succeeds (S3 API Reference, CreateBucket)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyObserver:
    """Reads bucket policies. Raises RefusalError and TransientError."""

    requirements: Requirements
    services: Services

    def observe(self, call: BucketTrigger) -> ObservedPolicy:
        """The policy now, in one call. More are made only if the decision depends on who uses the bucket.

        Also if the call set another policy than the present one: Reseal may have overwritten it.
        """
        read_at = self.services.clock.now()
        policy = self.services.buckets.read_policy(call.resource.bucket)
        needed = depends_on_facts(policy, call.resource.arn(self.requirements.partition))
        return ObservedPolicy(
            read_at=read_at,
            policy=policy,
            facts=self.facts(call, self.read_access(call, policy)) if needed else None,
            overwritten=self._overwritten(call, policy),
        )

    def read_access(self, call: BucketTrigger, policy: BucketPolicy) -> BucketAccess:
        """Who has access to the bucket with this policy."""
        return self.services.buckets.read_access(call.resource.bucket, policy)

    def facts(self, call: BucketTrigger, access: BucketAccess) -> TransitFacts:
        """Who uses the bucket, and who manages it."""
        services, bucket = self.services, call.resource.bucket
        tags = services.buckets.read_tags(bucket)
        owner = owner_of(bucket, tags or {})
        noted = self._noted(call)
        return TransitFacts(
            access=access,
            tool=owner.tool if owner else noted.manager,
            stack=owner.stack if owner else None,
            tags_are_known=tags is not None,
            creator=noted.creator,
            must_know_creator=isinstance(call, Look),
            plain_http=noted.plain_http(services.clock.now()),
        )

    def _noted(self, call: BucketTrigger) -> NotedBucket:
        """What was noted of the bucket; first this call's tool is noted."""
        notes, bucket = self.services.bucket_notes, call.resource.bucket
        if isinstance(call, BucketCall):
            tool = call.actor.tool
            creator = tool if call.name == "CreateBucket" and self._created_it(call) else None
            manager = tool if tool in INFRASTRUCTURE_AS_CODE else None
            if creator or manager:
                return notes.note_tool(bucket, creator=creator, manager=manager)
        return notes.read(bucket)

    def _created_it(self, call: BucketCall) -> bool:
        if self.requirements.region != _MAY_CREATE_AGAIN:
            return True
        created = self.services.buckets.read_created(call.bucket)
        return created is not None and call.time - created <= _BEFORE_ITS_RECORD

    def _overwritten(self, call: BucketTrigger, present: BucketPolicy) -> Manual | None:
        """The finding about the policy that this call set, if a write of Reseal's may have overwritten it.

        What the call set is there now, or Reseal can have written the policy: else nothing is read.
        """
        if isinstance(call, Look) or call.name not in ("PutBucketPolicy", "DeleteBucketPolicy"):
            return None
        change = DenyInsecureTransport(bucket_arn=call.resource.arn(self.requirements.partition))
        may_have_written = self.requirements.enforces(TLS_ONLY) or change.is_in(present)
        if not may_have_written or (call.policy is not None and call.policy.equals(present)):
            return None
        theirs = PolicyCall(who=call.actor.who, event_id=call.event_id, time=call.time, policy=call.policy)
        found = (overwritten(write, theirs, present) for write in self._writes(call, change))
        return next((one for one in found if one), None)

    def _writes(self, call: BucketCall, change: DenyInsecureTransport) -> Iterator[PolicyWrite]:
        noted = self.services.policy_writes.read_around(call.bucket, call.time)
        entries = self.services.ledger.read_all([one.entry_id for one in noted]) if noted else {}
        return writes_of(noted, entries, change)
