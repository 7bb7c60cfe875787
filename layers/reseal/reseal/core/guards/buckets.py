"""Step 3: the guards before a bucket is put under the remediation key."""

from __future__ import annotations

from reseal.core.access.impact import impact_of
from reseal.core.access.key_policy import KeyPolicy
from reseal.core.checks.catalogue import Decisions
from reseal.core.checks.observed_bucket import ObservedBucket
from reseal.core.decision import Decision, Remediate
from reseal.core.guards.remediation_key import (
    moves_to_remediation_key,
    new_impacts,
    unless_locked_out,
    unless_unusable,
)
from reseal.core.policy.policy import Policy
from reseal.core.state.bucket_access import BucketAccess
from reseal.core.state.kms_key import KeyDescription


def any_moves_to_remediation_key(decisions: Decisions) -> bool:
    """Whether any remediation would make the bucket use K."""
    return any(moves_to_remediation_key(decision) for decision in decisions.values())


def guard_remediation_key(policy: Policy, decisions: Decisions, key: KeyDescription) -> Decisions:
    """Turn remediations that would write K into reports when K is not usable."""
    return {check: unless_unusable(policy, decision, key) for check, decision in decisions.items()}


def guard_access(
    decisions: Decisions,
    observed: ObservedBucket,
    access: BucketAccess,
    key: KeyPolicy,
    *,
    customer_supplied: bool,
) -> Decisions:
    """Turn remediations that would lock somebody out of new objects into reports that say whom."""
    return {
        check: _stopped(decision, observed, access, key, customer_supplied=customer_supplied)
        for check, decision in decisions.items()
    }


def _stopped(
    decision: Decision,
    observed: ObservedBucket,
    access: BucketAccess,
    key: KeyPolicy,
    *,
    customer_supplied: bool,
) -> Decision:
    if not isinstance(decision, Remediate):
        return decision
    algorithm = decision.change.applied_to(observed.encryption).algorithm
    has_own_key = observed.encryption.uses_kms and not observed.is_under_aws_s3
    impacts = new_impacts(
        impact_of(access, key, algorithm), key, has_own_key=has_own_key, customer_supplied=customer_supplied
    )
    return unless_locked_out(decision, list(impacts), key, _RECOMMENDATION)


_RECOMMENDATION = (
    "move these readers and writers to what works with KMS keys and admit them in the key's policy, "
    "then set the bucket's encryption to the key by hand; or turn the default encryption check off"
)
