"""Step 3: what an API call says about intent, which sets the severity of what is found."""

from __future__ import annotations

from enum import Enum, auto

from reseal.core.calls.bucket_call import BucketCall
from reseal.core.decision import Severity
from reseal.core.state.bucket_encryption import BucketEncryption, SseAlgorithm


class Intent(Enum):
    """How a bucket came to be not as required."""

    NEW = auto()  # it was just created and only lacks what nobody has set yet
    LOWERED = auto()  # this very call took the encryption down
    DRIFT = auto()  # something else did: the call does not explain what is observed


SEVERITY = {
    Intent.NEW: Severity.INFORMATIONAL,
    Intent.DRIFT: Severity.MEDIUM,
    Intent.LOWERED: Severity.HIGH,
}


ENCRYPTION_CALLS = frozenset({"CreateBucket", "PutBucketEncryption", "DeleteBucketEncryption"})
"""The calls that set a bucket's encryption."""


def intent_of(call: BucketCall, found: BucketEncryption) -> Intent:
    """Judge a call by its name, and by what it asked for where the record says so."""
    if call.name == "CreateBucket":
        return Intent.NEW
    return Intent.LOWERED if can_have_set(call, found) else Intent.DRIFT


def can_have_set(call: BucketCall, found: BucketEncryption) -> bool:
    """Whether the call can have set the algorithm and the key that are found.

    A bucket starts, and is left by DeleteBucketEncryption, with SSE-S3 (E2, E3).
    """
    if call.name not in ENCRYPTION_CALLS:
        return False
    if call.name != "PutBucketEncryption":
        return found.algorithm == SseAlgorithm.SSE_S3
    stated = call.stated
    if stated is None or stated.algorithm is None:  # a record that says nothing contradicts nothing
        return True
    return (stated.algorithm, stated.key_id) == (found.algorithm, found.key_id)  # as it was given (E10)
