"""Step 3: did a change of who may reach the bucket meet a key that keeps them out?"""

from __future__ import annotations

from reseal.core.access.impact import impact_of, in_words
from reseal.core.calls.bucket_call import BucketCall
from reseal.core.checks.observed_bucket import ObservedBucket
from reseal.core.decision import Compliant, Decision, Manual, Severity
from reseal.core.policy.policy import Policy

KEY_ACCESS = "S3.BucketKeyAccess"
ACCESS_CALLS = frozenset({"PutBucketPolicy", "PutBucketAcl", "PutBucketWebsite", "PutBucketReplication"})
"""The calls that can open a bucket to somebody; only these make the guard look at a bucket already right."""

CLOSING_CALLS = frozenset({"DeleteBucketPolicy"})
"""The calls that can close it: what was read of it before is no longer so."""


def decide_key_access(policy: Policy, call: BucketCall, observed: ObservedBucket) -> Decision:
    """A bucket under a KMS key that turns into a case the access-impact guard would have stopped."""
    if observed.access is None or observed.key_policy is None:
        return Compliant("nobody was let at a bucket under a KMS key")
    impacts = impact_of(observed.access, observed.key_policy, observed.encryption.algorithm)
    if not impacts:
        return Compliant("everybody the bucket lets in can use its key")
    certain = any(impact.certain for impact in impacts)
    return Manual(
        severity=Severity.CRITICAL if certain else Severity.MEDIUM,
        reason=f"the bucket is encrypted under {observed.key_policy.key_arn}: {in_words(impacts)}",
        recommendation=(
            f"take {call.name} back; or admit them in the key's policy, where they can use KMS keys at all; "
            "or set the default encryption check to report and give the bucket SSE-S3 again"
        ),
    )
