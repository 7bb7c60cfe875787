"""Steps 2 and 3 for one object: read it, judge it, and find a way of re-encrypting it that does no harm."""

from __future__ import annotations

from dataclasses import dataclass, replace

from reseal.core.access.key_policy import KeyPolicy
from reseal.core.calls.attribution import is_of_another, may_be_of_another
from reseal.core.calls.object_call import ObjectCall
from reseal.core.checks.object_encryption import OBJECT_ENCRYPTION, decide_object_encryption
from reseal.core.decision import CHECK_IS_OFF, Manual, Remediate, Violation
from reseal.core.errors import AccessDeniedError, CustomerKeyError, NotFoundError, RefusalError
from reseal.core.guards.objects import guard_object
from reseal.core.guards.remediation_key import moves_to_remediation_key, unless_unusable
from reseal.core.outcome import SkipCause, Skipped
from reseal.core.policy.exemptions import exempt_call
from reseal.core.policy.policy import Mode, Policy
from reseal.core.refusal import outcome_of_refusal, written_again
from reseal.core.repairs.objects.method import Method, Methods, choose_method, unreadable_context
from reseal.core.state.change import intended_for
from reseal.core.state.kms_key import KeyDescription, parse_key_reference
from reseal.core.state.object_encryption import CUSTOMER_KEY
from reseal.core.state.s3_object import BucketContext, Found, Listed, ObservedObject, Original
from reseal.lanes.object.task import Repair, Task
from reseal.ports import ObjectServices, Services


@dataclass(frozen=True, slots=True, kw_only=True)
class Observer:
    """Reads and judges objects. Raises TransientError; a refusal is an outcome."""

    policy: Policy
    methods: Methods
    exempts_log_deliveries: bool
    services: Services
    objects: ObjectServices

    def judge(self, task: Task) -> Task:
        """The work with what was found and decided, or with why nothing could be."""
        call = task.call
        if self.policy.mode_of(OBJECT_ENCRYPTION) is Mode.OFF:  # queued before it was turned off
            return replace(task, decision=CHECK_IS_OFF)
        if call.owner not in (None, self.policy.account):
            return replace(task, outcome=_elsewhere(call))
        exempt = exempt_call(self.policy, call, log_deliveries=self.exempts_log_deliveries)
        if exempt:
            return replace(task, decision=exempt)
        try:
            named, head = self._read(call)  # 2 observe
            if head is None:
                return self._under_customer_key(replace(task, call=named))
            return self._judge_found(task, self._with_key(head))
        except RefusalError as refusal:
            return replace(task, outcome=outcome_of_refusal(refusal, "object"))

    # --- 2 observe -----------------------------------------------------------------------------

    def _read(self, call: ObjectCall) -> tuple[ObjectCall, ObservedObject | None]:
        """By the key as given; where there is none such, once by the key unquoted (A25).

        With the call by the key that there is. None is an object under SSE-C, of which S3 tells nothing.
        """
        try:
            return call, self._head(call)
        except NotFoundError:
            if call.unquoted_key is None:
                raise
            unquoted = replace(call, object_key=call.unquoted_key)
            return unquoted, self._head(unquoted)

    def _head(self, call: ObjectCall) -> ObservedObject | None:
        try:
            head = self.objects.objects.read(call.bucket, call.object_key, call.version_id)
        except CustomerKeyError:
            return None
        return replace(head, lock=head.lock.as_of(self.services.clock.now()))

    def _with_key(self, head: ObservedObject) -> Found:
        key_id = head.encryption.key_id
        if not head.encryption.uses_kms or key_id is None:
            return Found(head=head)
        if not self.policy.must_describe(parse_key_reference(key_id)):
            return Found(head=head)
        return Found(head=head, kms_key=self.services.keys.describe(key_id))

    # --- 3 decide ------------------------------------------------------------------------------

    def _under_customer_key(self, task: Task) -> Task:
        """Only its writer can read it, but when it was written is listed: that says whose event it is."""
        listed = self._listed(task.call)
        if listed and is_of_another(task.call, listed):
            return replace(task, outcome=written_again("object"))
        decision = decide_object_encryption(self.policy, task.call, CUSTOMER_KEY, None)
        return replace(task, before=CUSTOMER_KEY, decision=decision)

    def _listed(self, call: ObjectCall) -> Listed | None:
        """It only says whose event it is: who denies the list must not hide a write under SSE-C by that."""
        if not may_be_of_another(call):
            return None
        try:
            return self.objects.objects.read_listed(call.bucket, call.object_key)
        except AccessDeniedError:
            return None

    def _judge_found(self, task: Task, found: Found) -> Task:
        before = found.head.encryption
        decision = decide_object_encryption(self.policy, task.call, before, found.kms_key)
        task = replace(task, head=found.head, before=before, decision=decision)
        if not isinstance(decision, Violation):
            return task
        if is_of_another(task.call, found.head.listed):
            return replace(task, decision=None, outcome=written_again("object"))
        named = replace(task.call, object_key=found.head.object_key, version_id=found.head.version_id)
        task = replace(task, call=named)  # what is told and kept is the object as S3 knows it
        return self._with_repair(task, found, decision) if isinstance(decision, Remediate) else task

    def _with_repair(self, task: Task, found: Found, remediate: Remediate) -> Task:
        """The work with a way to repair it, or with a report where there is none that does no harm."""
        bucket_context = self.services.buckets.read_context(found.head.bucket)
        original = self._original(found.head, task.call, bucket_context)
        decision = (
            unless_unusable(self.policy, remediate, self._remediation_key())
            if moves_to_remediation_key(remediate)
            else remediate
        )
        if moves_to_remediation_key(decision):
            decision = guard_object(
                self.policy, decision, found, original, bucket_context, self._key_policy()
            )
        if not isinstance(decision, Remediate):
            return replace(task, decision=decision)
        intended = intended_for(found.head.encryption, decision.change, bucket_context)
        method = unreadable_context(original) or choose_method(
            self.policy, self.methods, original, bucket_context, intended
        )
        if isinstance(method, Method):
            repair = Repair(
                original=original, bucket_context=bucket_context, method=method, intended=intended
            )
            return replace(task, repair=repair)
        return replace(task, decision=_report(remediate, method, found.head))

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

    def _remediation_key(self) -> KeyDescription:
        return self.services.keys.describe(self.policy.remediation_key)

    def _key_policy(self) -> KeyPolicy:
        k = self.policy.remediation_key
        return KeyPolicy.of(self.policy, k, self.services.keys.read_policy(k))


def _elsewhere(call: ObjectCall) -> Skipped:
    return Skipped(cause=SkipCause.ELSEWHERE, reason=f"the bucket belongs to account {call.owner}")


def _report(remediate: Remediate, why: str, head: ObservedObject) -> Manual:
    suppressed = head.lock.in_words
    first = f"release it from {suppressed}, or wait until that ends; then " if suppressed else ""
    anew = "write the object anew under the required encryption, then remove what is left of the old"
    return Manual(
        severity=remediate.severity,
        reason=f"{remediate.reason}; not remediated: {why}",
        recommendation=first + anew,
    )
