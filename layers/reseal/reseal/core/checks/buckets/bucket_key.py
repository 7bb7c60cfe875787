"""Step 3, decide: the bucket must use an S3 Bucket Key to save KMS calls."""

from __future__ import annotations

from reseal.core.calls.trigger import BucketTrigger
from reseal.core.checks.buckets.intent import Intent, intent_of
from reseal.core.checks.buckets.observed_bucket import ObservedBucket
from reseal.core.decision import Compliant, Decision, Remediate, Severity
from reseal.core.policy.requirements import Requirements
from reseal.core.state.bucket_encryption import SseAlgorithm
from reseal.core.state.change import EncryptionChange


def decide_bucket_key(requirements: Requirements, call: BucketTrigger, observed: ObservedBucket) -> Decision:
    """A Bucket Key cuts S3's KMS calls by up to 99 % and exists under SSE-KMS only (E13, E14)."""
    found = observed.encryption
    if found.algorithm != SseAlgorithm.SSE_KMS or requirements.required is SseAlgorithm.DSSE_KMS:
        return Compliant("a Bucket Key exists under SSE-KMS only")
    if found.bucket_key:
        return Compliant("the Bucket Key is on")
    new = intent_of(call, observed) is Intent.NEW
    return Remediate(
        change=EncryptionChange(bucket_key=True),
        severity=Severity.INFORMATIONAL if new else Severity.LOW,
        reason="the Bucket Key is off: S3 calls KMS for every object, which costs money and uses KMS quota",
    )
