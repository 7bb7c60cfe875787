"""Step 3, decide: the guard of key policies with conditions on the encryption context.

Under a Bucket Key the context is the ARN of the bucket, otherwise that of the object (S3 User Guide,
"Reducing the cost of SSE-KMS with Amazon S3 Bucket Keys"; E14). A statement for one of them can refuse
every caller under the other.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from reseal.core.access.callers import Caller, Kind
from reseal.core.access.evaluator import applies, with_variables_of
from reseal.core.access.iam_policy import Statement, conditions, listed
from reseal.core.access.key_policy import KeyPolicy
from reseal.core.access.logic import all_of
from reseal.core.access.patterns import objects_of
from reseal.core.access.ranges import ABSENT, Range, always
from reseal.core.access.requests import Requests
from reseal.core.checks.catalogue import Decisions
from reseal.core.decision import Decision, Remediate, encryption_change_of
from reseal.core.guards.guarded import Encryption, Guarded, Reads
from reseal.core.policy.requirements import Requirements
from reseal.core.repairs.repair import enforced_remediations
from reseal.core.resource import BucketResource, S3Resource
from reseal.core.state.kms_key import KmsKey
from reseal.core.text.quoted import LONGEST_KEY, named

_CONTEXT = "kms:encryptioncontext"
_ARN, _KEYS = f"{_CONTEXT}:aws:s3:arn", f"{_CONTEXT}keys"
_OF_SERVICES = f"{_CONTEXT}:aws:"
"""The contexts of AWS's services, as of CloudTrail and CloudWatch Logs. A request of S3 has only S3's own."""

_USES = ("kms:Decrypt", "kms:GenerateDataKey")
_RECOMMENDATION = (
    "let the condition admit the ARN of the bucket and the ARNs of its objects, then start the check again "
    "or change the encryption manually; or turn this check off"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Contexts:
    """The encryption context before and after a remediation, of one object or of all of a bucket."""

    resource: S3Resource
    bucket_key: bool

    def after(self, key: KeyPolicy) -> Range:
        """The ARN in the context after the remediation."""
        return self._range(key, bucket_key=self.bucket_key)

    def before(self, key: KeyPolicy) -> Range:
        """The ARN that a statement may have been written for instead."""
        return self._range(key, bucket_key=not self.bucket_key)

    def _range(self, key: KeyPolicy, *, bucket_key: bool) -> Range:
        if bucket_key:
            return always(BucketResource(bucket=self.resource.bucket).arn(key.partition))
        return Range(present=True, within=(objects_of(self.resource, key.partition),))


@dataclass(frozen=True, slots=True)
class NewContext:
    """A key that a remediation would use in another context than now, with a Bucket Key or without."""

    key_arn: str
    bucket_key: bool


def guard_context(
    requirements: Requirements, guarded: Guarded, reads: Reads, decisions: Decisions
) -> Decisions:
    """Keeps a context from callers that the policy of the key would then refuse."""
    for check in decisions:  # the move to another key first, then the Bucket Key
        if new := new_context(requirements, check, decisions, guarded):
            contexts = Contexts(resource=guarded.resource, bucket_key=new.bucket_key)
            key = reads.key_policy(new.key_arn)
            decisions = {**decisions, check: unless_bound_to_context(decisions[check], key, contexts)}
    return decisions


def new_context(
    requirements: Requirements, check: str, decisions: Decisions, guarded: Guarded
) -> NewContext | None:
    """The context that a remediation would be the first to use here; None if it changes none.

    A Bucket Key that is turned on changes it, and one that DSSE-KMS takes away (E13). aws/s3 has none: its
    policy is AWS's and has no condition on the context.
    """
    change, found = encryption_change_of(decisions[check]), guarded.encryption
    if change is None or not (change.key_arn or change.bucket_key or change.algorithm):
        return None
    together = {check: decisions[check]} if change.key_arn else _together(requirements, check, decisions)
    written = _written(guarded, together)
    is_new = (written.key_id, written.bucket_key) != (found.key_id, found.bucket_key)
    key_arn = _key_arn(written, guarded) if is_new else None
    return NewContext(key_arn, written.bucket_key) if key_arn else None


def unless_bound_to_context(decision: Decision, key: KeyPolicy, contexts: Contexts) -> Decision:
    """The decision, or a manual finding if a statement of the key policy may depend on the other context."""
    why = _why_bound(decision, key, contexts)
    if why is None or not isinstance(decision, Remediate):
        return decision
    return decision.stopped(why, _RECOMMENDATION)


def _together(requirements: Requirements, check: str, decisions: Decisions) -> Mapping[str, Decision]:
    """The decisions that are written with this one."""
    return enforced_remediations(requirements, decisions) if requirements.enforces(check) else decisions


def _written(guarded: Guarded, decisions: Mapping[str, Decision]) -> Encryption:
    written = guarded.encryption
    for decision in decisions.values():
        change = encryption_change_of(decision)
        written = guarded.apply(written, change) if change else written
    return written


def _key_arn(written: Encryption, guarded: Guarded) -> str | None:
    if written.key_id != guarded.encryption.key_id:
        return written.key_id
    if guarded.is_under_aws_s3:
        return None
    return guarded.kms_key.arn if isinstance(guarded.kms_key, KmsKey) else written.key_id


def _why_bound(decision: Decision, key: KeyPolicy, contexts: Contexts) -> str | None:
    if key.document is None:
        moves = isinstance(decision, Remediate) and decision.change.key_arn is not None
        return (
            None
            if moves
            else f"the policy of {named(key.key_arn)} cannot be read and may depend on the context"
        )
    for number, statement in enumerate(listed(key.document.get("Statement")), start=1):
        if isinstance(statement, Mapping) and _is_bound(statement, key, contexts):
            arn = named(contexts.after(key).within[0].text, LONGEST_KEY)
            return (
                f"statement {number} of the policy of {named(key.key_arn)} has a condition on the encryption "
                f"context that {arn} may not meet: under a Bucket Key S3 sends the ARN of the bucket, "
                "otherwise that of the object"
            )
    return None


def _is_bound(statement: Statement, key: KeyPolicy, contexts: Contexts) -> bool:
    """Whether an Allow may hold no longer, or a Deny may begin or end, because the context is another one."""
    through_s3 = with_variables_of(key.document or {}, key.through_s3(_of_anyone(key)))
    if all(applies(statement, through_s3, action) is False for action in _USES):
        return False
    of_context = [one for one in conditions(statement) if one[1].startswith(_CONTEXT)]
    of_services = {name: ABSENT for _, name, _ in of_context if name.startswith(_OF_SERVICES)}
    before = all_of(_with(of_services | {_ARN: contexts.before(key)}, key).meet(one) for one in of_context)
    after = all_of(_with(of_services | {_ARN: contexts.after(key)}, key).meet(one) for one in of_context)
    if statement.get("Effect") == "Deny":
        return before is None or before is not after
    return before is not False and after is not True


def _with(contexts: Mapping[str, Range], key: KeyPolicy) -> Requests:
    """Any requests with these contexts. What else a writer adds to it is unknown."""
    keys = {
        f"{quantifier}:{_KEYS}": always("aws:s3:arn") for quantifier in ("", "ForAllValues", "ForAnyValue")
    }
    return with_variables_of(key.document or {}, _of_anyone(key).having({**contexts, **keys}))


def _of_anyone(key: KeyPolicy) -> Requests:
    return Requests.of(Caller(Kind.UNKNOWN, "*"), key.partition)
