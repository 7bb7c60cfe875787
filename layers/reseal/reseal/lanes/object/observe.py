"""Steps 2 and 3 for one object: read it, judge it, and choose a safe method of re-encrypting it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache

from reseal.core.access.key_policy import KeyPolicy
from reseal.core.calls.attribution import is_as_young, is_of_another, may_be_of_another
from reseal.core.calls.object_call import ObjectCall
from reseal.core.checks.catalogue import decisions_of
from reseal.core.checks.object_encryption import OBJECT_ENCRYPTION, ObservedEncryption
from reseal.core.decision import CHECK_IS_OFF, Decision, Manual, Remediate, Violation, encryption_change_of
from reseal.core.errors import AccessDeniedError, CustomerKeyError, NotFoundError, RefusalError
from reseal.core.guards.guarded import Guarded, Reads
from reseal.core.guards.guards import guard
from reseal.core.policy.exemptions import exempt_call, skipped_call
from reseal.core.policy.policy import Policy
from reseal.core.policy.requirements import Mode, Requirements
from reseal.core.refusal import outcome_of_refusal, written_again
from reseal.core.repairs.objects.method import Method, Methods, choose_method, unreadable_context
from reseal.core.state.bucket_encryption import SSE_C
from reseal.core.state.change import intended_for
from reseal.core.state.kms_key import parse_key_reference
from reseal.core.state.object_encryption import CUSTOMER_KEY
from reseal.core.state.s3_object import BucketContext, Found, Listed, ObservedObject, Original
from reseal.lanes.object.task import Plan, Task
from reseal.ports import ObjectServices, Services

_MAX_AGE = 5.0
"""How many seconds old an answer about the remediation key may be: the objects of a batch share it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Observer:
    """Reads and judges objects. Raises TransientError; a refusal is an outcome."""

    policy: Policy
    methods: Methods
    services: Services
    objects: ObjectServices

    def judge(self, task: Task) -> Task:
        """The task with the object found and the decision, or with the outcome if it could not be judged."""
        call, requirements = task.call, self.required(task)
        if requirements.mode_of(OBJECT_ENCRYPTION) is Mode.OFF:  # queued before it was turned off
            return replace(task, decision=CHECK_IS_OFF)
        if skipped := skipped_call(requirements, call):
            return replace(task, outcome=skipped)
        if exempt := exempt_call(requirements, call):
            return replace(task, decision=exempt)
        try:
            named, head = self._read(call)  # 2 observe
            if head is None:
                return self._under_customer_key(replace(task, call=named))
            return self._judge_found(task, self._with_key(requirements, head))
        except RefusalError as refusal:
            return replace(task, outcome=outcome_of_refusal(refusal, "object"))

    def required(self, task: Task) -> Requirements:
        """What is required of the task's object."""
        return self.policy.for_(task.call.resource)

    def in_place(self, task: Task) -> Plan | None:
        """The task's plan, with a change in place if that is possible."""
        if (plan := task.plan) is None:
            return None
        methods = replace(self.methods, prefers_in_place=True)
        method = choose_method(
            self.required(task), methods, plan.original, plan.bucket_context, plan.intended
        )
        return replace(plan, method=method) if isinstance(method, Method) else plan

    # --- 2 observe -----------------------------------------------------------------------------

    def _read(self, call: ObjectCall) -> tuple[ObjectCall, ObservedObject | None]:
        """Read the object by its key in the record or, if not found, by the URL-decoded key (A25).

        Returns the call with the key that exists. The object is None if it is under SSE-C. An object with
        the decoded key that is older than the call is another one.
        """
        try:
            return call, self._head(call)
        except NotFoundError:
            if call.unquoted_key is None:
                raise
            unquoted = replace(call, object_key=call.unquoted_key)
            head = self._head(unquoted)
            if not self._can_be_written_by(unquoted, head):
                raise
            return unquoted, head

    def _can_be_written_by(self, call: ObjectCall, head: ObservedObject | None) -> bool:
        """If the age of an SSE-C object is unknown, the record is evidence enough: nothing is written."""
        listed = head.listed if head else self._listed(call)
        if listed is None:
            return not may_be_of_another(call) or call.stated.algorithm == SSE_C
        return is_as_young(call, listed)

    def _head(self, call: ObjectCall) -> ObservedObject | None:
        try:
            head = self.objects.objects.read(call.bucket, call.object_key, call.version_id)
        except CustomerKeyError:
            return None
        return replace(head, lock=head.lock.as_of(self.services.clock.now()))

    def _with_key(self, requirements: Requirements, head: ObservedObject) -> Found:
        key_id = head.encryption.key_id
        if not head.encryption.uses_kms or key_id is None:
            return Found(head=head)
        if not requirements.must_describe(parse_key_reference(key_id)):
            return Found(head=head)
        return Found(head=head, kms_key=self.services.keys.describe(key_id))

    # --- 3 decide ------------------------------------------------------------------------------

    def _decide(self, task: Task, observed: ObservedEncryption) -> Decision:
        return decisions_of(self.required(task), task.call, observed)[OBJECT_ENCRYPTION]

    def _under_customer_key(self, task: Task) -> Task:
        """Judge an SSE-C object. It cannot be read, but its listed time shows if this event wrote it."""
        listed = self._listed(task.call)
        if listed and is_of_another(task.call, listed):
            return replace(task, outcome=written_again("object"))
        decision = self._decide(task, ObservedEncryption(encryption=CUSTOMER_KEY))
        return replace(task, before=CUSTOMER_KEY, decision=decision)

    def _listed(self, call: ObjectCall) -> Listed | None:
        """The listed object, or None. A denied ListBucket must not suppress an SSE-C finding."""
        if not may_be_of_another(call):
            return None
        try:
            return self.objects.objects.read_listed(call.bucket, call.object_key)
        except AccessDeniedError:
            return None

    def _judge_found(self, task: Task, found: Found) -> Task:
        before = found.head.encryption
        decision = self._decide(task, ObservedEncryption(encryption=before, kms_key=found.kms_key))
        task = replace(task, head=found.head, before=before, decision=decision)
        if not isinstance(decision, Violation):
            return task
        if is_of_another(task.call, found.head.listed):
            return replace(task, decision=None, outcome=written_again("object"))
        named = replace(task.call, object_key=found.head.object_key, version_id=found.head.version_id)
        task = replace(task, call=named)  # findings and ledger name the object as S3 does
        return self._with_repair(task, found, decision) if isinstance(decision, Remediate) else task

    def _with_repair(self, task: Task, found: Found, remediate: Remediate) -> Task:
        """The task with a plan, or with a manual decision if no repair is safe."""
        requirements = self.required(task)
        bucket_context = self.services.buckets.read_context(found.head.bucket)
        original = self._original(found.head, task.call, bucket_context)
        guarded = Guarded.object(found, original, bucket_context)
        reads = self._reads(requirements, bucket_context)
        decision = guard(requirements, guarded, reads, {OBJECT_ENCRYPTION: remediate})[OBJECT_ENCRYPTION]
        change = encryption_change_of(decision)
        if change is None:
            return replace(task, decision=decision)
        intended = intended_for(found.head.encryption, change, bucket_context)
        method = unreadable_context(original) or choose_method(
            requirements, self.methods, original, bucket_context, intended
        )
        if isinstance(method, Method):
            plan = Plan(original=original, bucket_context=bucket_context, method=method, intended=intended)
            return replace(task, plan=plan)
        return replace(task, decision=_manual(remediate, method, found.head))

    def _original(self, head: ObservedObject, call: ObjectCall, bucket_context: BucketContext) -> Original:
        objects = self.objects.objects
        in_parts = head.size > self.methods.largest_copy
        return Original(
            head=head,
            acl=objects.read_acl(head) if bucket_context.has_acls else None,
            tags=objects.read_tags(head) if in_parts and head.tag_count else {},
            annotated=in_parts and objects.has_annotations(head),
            context=call.stated.context if head.encryption.uses_kms else None,
        )

    def _reads(self, requirements: Requirements, bucket_context: BucketContext) -> Reads:
        keys, remediation_key = self.services.keys, requirements.remediation_key

        def key_policy(key_arn: str) -> KeyPolicy:
            return KeyPolicy.of(requirements, key_arn, keys.read_policy(key_arn, max_age=_MAX_AGE))

        return Reads(
            remediation_key=cache(lambda: keys.describe(remediation_key, max_age=_MAX_AGE)),
            access=lambda: bucket_context.access,
            key_policy=cache(key_policy),
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
