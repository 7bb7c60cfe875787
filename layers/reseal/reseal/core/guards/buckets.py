"""Step 3, decide: the guards that run before a bucket moves to the remediation key."""

from __future__ import annotations

from reseal.core.access.impact import impact_of
from reseal.core.access.key_policy import KeyPolicy
from reseal.core.checks.catalogue import Decisions
from reseal.core.checks.observed_bucket import ObservedBucket
from reseal.core.decision import Decision, encryption_change_of
from reseal.core.guards.denied_write import unless_denied
from reseal.core.guards.remediation_key import (
    moves_to_remediation_key,
    new_impacts,
    unless_locked_out,
    unless_unusable,
)
from reseal.core.policy.requirements import Requirements
from reseal.core.resource import BucketResource
from reseal.core.state.bucket_access import BucketAccess
from reseal.core.state.kms_key import KeyDescription


def any_moves_to_remediation_key(decisions: Decisions) -> bool:
    """Whether any remediation would move the bucket to the remediation key."""
    return any(moves_to_remediation_key(decision) for decision in decisions.values())


def guard_remediation_key(requirements: Requirements, decisions: Decisions, key: KeyDescription) -> Decisions:
    """If the remediation key is not usable, replace remediations that would set it with manual findings."""
    return {check: unless_unusable(requirements, decision, key) for check, decision in decisions.items()}


def guard_access(
    decisions: Decisions,
    observed: ObservedBucket,
    access: BucketAccess,
    key: KeyPolicy,
    *,
    asks_own_callers: bool,
) -> Decisions:
    """Replaces a remediation that would deny someone access with a manual finding naming them."""
    return {
        check: _stopped(decision, observed, access, key, asks_own_callers=asks_own_callers)
        for check, decision in decisions.items()
    }


def _stopped(
    decision: Decision,
    observed: ObservedBucket,
    access: BucketAccess,
    key: KeyPolicy,
    *,
    asks_own_callers: bool,
) -> Decision:
    change = encryption_change_of(decision)
    if change is None or change.key_arn is None:
        return decision
    algorithm = change.applied_to(observed.encryption).algorithm
    has_own_key = observed.encryption.uses_kms and not observed.is_under_aws_s3
    impacts = new_impacts(
        impact_of(access, key, algorithm), key, has_own_key=has_own_key, asks_own_callers=asks_own_callers
    )
    return unless_locked_out(decision, list(impacts), key, _RECOMMENDATION)


def any_raise(decisions: Decisions) -> bool:
    """Whether any remediation would raise the algorithm under the bucket's own key."""
    return any(_raises(decision) for decision in decisions.values())


def guard_raise(
    requirements: Requirements, decisions: Decisions, observed: ObservedBucket, access: BucketAccess
) -> Decisions:
    """Replaces a raise that would deny someone access, as DSSE-KMS does, with a manual finding naming them.

    The bucket's key stays, and with it whatever its policy allows: it need not be read.
    """
    key = KeyPolicy.of(requirements, observed.encryption.key_id or "", None)
    return {
        check: _unless_raised_too_far(decision, observed, access, key)
        for check, decision in decisions.items()
    }


def _raises(decision: Decision) -> bool:
    change = encryption_change_of(decision)
    return change is not None and change.key_arn is None and change.algorithm is not None


def _unless_raised_too_far(
    decision: Decision, observed: ObservedBucket, access: BucketAccess, key: KeyPolicy
) -> Decision:
    change = encryption_change_of(decision)
    if change is None or not _raises(decision):
        return decision
    before = impact_of(access, key, observed.encryption.algorithm)
    after = impact_of(access, key, change.applied_to(observed.encryption).algorithm)
    return unless_locked_out(decision, [one for one in after if one not in before], key, _RECOMMENDATION)


def guard_own_writes(
    requirements: Requirements,
    decisions: Decisions,
    bucket: BucketResource,
    observed: ObservedBucket,
    access: BucketAccess,
) -> Decisions:
    """Replaces a remediation that the bucket policy lets nobody follow with a manual finding."""
    return {
        check: _unless_denied(requirements, decision, bucket, observed, access)
        for check, decision in decisions.items()
    }


def _unless_denied(
    requirements: Requirements,
    decision: Decision,
    bucket: BucketResource,
    observed: ObservedBucket,
    access: BucketAccess,
) -> Decision:
    change = encryption_change_of(decision)
    if change is None or not (change.key_arn or change.algorithm):
        return decision
    intended = change.applied_to(observed.encryption)
    return unless_denied(
        requirements, decision, bucket, access.policy, algorithm=intended.algorithm, key_id=intended.key_id
    )


_RECOMMENDATION = (
    "change these readers and writers so that they can use KMS keys, allow them in the key policy, "
    "then set the bucket's encryption to the key manually; or turn the default encryption check off"
)
