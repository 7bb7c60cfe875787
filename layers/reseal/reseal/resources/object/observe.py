"""Steps 2 and 3 for one object: read it, judge it, and choose a safe method of re-encrypting it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache

from reseal.core.calls.attribution import is_as_young, is_of_another, may_be_of_another
from reseal.core.calls.look import Look
from reseal.core.calls.object_call import ObjectCall
from reseal.core.calls.trigger import ObjectTrigger
from reseal.core.checks.catalogue import Decisions, decisions_of
from reseal.core.checks.object_encryption import OBJECT_ENCRYPTION, ObservedEncryption, can_have_written
from reseal.core.decision import Decision, Manual, Remediate, Violation, encryption_change_of
from reseal.core.errors import AccessDeniedError, CustomerKeyError, NotFoundError
from reseal.core.guards.guarded import Guarded, Reads
from reseal.core.guards.guards import guard
from reseal.core.outcome import Skipped
from reseal.core.policy.requirements import Requirements
from reseal.core.refusal import written_again
from reseal.core.repairs.objects.method import Method, Methods, choose_method, unreadable_context
from reseal.core.resource import ObjectResource
from reseal.core.state.bucket_encryption import SSE_C
from reseal.core.state.change import intended_for
from reseal.core.state.object_encryption import CUSTOMER_KEY, ObjectEncryption
from reseal.core.state.s3_object import BucketContext, Found, Listed, ObservedObject, Original
from reseal.core.state.setting import Setting, State
from reseal.flow.stages import Planned
from reseal.ports import ObjectServices, Services
from reseal.resources.kms_keys import describe_for_record, describe_if_it_matters, read_key_policy
from reseal.resources.object.plan import ObjectPlan

_MAX_AGE = 5.0
"""How many seconds old an answer about the remediation key may be: the objects of a batch share it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UnderCustomerKey:
    """An object under SSE-C: S3 does not describe it without the writer's key, but may list it."""

    listed: Listed | None

    @property
    def settings(self) -> Mapping[str, State]:
        """The state of each setting that the check judges."""
        return {Setting.OBJECT_ENCRYPTION: CUSTOMER_KEY}


ObjectFound = Found | UnderCustomerKey


