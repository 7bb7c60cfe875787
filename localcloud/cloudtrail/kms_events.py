"""What KMS does by itself: service events of CloudTrail, and KMS's own events on EventBridge (A40)."""

from typing import Any

from localcloud.cloudtrail import trail_record
from localcloud.kms import key_rotation, key_times, kms_keys
from localcloud.kms.key_times import KeyEvent
from localcloud.request.calls import Call

INTERNAL = "AWS Internal"
API_CALLS = frozenset({"SynchronizeMultiRegionKey"})


def record(event: KeyEvent, ended: float) -> dict[str, Any]:
    """CloudTrail's record; the account is the key's, the caller AWS itself."""
    account = kms_keys.owner(event.key)
    details = {"serviceEventDetails": event.details} if event.details else {}
    return {
        "eventVersion": trail_record.VERSION,
        "userIdentity": {"accountId": account, "invokedBy": INTERNAL},
        "eventTime": trail_record.instant(ended),
        "eventSource": "kms.amazonaws.com",
        "eventName": event.name,
        "awsRegion": kms_keys.region(event.key),
        "sourceIPAddress": INTERNAL,
        "userAgent": INTERNAL,
        "requestParameters": None,
        "responseElements": None,
        "readOnly": False,
        "resources": [{"accountId": account, "type": "AWS::KMS::Key", "ARN": event.key}],
        "eventType": "AwsApiCall" if event.name in API_CALLS else "AwsServiceEvent",
        "managementEvent": True,
        **details,
        "eventCategory": "Management",
    }


def after(call: Call, key: str) -> list[KeyEvent]:
    """What follows a successful call at once: the rotation that it asked for."""
    if call.operation != "RotateKeyOnDemand":
        return []
    return [key_times.rotated(kms_keys.find_anywhere(key), key_rotation.ON_DEMAND)]
