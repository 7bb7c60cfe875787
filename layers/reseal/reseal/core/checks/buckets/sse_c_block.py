"""Step 3, decide: the bucket must refuse writes with SSE-C."""

from __future__ import annotations

from reseal.core.calls.bucket_call import BucketCall
from reseal.core.calls.trigger import BucketTrigger
from reseal.core.checks.buckets.intent import SEVERITY, intent_of
from reseal.core.checks.buckets.observed_bucket import ObservedBucket
from reseal.core.decision import Compliant, Decision, Manual, Remediate, Severity
from reseal.core.policy.requirements import Requirements
from reseal.core.state.bucket_encryption import STRENGTH
from reseal.core.state.change import EncryptionChange

SSE_C_BLOCK = "S3.BucketSseCBlock"


def decide_sse_c_block(requirements: Requirements, call: BucketTrigger, observed: ObservedBucket) -> Decision:
    """Ransomware uses SSE-C to lock objects in place; S3 can block it per bucket (E6, E7).

    Unblocking it on purpose is HIGH. A missing block is at most MEDIUM: older buckets have none, and a
    PutBucketEncryption that does not mention the block may remove it (E5, UNCONFIRMED).
    """
    found = observed.encryption
    if found.blocks_sse_c:
        return Compliant("writes with SSE-C are blocked")
    reason = "writes with SSE-C are not blocked: every writer can lock objects under a key that only it has"
    if found.algorithm not in STRENGTH:
        recommendation = (
            "block SSE-C manually: Reseal does not rewrite a rule whose algorithm it does not know"
        )
        return Manual(severity=Severity.MEDIUM, reason=reason, recommendation=recommendation)
    unblocked = isinstance(call, BucketCall) and call.unblocks_sse_c
    severity = Severity.HIGH if unblocked else min(SEVERITY[intent_of(call, observed)], Severity.MEDIUM)
    return Remediate(change=EncryptionChange(block_sse_c=True), severity=severity, reason=reason)