@dataclass(frozen=True, slots=True, kw_only=True)
class Observer:
    """Reads and judges objects, and chooses a method. Raises RefusalError and TransientError."""

    requirements: Requirements
    methods: Methods
    services: Services
    objects: ObjectServices

    def observe(self, call: ObjectTrigger) -> tuple[ObjectTrigger, ObjectFound]:
        """The object now, and the call with the key and version that S3 names."""
        named, head = self._read(call)
        if head is None:
            return named, UnderCustomerKey(listed=self._listed(named))
        there = ObjectResource(bucket=head.bucket, object_key=head.object_key, version_id=head.version_id)
        return named.at(there), self._with_key(head)

    def decide(self, call: ObjectTrigger, found: ObjectFound) -> Decisions | Skipped:
        """The decision; Skipped if another call wrote the object that is there and it violates the check."""
        if isinstance(found, UnderCustomerKey):
            judged, listed = ObservedEncryption(encryption=CUSTOMER_KEY), found.listed
        else:
            judged = ObservedEncryption(encryption=found.head.encryption, kms_key=found.kms_key)
            listed = found.head.listed
        decisions = decisions_of(self.requirements, call, judged)
        violated = any(isinstance(decision, Violation) for decision in decisions.values())
        another = bool(listed and is_of_another(call, listed)) or not can_have_written(
            call, judged.encryption
        )
        return written_again("object") if violated and another else decisions

    def by_record(self, call: ObjectTrigger, found: ObjectFound | None) -> Decisions:
        """The decision about what the call wrote, by its record; none if the object is still as written."""
        if isinstance(call, Look) or call.stated.algorithm is None:
            return {}
        written = ObjectEncryption(algorithm=call.stated.algorithm, key_id=call.stated.key_id)
        if found and can_have_written(call, _encryption_of(found)):
            return {}
        key = describe_for_record(self.requirements, self.services.keys, _key_id(written))
        return decisions_of(self.requirements, call, ObservedEncryption(encryption=written, kms_key=key))

    def plan(self, call: ObjectTrigger, found: ObjectFound, decisions: Decisions) -> Planned[ObjectPlan]:
        """The decision after the guards, with a plan if a safe method exists."""
        remediate = decisions[OBJECT_ENCRYPTION]
        if not isinstance(remediate, Remediate) or isinstance(found, UnderCustomerKey):
            return Planned(decisions=decisions)
        planned = self._plan(call, found, remediate)
        if not isinstance(planned, ObjectPlan):
            return Planned(decisions={OBJECT_ENCRYPTION: planned})
        plans = {Setting.OBJECT_ENCRYPTION.value: planned}
        if self.requirements.enforces(OBJECT_ENCRYPTION):
            return Planned(decisions=decisions, plans=plans)
        return Planned(decisions=decisions, detected=plans)

    def in_place(self, plan: ObjectPlan) -> ObjectPlan:
        """The plan, with a change in place if that is possible."""
        methods = replace(self.methods, prefers_in_place=True)
        method = choose_method(self.requirements, methods, plan.original, plan.bucket_context, plan.intended)
        return replace(plan, method=method) if isinstance(method, Method) else plan

    # --- 2 observe -----------------------------------------------------------------------------

    def _read(self, call: ObjectTrigger) -> tuple[ObjectTrigger, ObservedObject | None]:
        """Read the object by its key in the record or, if not found, by the URL-decoded key (A25).

        Returns the call with the key that exists. The object is None if it is under SSE-C. An object with
        the decoded key that is older than the call is another one.
        """
        try:
            return call, self._head(call.resource)
        except NotFoundError:
            if isinstance(call, Look) or call.unquoted_key is None:
                raise
            unquoted = replace(call, object_key=call.unquoted_key)
            head = self._head(unquoted.resource)
            if not self._can_be_written_by(unquoted, head):
                raise
            return unquoted, head

    def _can_be_written_by(self, call: ObjectCall, head: ObservedObject | None) -> bool:
        """If the age of an SSE-C object is unknown, the record is evidence enough: nothing is written."""
        listed = head.listed if head else self._listed(call)
        if listed is None:
            return not may_be_of_another(call) or call.stated.algorithm == SSE_C
        return is_as_young(call, listed)

    def _head(self, resource: ObjectResource) -> ObservedObject | None:
        try:
            head = self.objects.objects.read(resource.bucket, resource.object_key, resource.version_id)
        except CustomerKeyError:
            return None
        return replace(head, lock=head.lock.as_of(self.services.clock.now()))

    def _with_key(self, head: ObservedObject) -> Found:
        key_id = _key_id(head.encryption)
        return Found(head=head, kms_key=describe_if_it_matters(self.requirements, self.services.keys, key_id))

    # --- 3 decide ------------------------------------------------------------------------------

    def _listed(self, call: ObjectTrigger) -> Listed | None:
        """The listed object, or None. A denied ListBucket must not suppress an SSE-C finding."""
        if not may_be_of_another(call):
            return None
        try:
            return self.objects.objects.read_listed(call.resource.bucket, call.resource.object_key)
        except AccessDeniedError:
            return None

    def _plan(self, call: ObjectTrigger, found: Found, remediate: Remediate) -> ObjectPlan | Decision:
        """The plan, or a manual decision if no repair is safe."""
        bucket_context = self.services.buckets.read_context(found.head.bucket)
        original = self._original(found.head, call, bucket_context)
        guarded = Guarded.object(found, original, bucket_context)
        decisions = {OBJECT_ENCRYPTION: remediate}
        decision = guard(self.requirements, guarded, self._reads(bucket_context), decisions)[
            OBJECT_ENCRYPTION
        ]
        change = encryption_change_of(decision)
        if change is None:
            return decision
        intended = intended_for(found.head.encryption, change, bucket_context)
        method = unreadable_context(original) or choose_method(
            self.requirements, self.methods, original, bucket_context, intended
        )
        if not isinstance(method, Method):
            return _manual(remediate, method, found.head)
        return ObjectPlan(original=original, bucket_context=bucket_context, method=method, intended=intended)

    def _original(self, head: ObservedObject, call: ObjectTrigger, bucket_context: BucketContext) -> Original:
        objects = self.objects.objects
        in_parts, uses_kms = head.size > self.methods.largest_copy, head.encryption.uses_kms
        return Original(
            head=head,
            acl=objects.read_acl(head) if bucket_context.has_acls else None,
            tags=objects.read_tags(head) if in_parts and head.tag_count else {},
            annotated=in_parts and objects.has_annotations(head),
            context=None if isinstance(call, Look) or not uses_kms else call.stated.context,
            context_is_unknown=isinstance(call, Look) and uses_kms,
        )

    def _reads(self, bucket_context: BucketContext) -> Reads:
        required, keys = self.requirements, self.services.keys
        return Reads(
            remediation_key=cache(lambda: keys.describe(required.remediation_key, max_age=_MAX_AGE)),
            access=lambda: bucket_context.access,
            key_policy=cache(lambda arn: read_key_policy(required, keys, arn, max_age=_MAX_AGE)),
        )


def _manual(remediate: Remediate, why: str, head: ObservedObject) -> Manual:
    locked_by = head.lock.in_words
    first = f"remove {locked_by}, or wait until it ends; then " if locked_by else ""
    again = "write the object again under the required encryption, then delete the old version"
    return Manual(
        severity=remediate.severity,
        reason=f"{remediate.reason}; not remediated: {why}",
        recommendation=first + again,
    )


def _key_id(encryption: ObjectEncryption) -> str | None:
    return encryption.key_id if encryption.uses_kms else None


def _encryption_of(found: ObjectFound) -> ObjectEncryption:
    return CUSTOMER_KEY if isinstance(found, UnderCustomerKey) else found.head.encryption
