"""Step 3, decide: the intent of an API call, which sets the severity of a violation."""

from __future__ import annotations

from enum import Enum, auto

from reseal.core.calls.look import Look
from reseal.core.calls.trigger import BucketTrigger
from reseal.core.decision import Severity
from reseal.core.state.bucket_encryption import BucketEncryption, SseAlgorithm


class Intent(Enum):
    """How the violation came about."""

    NEW = auto()  # the bucket was just created and is not configured yet
    LOWERED = auto()  # this call lowered the encryption
    DRIFT = auto()  # another change did: this call does not explain what is observed


SEVERITY = {
    Intent.NEW: Severity.INFORMATIONAL,
    Intent.DRIFT: Severity.MEDIUM,
    Intent.LOWERED: Severity.HIGH,
}


ENCRYPTION_CALLS = frozenset({"CreateBucket", "PutBucketEncryption", "DeleteBucketEncryption"})
"""The calls that set a bucket's encryption."""


def intent_of(call: BucketTrigger, found: BucketEncryption) -> Intent:
    """The intent of a call, by its name and by the encryption it requested, if the record states one."""
    if isinstance(call, Look):
        return Intent.DRIFT
    if call.name == "CreateBucket":
        return Intent.NEW
    return Intent.LOWERED if can_have_set(call, found) else Intent.DRIFT


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
