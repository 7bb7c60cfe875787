"""Step 3, decide: the guard that runs before an object moves to the remediation key."""

from __future__ import annotations

from reseal.core.access.impact import impact_of
from reseal.core.access.key_policy import KeyPolicy
from reseal.core.access.object_acl import readers_locked_out
from reseal.core.decision import Decision, encryption_change_of
from reseal.core.guards.denied_write import unless_denied
from reseal.core.guards.encryption_context import Contexts, unless_bound_to_context
from reseal.core.guards.remediation_key import new_impacts, unless_locked_out
from reseal.core.policy.requirements import Requirements
from reseal.core.resource import ObjectResource
from reseal.core.state.change import intended_for
from reseal.core.state.s3_object import BucketContext, Found, ObservedObject, Original

_RECOMMENDATION = (
    "change these readers and writers so that they can use KMS keys, allow them in the key policy, then "
    "write the object again; or turn the object encryption check off"
)


def guard_object(
    requirements: Requirements,
    decision: Decision,
    found: Found,
    original: Original,
    bucket_context: BucketContext,
    key: KeyPolicy,
) -> Decision:
    """The decision, or a manual finding if readers or writers of the bucket would lose access."""
    change = encryption_change_of(decision)
    if change is None or change.key_arn is None:
        return decision
    before = found.head.encryption
    intended = intended_for(before, change, bucket_context)
    impacts = [*impact_of(bucket_context.access, key, intended.algorithm or "")]
    impacts += readers_locked_out(original.acl) if original.acl else []
    new = new_impacts(
        impacts,
        key,
        has_own_key=before.uses_kms and not found.is_under_aws_s3,
        asks_own_callers=not requirements.callers_may_use_key,
    )
    guarded = unless_locked_out(decision, list(new), key, _RECOMMENDATION)
    contexts = Contexts(resource=_resource_of(found.head), bucket_key=intended.bucket_key)
    return unless_bound_to_context(guarded, key, contexts)


def guard_raise(decision: Decision, found: Found, key: KeyPolicy) -> Decision:
    """The decision, or a manual finding if `key`, the object's own, may refuse it without a Bucket Key."""
    contexts = Contexts(resource=_resource_of(found.head), bucket_key=False)
    return unless_bound_to_context(decision, key, contexts)


def guard_own_write(
    requirements: Requirements, decision: Decision, head: ObservedObject, bucket_context: BucketContext
) -> Decision:
    """The decision, or a manual finding if the bucket policy denies the write under the new encryption."""
    change = encryption_change_of(decision)
    if change is None:
        return decision
    intended = intended_for(head.encryption, change, bucket_context)
    return unless_denied(
        requirements,
        decision,
        _resource_of(head),
        bucket_context.access.policy,
        algorithm=intended.algorithm or "",
        key_id=intended.key_id,
    )


def _resource_of(head: ObservedObject) -> ObjectResource:
    return ObjectResource(bucket=head.bucket, object_key=head.object_key)
