"""Step 3: what an API call says about intent, which sets the severity of what is found."""

from __future__ import annotations

from enum import Enum, auto

from reseal.core.api_call import BucketCall, StatedEncryption
from reseal.core.decision import Severity
from reseal.core.encryption import BucketEncryption, SseAlgorithm


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


def intent_of(call: BucketCall, found: BucketEncryption) -> Intent:
    """Judge a call by its name, and by what it asked for where the record says so."""
    if call.name == "CreateBucket":
        return Intent.NEW
    return Intent.LOWERED if explains(call, found) else Intent.DRIFT


def explains(call: BucketCall, found: BucketEncryption) -> bool:
    """Whether the call can have left the bucket as it is found: it wrote the encryption, and no other one.

    A bucket starts, and is left by DeleteBucketEncryption, with SSE-S3 (E2, E3).
    """
    match call.name:
        case "CreateBucket" | "DeleteBucketEncryption":
            return found.algorithm == SseAlgorithm.SSE_S3
        case "PutBucketEncryption":
            return call.stated is None or _can_be(call.stated, found)
        case _:
            return False


def _can_be(stated: StatedEncryption, found: BucketEncryption) -> bool:
    """A record that leaves a field out contradicts nothing."""
    return stated.algorithm in (None, found.algorithm) and stated.key_id in (None, found.key_id)
