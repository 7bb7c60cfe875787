"""Step 5 for one object: re-encrypt it, verify it, and return the outcome."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from reseal.core.calls.attribution import CLOCKS_DIFFER
from reseal.core.errors import AccessDeniedError, CustomerKeyError, RefusalError, TransientError
from reseal.core.outcome import Applied, Outcome, SkipCause, Skipped
from reseal.core.refusal import outcome_of_refusal
from reseal.core.repairs.objects.evidence import changed_since, is_another, keeps_acl
from reseal.core.repairs.objects.method import Method
from reseal.core.repairs.objects.properties import sent_with_copy, sent_with_parts
from reseal.core.state.s3_object import ObservedObject
from reseal.core.text.quoted import LONGEST_KEY, quoted
from reseal.flow.stages import Entry
from reseal.ports import Clock, Deadline, Objects
from reseal.resources.object.observe import ObjectFound, UnderCustomerKey
from reseal.resources.object.plan import ObjectPlan

_CURRENT = timedelta(seconds=10)
"""How old the bucket's configuration may be at the write: longer than the batch's reads take."""

_INVALID = "InvalidRequest"
_OLD_VERSION = "versioning of the bucket (turned on meanwhile, so the old version remains)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Writer:
    """Re-encrypts an object whose entry is open. Raises TransientError; a refusal is an outcome."""

    objects: Objects
    clock: Clock
    deadline: Deadline

    def write(self, entry: Entry, plan: ObjectPlan, plan_now: Callable[[], ObjectPlan | None]) -> Outcome:
        """Write, read back and compare. `plan_now` reads and judges the object now."""
        try:
            self._write(plan, plan_now)
            return self._unless_unverifiable(lambda: self._verified(entry, plan))
        except RefusalError as refusal:
            return self._refused(plan, refusal)

    def find_out(self, entry: Entry, found: ObjectFound) -> Outcome | None:
        """The outcome of an earlier delivery's write; None if the object is not the one that it made."""
        if isinstance(found, UnderCustomerKey) or not _may_have_been_written(entry, found.head):
            return None
        try:
            return self._unless_unverifiable(lambda: self._applied(entry, found.head))
        except RefusalError as refusal:
            return outcome_of_refusal(refusal, "object")

    def _unless_unverifiable(self, verify: Callable[[], Outcome]) -> Outcome:
        try:
            return verify()
        except AccessDeniedError as denied:
            failed = outcome_of_refusal(denied, "object")
            return replace(failed, reason=f"it was written, but could not be verified: {failed.reason}")

    def _refused(self, plan: ObjectPlan, refusal: RefusalError) -> Outcome:
        """The outcome of a refused write. S3 answers InvalidRequest if the object is now under SSE-C (C5)."""
        if isinstance(refusal, CustomerKeyError) or (
            refusal.code == _INVALID and self._has_customer_key(plan)
        ):
            return Skipped(cause=SkipCause.NEWER, reason="the object was written again since, with SSE-C")
        return outcome_of_refusal(refusal, "object")

    def _has_customer_key(self, plan: ObjectPlan) -> bool:
        try:
            self._read_again(plan)
        except RefusalError as refusal:
            return isinstance(refusal, CustomerKeyError)
        return False

    def _verified(self, entry: Entry, plan: ObjectPlan) -> Outcome:
        after = self._read_again(plan)
        if after.encryption.meets(plan.intended):
            applied = self._applied(entry, after)
            left = plan.method is not Method.IN_PLACE and after.has_version
            return replace(applied, changed=(*applied.changed, _OLD_VERSION)) if left else applied
        if not is_another(entry.details, after):
            raise TransientError(f"S3 still shows the old encryption of {_name(after)}")
        return Skipped(
            cause=SkipCause.NEWER,
            reason=f"the object was written again since, and is now {after.encryption.in_words}",
        )

    def _applied(self, entry: Entry, after: ObservedObject) -> Applied:
        """The write, with the properties that should have stayed the same and did not."""
        acl = self.objects.read_acl(after) if keeps_acl(entry.details) else None
        differs = changed_since(entry.details, after, acl)
        if entry.action == Method.IN_PLACE and is_another(entry.details, after):
            differs = (*differs, "the object itself (a newer write was re-encrypted too)")
        return Applied(after=after.encryption, at=self.clock.now(), changed=differs)

    def _write(self, plan: ObjectPlan, plan_now: Callable[[], ObjectPlan | None]) -> None:
        original, intended = plan.original, plan.intended
        head = original.head
        self._still_intended(plan, plan_now)
        match plan.method:
            case Method.COPY:
                self._still_has_its_acl(plan)
                self.objects.copy(head, intended, sent_with_copy(original))
            case Method.PARTS:
                self.objects.copy_in_parts(
                    head,
                    intended,
                    sent_with_parts(original),
                    seconds_left=self.deadline.seconds_left,
                    confirm=lambda: self._still_as_carried(plan, plan_now),
                )
            case Method.IN_PLACE:
                self.objects.update_encryption(head, intended)

    def _still_intended(self, plan: ObjectPlan, plan_now: Callable[[], ObjectPlan | None]) -> None:
        """Judge again if the answers of the guard are old: access may have been granted since."""
        if self.clock.now() - plan.bucket_context.read_at <= _CURRENT:
            return
        now = plan_now()
        # the ledger, which is not asked again, may have chosen the method
        if now is None or replace(now, method=plan.method) != plan:
            head = plan.original.head
            raise TransientError(f"{_name(head)} or its bucket changed while the repair was prepared")

    def _still_as_carried(self, plan: ObjectPlan, plan_now: Callable[[], ObjectPlan | None]) -> None:
        """Check tags and ACL before the upload completes: they can change without changing the ETag."""
        self._still_intended(plan, plan_now)
        self._still_has_its_acl(plan)
        head = plan.original.head
        if self.objects.read_tags(head) != plan.original.tags:
            raise TransientError(f"the tags of {_name(head)} were changed meanwhile")

    def _still_has_its_acl(self, plan: ObjectPlan) -> None:
        original = plan.original
        if original.acl is not None and self.objects.read_acl(original.head) != original.acl:
            raise TransientError(f"the ACL of {_name(original.head)} was changed meanwhile")

    def _read_again(self, plan: ObjectPlan) -> ObservedObject:
        """The version that was changed in place, or the current version after a copy."""
        head = plan.original.head
        version = head.version_id if plan.method is Method.IN_PLACE else None
        return self.objects.read(head.bucket, head.object_key, version)


def _name(head: ObservedObject) -> str:
    return quoted(f"{head.bucket}/{head.object_key}", LONGEST_KEY)


def _may_have_been_written(entry: Entry, head: ObservedObject) -> bool:
    """Whether the entry's holder can have written this object: as intended, and before its lease ended.

    A change in place keeps the last-modified time (D3).
    """
    if not head.encryption.meets(entry.intended):
        return False
    until = datetime.fromtimestamp(entry.lease_until, UTC) + CLOCKS_DIFFER
    return entry.action == Method.IN_PLACE or head.last_modified <= until
