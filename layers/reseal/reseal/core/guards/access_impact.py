"""Step 3, decide: the guard that finds callers that a remediation would deny access."""

from __future__ import annotations

from reseal.core.access.impact import Impact, impact_of, in_words, own_callers
from reseal.core.access.key_policy import KeyPolicy
from reseal.core.access.object_acl import readers_locked_out
from reseal.core.checks.catalogue import Decisions
from reseal.core.decision import Decision, Remediate
from reseal.core.guards.guarded import Guarded, Reads
from reseal.core.policy.requirements import Requirements
from reseal.core.resource import BucketResource, ObjectResource, S3Resource
from reseal.core.state.change import EncryptionChange
from reseal.core.text.quoted import named


def guard_access(
    requirements: Requirements, guarded: Guarded, reads: Reads, decisions: Decisions
) -> Decisions:
    """Replaces each remediation that would deny someone access with a manual finding naming them."""
    return {
        check: _unless_locked_out(requirements, guarded, reads, decision)
        for check, decision in decisions.items()
    }


def _unless_locked_out(
    requirements: Requirements, guarded: Guarded, reads: Reads, decision: Decision
) -> Decision:
    if not isinstance(decision, Remediate) or not isinstance(decision.change, EncryptionChange):
        return decision
    change = decision.change
    if change.key_arn is not None:
        key_arn, impacts = change.key_arn, _of_move(requirements, guarded, reads, change)
    elif change.algorithm is not None:
        key_arn, impacts = guarded.encryption.key_id or "", _of_raise(requirements, guarded, reads, change)
    else:
        return decision
    if not impacts:
        return decision
    return decision.stopped(f"under {named(key_arn)} {in_words(impacts)}", _recommendation(guarded.resource))


def _of_move(
    requirements: Requirements, guarded: Guarded, reads: Reads, change: EncryptionChange
) -> list[Impact]:
    """The impacts that the move to the remediation key causes, without those that exist already.

    If a customer managed key is in use, impacts that any KMS key causes exist already. Unless the operator
    has confirmed that the IAM policies of all callers allow the key, the key policy must admit every caller
    of the account. An administrator can change the policy of the stack's key, too.
    """
    access, key = reads.access(), reads.key_policy(requirements.remediation_key)
    found = [*impact_of(access, key, guarded.after(change).algorithm or "")]
    found += readers_locked_out(guarded.acl) if guarded.acl else []
    new = [impact for impact in found if not (guarded.has_own_key and impact.under_any_key)]
    return new if requirements.callers_may_use_key else [*new, *own_callers(key)]


def _of_raise(
    requirements: Requirements, guarded: Guarded, reads: Reads, change: EncryptionChange
) -> list[Impact]:
    """The impacts on a bucket that only the stronger algorithm causes, as DSSE-KMS does.

    The key stays, and with it whatever its policy allows: it need not be read. An object that is there keeps
    its readers: only writers of new objects can fail.
    """
    if isinstance(guarded.resource, ObjectResource):
        return []
    access, key = reads.access(), KeyPolicy.of(requirements, guarded.encryption.key_id or "", None)
    before = impact_of(access, key, guarded.encryption.algorithm or "")
    return [one for one in impact_of(access, key, guarded.after(change).algorithm or "") if one not in before]


def _recommendation(resource: S3Resource) -> str:
    match resource:
        case BucketResource():
            then = "set the bucket's encryption to the key manually; or turn the default encryption check off"
        case ObjectResource():
            then = "write the object again; or turn the object encryption check off"
    return (
        "change these readers and writers so that they can use KMS keys, allow them in the key policy, then "
        f"{then}"
    )
