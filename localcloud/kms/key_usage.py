"""GetKeyLastUsage: the last cryptographic use of a key, directly or through a service (F19).

Every use counts at once. On AWS it may take an hour, and under a Bucket Key S3 uses its key rarely.
"""

import time
import uuid
from datetime import UTC, datetime
from typing import Any

from localcloud.kms import kms_answers, kms_keys
from localcloud.kms.kms_keys import Key
from localcloud.request.calls import Response

TRACKED_SINCE = int(datetime(2026, 4, 23, tzinfo=UTC).timestamp())
OPERATIONS = frozenset(
    {
        "Decrypt",
        "Encrypt",
        "GenerateDataKey",
        "GenerateDataKeyPair",
        "GenerateDataKeyPairWithoutPlaintext",
        "GenerateDataKeyWithoutPlaintext",
        "GenerateMac",
        "Sign",
        "Verify",
        "VerifyMac",
    }
)
_LAST = "_last_usage"


def note(key: Key, operation: str) -> None:
    """Note a use that succeeded."""
    key[_LAST] = {
        "Operation": operation,
        "Timestamp": int(time.time()),
        "CloudTrailEventId": str(uuid.uuid4()),
        "KmsRequestId": str(uuid.uuid4()),
    }


def note_call(operation: str, answer: Response) -> None:
    """Note a direct call, whose answer names the key that it used."""
    if operation not in OPERATIONS or answer[0] != kms_answers.OK:
        return
    if key := kms_keys.find_key(kms_answers.members(answer)["KeyId"]):
        note(key, operation)


def last(data: dict[str, Any]) -> Response:
    """GetKeyLastUsage. Each member of a multi-Region key has a usage of its own."""
    key = kms_keys.find_by_id(data)
    if key is None:
        return kms_answers.not_found(data.get("KeyId"))
    return kms_answers.success(
        {
            "KeyId": key["Arn"],
            "KeyLastUsage": key.get(_LAST, {}),
            "TrackingStartDate": TRACKED_SINCE,
            "KeyCreationDate": key["CreationDate"],
        }
    )
