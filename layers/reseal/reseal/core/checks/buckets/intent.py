"""Step 3, decide: the intent of an API call, which sets the severity of a violation."""

from __future__ import annotations

from datetime import timedelta
from enum import Enum, auto

from reseal.core.calls.bucket_call import BucketCall
from reseal.core.calls.look import Look
from reseal.core.calls.trigger import BucketTrigger
from reseal.core.checks.buckets.observed_bucket import ObservedBucket
from reseal.core.decision import Severity
from reseal.core.state.bucket_encryption import BucketEncryption, SseAlgorithm


class Intent(Enum):
    """How the violation came about."""

    NEW = auto()  # the bucket was just created and is not configured yet
    LOWERED = auto()  # this call lowered the encryption
    DRIFT = auto()  # another change did: this call does not explain what is observed


_BEFORE_ITS_RECORD = timedelta(minutes=1)
"""How long before the time in its CreateBucket record a bucket can have been created. An assumption."""

SEVERITY = {
    Intent.NEW: Severity.INFORMATIONAL,
    Intent.DRIFT: Severity.MEDIUM,
    Intent.LOWERED: Severity.HIGH,
}


ENCRYPTION_CALLS = frozenset({"CreateBucket", "PutBucketEncryption", "DeleteBucketEncryption"})
"""The calls that set a bucket's encryption."""


def intent_of(call: BucketTrigger, observed: ObservedBucket) -> Intent:
    """The intent of a call, by its name and by the encryption it requested, if the record states one."""
    if isinstance(call, Look):
        return Intent.DRIFT
    if call.name == "CreateBucket":
        return Intent.NEW if _is_new(call, observed) else Intent.DRIFT
    return Intent.LOWERED if can_have_set(call, observed.encryption) else Intent.DRIFT


def _is_new(call: BucketCall, observed: ObservedBucket) -> bool:
    """Whether the call made the bucket: in us-east-1 a second CreateBucket by the owner succeeds, too."""
    if observed.encryption.algorithm != SseAlgorithm.SSE_S3:  # somebody has configured it since
        return True
    return observed.created is not None and call.time - observed.created <= _BEFORE_ITS_RECORD


def can_have_set(call: BucketTrigger, found: BucketEncryption) -> bool:
    """Whether the call can have set the algorithm and the key that are found.

    CreateBucket without encryption and DeleteBucketEncryption both result in SSE-S3 (E2, E3). A rule that
    names no key, as one of a Bucket Key or a block list alone, has set none.
    """
    if isinstance(call, Look) or call.name not in ENCRYPTION_CALLS:
        return False
    if call.name != "PutBucketEncryption":
        return found.algorithm == SseAlgorithm.SSE_S3
    stated = call.stated
    if stated is None:  # the record does not say
        return True
    same_key = stated.key_id == found.key_id  # stored as given (E10)
    return same_key and stated.algorithm in (None, found.algorithm)
