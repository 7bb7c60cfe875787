"""Step 3, decide: which calls the check of bucket policies judges. `tls_only.py` judges them.

It is a module of its own, because every lane knows the check, and only those of buckets load what judges.
"""

from __future__ import annotations

from reseal.core.calls.look import Look
from reseal.core.calls.trigger import BucketTrigger
from reseal.core.policy.requirements import Mode, Requirements
from reseal.core.state.bucket_policy import BucketPolicy

TLS_ONLY = "S3.BucketTlsOnly"
TLS_CONTROLS = (
    "Security Hub S3.5",
    "CIS AWS 5.0.0 2.1.1",
    "CIS AWS 6.0.0 3.1.1",
    "NIST 800-53 r5 AC-17(2)",
    "NIST 800-53 r5 SC-8",
    "NIST 800-53 r5 SC-8(1)",
    "NIST 800-53 r5 SC-8(2)",
    "NIST 800-53 r5 SC-23",
    "PCI DSS 4.0.1 4.2.1",
    "HIPAA 164.312(e)(1)",
    "HIPAA 164.312(e)(2)(i)",
    "HIPAA 164.312(e)(2)(ii)",
    "SOC 2 CC6.1",
    "GDPR Art. 32(1)(a)",
    "ISO 27001:2022 A.8.24",
)


POLICY_CALLS = frozenset({"CreateBucket", "PutBucketPolicy", "DeleteBucketPolicy"})
"""The calls that set a bucket's policy, or leave a new bucket without one."""


def judges_policy(requirements: Requirements, call: BucketTrigger) -> bool:
    """Whether the check judges the bucket's policy after this call."""
    is_on = requirements.mode_of(TLS_ONLY) is not Mode.OFF
    return is_on and (isinstance(call, Look) or call.name in POLICY_CALLS)


def can_have_set_policy(call: BucketTrigger, found: BucketPolicy) -> bool:
    """Whether the call can have set the policy that is found. A new bucket has none."""
    if isinstance(call, Look) or call.name not in POLICY_CALLS:
        return False
    if call.name == "CreateBucket":
        return found.equals(BucketPolicy())
    return call.policy is None or call.policy.equals(found)
