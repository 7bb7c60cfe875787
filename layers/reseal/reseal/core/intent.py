"""Step 3: what an API call says about intent, which sets the severity of what is found."""

from __future__ import annotations

from enum import Enum, auto

from reseal.core.api_call import BucketCall
from reseal.core.decision import Severity
from reseal.core.encryption import BucketEncryption


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
    if call.name == "DeleteBucketEncryption":
        return Intent.LOWERED
    if call.name != "PutBucketEncryption":
        return Intent.DRIFT
    asked = call.stated.algorithm if call.stated else None
    return Intent.LOWERED if asked in (None, found.algorithm) else Intent.DRIFT
