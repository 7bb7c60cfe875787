"""Step 3, decide: guards on the remediation key. A harmful remediation becomes a manual finding."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from reseal.core.access.impact import Impact, in_words, own_callers
from reseal.core.access.key_policy import KeyPolicy
from reseal.core.decision import Decision, Remediate, Severity
from reseal.core.policy.requirements import Requirements
from reseal.core.state.kms_key import KeyDescription, KeyNotFound, KeyUnreadable, KmsKey
from reseal.core.text.quoted import named


def moves_to_remediation_key(decision: Decision) -> bool:
    """Whether the decision is to move a resource to the remediation key."""
    return isinstance(decision, Remediate) and decision.change.key_arn is not None


def unless_unusable(requirements: Requirements, decision: Decision, key: KeyDescription) -> Decision:
    """The decision, or a manual finding if it would set the remediation key and that is not usable.

    S3 does not validate the key of a bucket default: a wrong one makes every later write fail (E9).
    """
    why = _why_unusable(requirements, key)
    if why is None or not isinstance(decision, Remediate) or decision.change.key_arn is None:
        return decision
    return decision.stopped(
        because=f"the remediation key {requirements.remediation_key} cannot be used: {why}",
        recommendation=(
            "make the remediation key usable, or choose another with KmsKeyArn: writes to buckets that "
            "already use it fail too"
        ),
        severity=Severity.CRITICAL,
    )


def unless_locked_out(
    decision: Decision, impacts: Sequence[Impact], key: KeyPolicy, recommendation: str
) -> Decision:
    """The decision, or a manual finding if the key would deny someone access."""
    if not impacts or not isinstance(decision, Remediate):
        return decision
    return decision.stopped(f"under {named(key.key_arn)} {in_words(impacts)}", recommendation)


def new_impacts(
    impacts: Sequence[Impact], key: KeyPolicy, *, has_own_key: bool, asks_own_callers: bool
) -> Iterator[Impact]:
    """The impacts that the move to the remediation key causes, without those that exist already.

    If a customer managed key is in use (`has_own_key`), impacts that any KMS key causes exist already.
    `asks_own_callers`: the key policy must admit every caller of the account, because nobody has confirmed
    that their IAM policies allow the key. An administrator can change the policy of the stack's key, too.
    """
    yield from (impact for impact in impacts if not (has_own_key and impact.under_any_key))
    if asks_own_callers:
        yield from own_callers(key)


def _why_unusable(requirements: Requirements, key: KeyDescription) -> str | None:
    match key:
        case KeyNotFound():
            return "KMS does not find it"
        case KeyUnreadable():
            return "kms:DescribeKey on it is denied to Reseal's role"
        case KmsKey():
            managed = "it is an AWS managed key, which Reseal never approves"
            return managed if key.is_aws_managed else key.why_unusable(requirements.region)
