"""Step 3: from the checks' decisions to at most one write, and the last guard before it."""

from __future__ import annotations

from collections.abc import Mapping

from reseal.core.access.impact import impact_of
from reseal.core.access.key_policy import KeyPolicy
from reseal.core.calls.bucket_call import BucketCall
from reseal.core.checks.catalogue import BUCKET_CHECKS
from reseal.core.checks.observed_bucket import ObservedBucket
from reseal.core.decision import CHECK_IS_OFF, Decision, Remediate, Violation
from reseal.core.guards.remediation_key import moves_to_k, new_impacts, unless_locked_out, unless_unusable
from reseal.core.policy.policy import CheckMode, Policy
from reseal.core.state.bucket_access import Exposure
from reseal.core.state.bucket_encryption import BucketEncryption
from reseal.core.state.kms_key import KeyDescription

Decisions = Mapping[str, Decision]
"""What each check decided, by check id."""


def decide_bucket(policy: Policy, call: BucketCall, observed: ObservedBucket) -> Decisions:
    """Ask every check of the catalogue; one whose mode is `off` is not asked."""
    return {
        check.id: CHECK_IS_OFF
        if policy.mode_of(check.id) is CheckMode.OFF
        else check.decide(policy, call, observed)
        for check in BUCKET_CHECKS
    }


def moves_to_remediation_key(decisions: Decisions) -> bool:
    """Whether any remediation would make the bucket use K."""
    return any(moves_to_k(decision) for decision in decisions.values())


def guard_remediation_key(policy: Policy, decisions: Decisions, key: KeyDescription) -> Decisions:
    """Turn remediations that would write K into reports when K is not usable."""
    return {check: unless_unusable(policy, decision, key) for check, decision in decisions.items()}


def guard_access(
    decisions: Decisions, observed: ObservedBucket, exposure: Exposure, key: KeyPolicy, *, brought: bool
) -> Decisions:
    """Turn remediations that would lock somebody out of new objects into reports that say whom."""
    return {
        check: _stopped(decision, observed, exposure, key, brought=brought)
        for check, decision in decisions.items()
    }


def intended_encryption(
    policy: Policy, found: BucketEncryption, decisions: Decisions
) -> BucketEncryption | None:
    """The one rule to write: every enforced remediation merged into what was found; None for none."""
    remediations = enforced_remediations(policy, decisions)
    intended = found
    for remediation in remediations.values():
        intended = remediation.change.applied_to(intended)
    return intended if remediations else None


def remediations_of_write(
    violations: Mapping[str, Violation], intended: BucketEncryption
) -> Mapping[str, Remediate]:
    """Those of the violations that a write of `intended` puts right, by check id: the ledger's evidence."""
    return {
        check: violation
        for check, violation in violations.items()
        if isinstance(violation, Remediate) and violation.change.applied_to(intended) == intended
    }


def enforced_remediations(policy: Policy, decisions: Decisions) -> Mapping[str, Remediate]:
    """The remediations that the mode of their check lets happen, by check id."""
    return {
        check: decision
        for check, decision in decisions.items()
        if isinstance(decision, Remediate) and policy.enforces(check)
    }


def _stopped(
    decision: Decision, observed: ObservedBucket, exposure: Exposure, key: KeyPolicy, *, brought: bool
) -> Decision:
    if not isinstance(decision, Remediate):
        return decision
    algorithm = decision.change.applied_to(observed.encryption).algorithm
    has_own_key = observed.encryption.uses_kms and not observed.is_under_aws_s3
    impacts = new_impacts(impact_of(exposure, key, algorithm), key, has_own_key=has_own_key, brought=brought)
    return unless_locked_out(decision, list(impacts), key, _WAY_OUT)


_WAY_OUT = (
    "move these readers and writers to what works with KMS keys and admit them in the key's policy, "
    "then set the bucket's encryption to the key by hand; or turn the default encryption check off"
)
