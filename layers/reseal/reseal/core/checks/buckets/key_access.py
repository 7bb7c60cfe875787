"""Step 3, decide: everyone with access to the bucket must be able to use its KMS key.

A replication rule that hands copies to another account, or to its key, is reported as well.
"""

from __future__ import annotations

from collections.abc import Iterator

from reseal.core.access.impact import impact_of, in_words
from reseal.core.calls.look import Look
from reseal.core.calls.trigger import BucketTrigger
from reseal.core.checks.buckets.observed_bucket import ObservedBucket
from reseal.core.decision import Compliant, Decision, Manual, Severity
from reseal.core.policy.requirements import Requirements
from reseal.core.state.bucket_access import BucketAccess, ReplicationRule
from reseal.core.state.kms_key import KeyUnreadable, parse_key_reference
from reseal.core.text.quoted import named, quoted, some_of

KEY_ACCESS = "S3.BucketKeyAccess"
REPLICATES = "PutBucketReplication"
_LONGEST = 2500
ACCESS_CALLS = frozenset({"PutBucketPolicy", "PutBucketAcl", "PutBucketWebsite", REPLICATES})
"""The calls that can grant access to a bucket. After one of these, a compliant bucket is checked too."""


def may_grant_access(call: BucketTrigger) -> bool:
    """Whether access may have been granted since the bucket was checked last."""
    return isinstance(call, Look) or call.name in ACCESS_CALLS


def may_hand_on_copies(call: BucketTrigger) -> bool:
    """Whether a replication rule may be new since the bucket was checked last."""
    return isinstance(call, Look) or call.name == REPLICATES


def decide_key_access(requirements: Requirements, call: BucketTrigger, observed: ObservedBucket) -> Decision:
    """Reports a bucket under a KMS key that the access guard would not have moved to that key."""
    found = [*_unreadable(call, observed), *_without_key(call, observed)]
    if observed.access is not None and may_hand_on_copies(call):
        found += _copied(requirements, observed.access)
    if not found and observed.access is None and isinstance(call, Look):
        return Compliant("the bucket policy allows nothing; ACL, website and replication were not read")
    if not found and observed.access is None:
        return Compliant("this call granted no access to a bucket under a KMS key")
    if not found:
        return Compliant("everyone with access to the bucket can use its KMS key")
    return Manual(
        severity=max(manual.severity for manual in found),
        reason=some_of([manual.reason for manual in found], separator="; ", longest=_LONGEST),
        recommendation=some_of([manual.recommendation for manual in found], separator="; "),
    )


def _unreadable(call: BucketTrigger, observed: ObservedBucket) -> Iterator[Manual]:
    """A key that KMS does not describe to Reseal: nobody knows who can use it."""
    if isinstance(observed.kms_key, KeyUnreadable) and may_grant_access(call):
        yield Manual(
            severity=Severity.HIGH,
            reason=(
                f"kms:DescribeKey is denied for the bucket's key {named(observed.kms_key.named)}: who with "
                "access to the bucket can use that key is not known"
            ),
            recommendation=(
                "allow kms:DescribeKey and kms:GetKeyPolicy to Reseal's role in the key policy; then repeat "
                "the API call"
            ),
        )


def _without_key(call: BucketTrigger, observed: ObservedBucket) -> Iterator[Manual]:
    """Those with access to the bucket who cannot use its key."""
    if observed.access is None or observed.key_policy is None:
        return
    impacts = impact_of(observed.access, observed.key_policy, observed.encryption.algorithm)
    if impacts:
        yield Manual(
            severity=Severity.CRITICAL if any(impact.certain for impact in impacts) else Severity.MEDIUM,
            reason=f"the bucket is encrypted under {named(observed.key_policy.key_arn)}: {in_words(impacts)}",
            recommendation=(
                f"{_revert(call)}; or allow them in the key policy, if they can use KMS keys at all; "
                "or set the mode of the default encryption check to detect and set the bucket to SSE-S3"
            ),
        )


def _revert(call: BucketTrigger) -> str:
    return "take their access away" if isinstance(call, Look) else f"revert {call.name}"


def _copied(requirements: Requirements, access: BucketAccess) -> Iterator[Manual]:
    """The rule of each account, not this one, that gets copies of new objects or whose key they are under."""
    for rule in access.replication:
        own = requirements.account
        owners = {rule.account or own, _account_of_key(rule) or own} - {own}
        if rule.enabled and owners and not requirements.names_approved(rule.key_id or ""):
            yield Manual(
                severity=Severity.HIGH,
                reason=(
                    f"replication rule {quoted(rule.id)} copies new objects to account "
                    f"{' and '.join(map(named, sorted(owners)))}, under {_key_of_copies(rule)}: "
                    "that account decides who reads the copies"
                ),
                recommendation=f"remove rule {quoted(rule.id)}, or add the key of its copies to ApprovedKeys",
            )


def _key_of_copies(rule: ReplicationRule) -> str:
    return named(rule.key_id) if rule.key_id else "the default there"


def _account_of_key(rule: ReplicationRule) -> str | None:
    return parse_key_reference(rule.key_id).account if rule.key_id else None
