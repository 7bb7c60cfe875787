"""Step 3: from the checks' decisions to at most one write, and the last guard before it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from reseal.core.api_call import BucketCall
from reseal.core.checks.catalogue import BUCKET_CHECKS
from reseal.core.checks.observed import ObservedBucket
from reseal.core.decision import Decision, Exempt, Remediate, Report, Severity
from reseal.core.encryption import BucketEncryption
from reseal.core.guard.exposure import Exposure
from reseal.core.guard.impact import Impact, impact_of, own_callers, told
from reseal.core.guard.key_policy import KeyPolicy
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
    decisions: Decisions, observed: ObservedBucket, exposure: Exposure, key: KeyPolicy, *, brought: bool
) -> Decisions:
    """Turn remediations that would lock somebody out of new objects into reports that say whom.

    `brought` says that K is the operator's own key, whose policy may not admit every caller of the
    account, as the stack's key does.
    """
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


def _stopped(
    decision: Decision, observed: ObservedBucket, exposure: Exposure, key: KeyPolicy, *, brought: bool
) -> Decision:
    if not isinstance(decision, Remediate) or decision.change.key_arn is None:
        return decision
    algorithm = decision.change.applied_to(observed.encryption).algorithm
    impacts = [*_new_impacts(observed, impact_of(exposure, key, algorithm))]
    if brought:
        impacts += own_callers(key)
    if not impacts:
        return decision
    return Report(
        severity=decision.severity,
        reason=f"{decision.reason}; not remediated, since under {key.key_arn} {told(impacts)}",
        way_out=(
            "move these readers and writers to what works with KMS keys and admit them in the key's policy, "
            "then set the bucket's encryption to the key by hand; or turn the default encryption check off"
        ),
    )


def _new_impacts(observed: ObservedBucket, impacts: Sequence[Impact]) -> Iterator[Impact]:
    """Those whom the move to K locks out, and who are not locked out already.

    The bucket's present key may admit whom K does not, but nobody whom no KMS key can serve.
    """
    has_own_key = observed.encryption.uses_kms and not observed.is_under_aws_s3
    yield from (impact for impact in impacts if not (has_own_key and impact.under_any_key))


def _withhold(decision: Decision, key_arn: str, why: str) -> Decision:
    if not isinstance(decision, Remediate) or decision.change.key_arn is None:
        return decision
    return Report(
        severity=Severity.CRITICAL,
        reason=f"{decision.reason}; not remediated, since Reseal's own key {key_arn} cannot be used: {why}",
        way_out="make the key in KmsKeyArn usable: writes to buckets that already use it fail too",
    )
