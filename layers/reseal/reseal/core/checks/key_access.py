"""Step 3, decide: everyone with access to the bucket must be able to use its KMS key."""

from __future__ import annotations

from reseal.core.access.impact import impact_of, in_words
from reseal.core.calls.bucket_call import BucketCall
from reseal.core.checks.observed_bucket import ObservedBucket
from reseal.core.decision import Compliant, Decision, Manual, Severity
from reseal.core.policy.policy import Policy

KEY_ACCESS = "S3.BucketKeyAccess"
ACCESS_CALLS = frozenset({"PutBucketPolicy", "PutBucketAcl", "PutBucketWebsite", "PutBucketReplication"})
"""The calls that can grant access to a bucket. After one of these, a compliant bucket is checked too."""


def decide_key_access(policy: Policy, call: BucketCall, observed: ObservedBucket) -> Decision:
    """Reports a bucket under a KMS key that the access guard would not have moved to that key."""
    if observed.access is None or observed.key_policy is None:
        return Compliant("this call granted no access to a bucket under a KMS key")
    impacts = impact_of(observed.access, observed.key_policy, observed.encryption.algorithm)
    if not impacts:
        return Compliant("everyone with access to the bucket can use its KMS key")
    certain = any(impact.certain for impact in impacts)
    return Manual(
        severity=Severity.CRITICAL if certain else Severity.MEDIUM,
        reason=f"the bucket is encrypted under {observed.key_policy.key_arn}: {in_words(impacts)}",
        recommendation=(
            f"revert {call.name}; or allow them in the key policy, if they can use KMS keys at all; "
            "or set the mode of the default encryption check to detect and set the bucket to SSE-S3"
        ),
    )
