"""Step 5 for one object: re-encrypt it, verify it, and return the outcome."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta

from reseal.core.errors import AccessDeniedError, CustomerKeyError, RefusalError, TransientError
from reseal.core.outcome import Applied, Outcome, SkipCause, Skipped
from reseal.core.refusal import outcome_of_refusal
from reseal.core.repairs.objects.evidence import changed_since, is_another, keeps_acl
from reseal.core.repairs.objects.method import Method
from reseal.core.repairs.objects.properties import sent_with_copy, sent_with_parts
from reseal.core.state.s3_object import ObservedObject
from reseal.ports import Clock, Objects
from reseal.resources.object.task import ObjectEntry, Plan, Task

_CURRENT = timedelta(seconds=10)
"""How old the bucket's configuration may be at the write: longer than the batch's reads take."""

_INVALID = "InvalidRequest"
_OLD_VERSION = "versioning of the bucket (turned on meanwhile, so the old version remains)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Remediator:
    """Re-encrypts objects whose entries are open. Raises TransientError; a refusal is an outcome.

    `judge_again` reads and judges the object of a new task now. `seconds_for_one` is what an object needs.
    """

    objects: Objects
    clock: Clock
    seconds_for_one: float
    seconds_left: Callable[[], float]
    judge_again: Callable[[Task], Task]

    def repair(self, task: Task) -> Task:
        """The task with its outcome. Nothing is written without an open ledger entry."""
        if task.entry is None or not task.has_open_entry or task.outcome is not None:
            return task
        if self.seconds_left() < self.seconds_for_one:
            raise TransientError("too little time is left in this invocation")
        try:
            outcome = self._outcome(task.entry, task)
        except RefusalError as refusal:
            outcome = self._refused(task.plan, refusal)
        return replace(task, outcome=outcome)

    def _outcome(self, entry: ObjectEntry, task: Task) -> Outcome:
        """The outcome of this delivery's write, or of an earlier one, compared with the entry's evidence."""
        if task.plan is not None:
            self._write(task, task.plan)
        try:
            return self._verified(entry, task.plan) if task.plan else self._applied(entry, task.head)
        except AccessDeniedError as denied:
            failed = outcome_of_refusal(denied, "object")
            return replace(failed, reason=f"it was written, but could not be verified: {failed.reason}")

    def _refused(self, plan: Plan | None, refusal: RefusalError) -> Outcome:
        """The outcome of a refused write. S3 answers InvalidRequest if the object is now under SSE-C (C5)."""
        if isinstance(refusal, CustomerKeyError) or (
            plan and refusal.code == _INVALID and self._has_customer_key(plan)
        ):
            return Skipped(cause=SkipCause.NEWER, reason="the object was written again since, with SSE-C")
        return outcome_of_refusal(refusal, "object")

    def _has_customer_key(self, plan: Plan) -> bool:
        try:
            self._read_again(plan)
        except RefusalError as refusal:
            return isinstance(refusal, CustomerKeyError)
        return False

    def _verified(self, entry: ObjectEntry, plan: Plan) -> Outcome:
        after = self._read_again(plan)
        if after.encryption.meets(plan.intended):
            applied = self._applied(entry, after)
            left = plan.method is not Method.IN_PLACE and after.has_version
            return replace(applied, changed=(*applied.changed, _OLD_VERSION)) if left else applied
        if not is_another(entry.details, after):
            raise TransientError(f"S3 still shows the old encryption of {after.bucket}/{after.object_key}")
        return Skipped(
            cause=SkipCause.NEWER,
            reason=f"the object was written again since, and is now {after.encryption.in_words}",
        )

    def _applied(self, entry: ObjectEntry, after: ObservedObject | None) -> Applied:
        """The write, with the properties that should have stayed the same and did not."""
        if after is None:
            raise AssertionError("an object that was not found cannot be the result of an earlier write")
        acl = self.objects.read_acl(after) if keeps_acl(entry.details) else None
        differs = changed_since(entry.details, after, acl)
        if entry.action == Method.IN_PLACE and is_another(entry.details, after):
            differs = (*differs, "the object itself (a newer write was re-encrypted too)")
        return Applied(after=after.encryption, at=self.clock.now(), changed=differs)

    def _write(self, task: Task, plan: Plan) -> None:
        original, intended = plan.original, plan.intended
        head = original.head
        self._still_intended(task, plan)
        match plan.method:
            case Method.COPY:
                self._still_has_its_acl(plan)
                self.objects.copy(head, intended, sent_with_copy(original))
            case Method.PARTS:
                self.objects.copy_in_parts(
                    head,
                    intended,
                    sent_with_parts(original),
                    seconds_left=self.seconds_left,
                    confirm=lambda: self._still_as_carried(task, plan),
                )
            case Method.IN_PLACE:
                self.objects.update_encryption(head, intended)

    def _still_intended(self, task: Task, plan: Plan) -> None:
        """Judge again if the answers of the guard are old: access may have been granted since."""
        if self.clock.now() - plan.bucket_context.read_at <= _CURRENT:
            return
        again = self.judge_again(Task(delivery=task.delivery, call=task.call, entry_id=task.entry_id)).plan
        # the ledger, which is not asked again, may have chosen the method
        if again is None or replace(again, method=plan.method) != plan:
            raise TransientError(
                f"{task.call.bucket} or {task.call.object_key} changed while the repair was prepared"
            )

    def _still_as_carried(self, task: Task, plan: Plan) -> None:
        """Check tags and ACL before the upload completes: they can change without changing the ETag."""
        self._still_intended(task, plan)
        self._still_has_its_acl(plan)
        head = plan.original.head
        if self.objects.read_tags(head) != plan.original.tags:
            raise TransientError(f"the tags of {head.bucket}/{head.object_key} were changed meanwhile")

    def _still_has_its_acl(self, plan: Plan) -> None:
        original = plan.original
        if original.acl is not None and self.objects.read_acl(original.head) != original.acl:
            raise TransientError(
                f"the ACL of {original.head.bucket}/{original.head.object_key} was changed meanwhile"
            )

    def _read_again(self, plan: Plan) -> ObservedObject:
        """The version that was changed in place, or the current version after a copy."""
        head = plan.original.head
        version = head.version_id if plan.method is Method.IN_PLACE else None
        return self.objects.read(head.bucket, head.object_key, version)
