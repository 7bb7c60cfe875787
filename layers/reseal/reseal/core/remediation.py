"""Step 3: from the checks' decisions to at most one write, and the last guard before it."""

from __future__ import annotations

from collections.abc import Mapping

from reseal.core.api_call import BucketCall
from reseal.core.checks.catalogue import BUCKET_CHECKS
from reseal.core.checks.observed import ObservedBucket
from reseal.core.decision import Decision, Exempt, Remediate, Report, Severity
from reseal.core.encryption import BucketEncryption
from reseal.core.guard.exposure import Exposure
from reseal.core.guard.impact import impact_of
from reseal.core.guard.key_access import KeyPolicy
from reseal.core.kms_key import KeyDescription, KeyNotFound, KeyUnreadable, KmsKey
from reseal.core.policy import CheckMode, Policy

Decisions = Mapping[str, Decision]
"""What each check decided, by check id."""


def decide_bucket(policy: Policy, call: BucketCall, observed: ObservedBucket) -> Decisions:
    """Ask every check of the catalogue; one whose mode is `off` is not asked."""
    return {
        check.id: Exempt("this check is off")
        if policy.mode_of(check.id) is CheckMode.OFF
        else check.decide(policy, call, observed)
        for check in BUCKET_CHECKS
    }


def moves_to_remediation_key(decisions: Decisions) -> bool:
    """Whether any remediation would make the bucket use K."""
    return any(isinstance(d, Remediate) and d.change.key_arn is not None for d in decisions.values())


def guard_remediation_key(policy: Policy, decisions: Decisions, key: KeyDescription) -> Decisions:
    """Turn remediations that would write K into reports when K is not usable.

    S3 does not validate the key of a bucket default: a wrong one breaks every later write (E9).
    """
    why = _why_not_k(policy, key)
    if why is None:
        return decisions
    return {check: _withhold(decision, policy.remediation_key, why) for check, decision in decisions.items()}


def guard_access(
    decisions: Decisions, found: BucketEncryption, exposure: Exposure, key: KeyPolicy
) -> Decisions:
    """Turn remediations that would lock somebody out of new objects into reports that say whom."""
    return {check: _stopped(decision, found, exposure, key) for check, decision in decisions.items()}


def intended_encryption(
    policy: Policy, found: BucketEncryption, decisions: Decisions
) -> BucketEncryption | None:
    """The one rule to write: every enforced remediation merged into what was found; None for none."""
    remediations = enforced_remediations(policy, decisions)
    intended = found
    for remediation in remediations.values():
        intended = remediation.change.applied_to(intended)
    return intended if remediations else None


def enforced_remediations(policy: Policy, decisions: Decisions) -> Mapping[str, Remediate]:
    """The remediations that the mode of their check lets happen, by check id."""
    return {
        check: decision
        for check, decision in decisions.items()
        if isinstance(decision, Remediate) and policy.mode_of(check) is CheckMode.ENFORCE
    }


def _why_not_k(policy: Policy, key: KeyDescription) -> str | None:
    match key:
        case KeyNotFound():
            return "KMS knows no such key"
        case KeyUnreadable():
            return "kms:DescribeKey on it is denied to Reseal"
        case KmsKey():
            managed = "it is an AWS managed key, which buckets should move away from"
            return managed if key.is_aws_managed else key.why_unusable(policy.region)


def _stopped(decision: Decision, found: BucketEncryption, exposure: Exposure, key: KeyPolicy) -> Decision:
    if not isinstance(decision, Remediate) or decision.change.key_arn is None:
        return decision
    impacts = impact_of(exposure, key, decision.change.applied_to(found).algorithm)
    if not impacts:
        return decision
    told = "; ".join(impact.sentence for impact in impacts)
    return Report(
        severity=decision.severity,
        reason=f"{decision.reason}; not remediated, since under {key.key_arn} {told}",
        way_out=(
            "move these readers and writers to what works with KMS keys and admit them in the key's policy, "
            "then set the bucket's encryption to the key by hand; or turn the default encryption check off"
        ),
    )


def _withhold(decision: Decision, key_arn: str, why: str) -> Decision:
    if not isinstance(decision, Remediate) or decision.change.key_arn is None:
        return decision
    return Report(
        severity=Severity.CRITICAL,
        reason=f"{decision.reason}; not remediated, since Reseal's own key {key_arn} cannot be used: {why}",
        way_out="make the key in KmsKeyArn usable: writes to buckets that already use it fail too",
    )
