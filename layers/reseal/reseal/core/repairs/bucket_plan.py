"""Step 3, decide: merge the decisions of all checks into at most one write."""

from __future__ import annotations

from collections.abc import Mapping

from reseal.core.checks.catalogue import Decisions
from reseal.core.decision import Remediate, Violation
from reseal.core.policy.policy import Policy
from reseal.core.state.bucket_encryption import BucketEncryption


def intended_encryption(
    policy: Policy, found: BucketEncryption, decisions: Decisions
) -> BucketEncryption | None:
    """The rule to write: `found` with every enforced remediation applied; None if there is none."""
    remediations = enforced_remediations(policy, decisions)
    intended = found
    for remediation in remediations.values():
        intended = remediation.change.applied_to(intended)
    return intended if remediations else None


def remediations_of_write(
    violations: Mapping[str, Violation], intended: BucketEncryption
) -> Mapping[str, Remediate]:
    """The violations that a write of `intended` remediates, by check id."""
    return {
        check: violation
        for check, violation in violations.items()
        if isinstance(violation, Remediate) and violation.change.applied_to(intended) == intended
    }


def enforced_remediations(policy: Policy, decisions: Decisions) -> Mapping[str, Remediate]:
    """The remediations of checks in mode `enforce`, by check id."""
    return {
        check: decision
        for check, decision in decisions.items()
        if isinstance(decision, Remediate) and policy.enforces(check)
    }
