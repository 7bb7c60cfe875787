"""Step 3: the last guards before a write of K. What could do harm becomes a report that says which."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from reseal.core.access.impact import Impact, own_callers, told
from reseal.core.access.key_policy import KeyPolicy
from reseal.core.decision import Decision, Remediate, Report, Severity
from reseal.core.policy.policy import Policy
from reseal.core.state.kms_key import KeyDescription, KeyNotFound, KeyUnreadable, KmsKey


def moves_to_k(decision: Decision) -> bool:
    """Whether the decision is to put something under K."""
    return isinstance(decision, Remediate) and decision.change.key_arn is not None


def unless_unusable(policy: Policy, decision: Decision, key: KeyDescription) -> Decision:
    """The decision, or a report where it would write K and K is not usable.

    S3 does not validate the key of a bucket default: a wrong one breaks every later write (E9).
    """
    why = _why_not_k(policy, key)
    if why is None or not isinstance(decision, Remediate) or decision.change.key_arn is None:
        return decision
    key_arn = policy.remediation_key
    return Report(
        severity=Severity.CRITICAL,
        reason=f"{decision.reason}; not remediated, since Reseal's own key {key_arn} cannot be used: {why}",
        way_out="make the key in KmsKeyArn usable: writes to buckets that already use it fail too",
    )


def unless_locked_out(
    decision: Decision, impacts: Sequence[Impact], key: KeyPolicy, way_out: str
) -> Decision:
    """The decision, or a report where it would write K and so keep somebody out."""
    if not impacts or not isinstance(decision, Remediate) or decision.change.key_arn is None:
        return decision
    return Report(
        severity=decision.severity,
        reason=f"{decision.reason}; not remediated, since under {key.key_arn} {told(impacts)}",
        way_out=way_out,
    )


def new_impacts(
    impacts: Sequence[Impact], key: KeyPolicy, *, has_own_key: bool, brought: bool
) -> Iterator[Impact]:
    """Those whom the move to K locks out, and who are not locked out already.

    Where a customer managed key is in use (`has_own_key`), it may admit whom K does not, but nobody whom
    no KMS key can serve. `brought` says that K is the operator's own key, whose policy may not admit
    every caller of the account, as the stack's key does.
    """
    yield from (impact for impact in impacts if not (has_own_key and impact.under_any_key))
    if brought:
        yield from own_callers(key)


def _why_not_k(policy: Policy, key: KeyDescription) -> str | None:
    match key:
        case KeyNotFound():
            return "KMS knows no such key"
        case KeyUnreadable():
            return "kms:DescribeKey on it is denied to Reseal"
        case KmsKey():
            managed = "it is an AWS managed key, which buckets should move away from"
            return managed if key.is_aws_managed else key.why_unusable(policy.region)
