"""Step 3, decide: the guard that finds a remediation key that cannot be used."""

from __future__ import annotations

from reseal.core.checks.catalogue import Decisions
from reseal.core.decision import Decision, Remediate, Severity
from reseal.core.guards.guarded import Guarded, Reads
from reseal.core.policy.requirements import Requirements
from reseal.core.state.kms_key import KeyDescription, KeyNotFound, KeyUnreadable, KmsKey


def guard_remediation_key(
    requirements: Requirements, _guarded: Guarded, reads: Reads, decisions: Decisions
) -> Decisions:
    """Replaces each remediation that would set the remediation key, if that is not usable.

    S3 does not validate the key of a bucket default: a wrong one makes every later write fail (E9).
    """
    return {check: _unless_unusable(requirements, reads, decision) for check, decision in decisions.items()}


def _unless_unusable(requirements: Requirements, reads: Reads, decision: Decision) -> Decision:
    if not isinstance(decision, Remediate) or decision.change.key_arn is None:
        return decision
    why = _why_unusable(requirements, reads.remediation_key())
    if why is None:
        return decision
    return decision.stopped(
        because=f"the remediation key {requirements.remediation_key} cannot be used: {why}",
        recommendation=(
            "make the remediation key usable, or choose another with KmsKeyArn: writes to buckets that "
            "already use it fail too"
        ),
        severity=Severity.CRITICAL,
    )


def _why_unusable(requirements: Requirements, key: KeyDescription) -> str | None:
    match key:
        case KeyNotFound():
            return "KMS does not find it"
        case KeyUnreadable():
            return "kms:DescribeKey on it is denied to Reseal's role"
        case KmsKey():
            managed = "it is an AWS managed key, which Reseal never approves"
            return managed if key.is_aws_managed else key.why_unusable(requirements.region)
