"""What only time does to a key: the end of its waiting period, a rotation, the end of imported material."""

from dataclasses import dataclass, field
from typing import Any

from localcloud.kms import key_deletion, key_rotation, key_states, kms_keys, multi_region
from localcloud.kms.kms_keys import Key

MATERIAL_FIELDS = ("_symmetric_key", "_hmac_key", "_private_key", "_public_key_der", "ValidTo")


@dataclass(frozen=True, slots=True)
class KeyEvent:
    """What KMS did to a key by itself: CloudTrail's name and details, the detail-type of KMS's own event."""

    key: str
    name: str
    details: dict[str, Any] = field(default_factory=dict)
    own_event: str = ""


def happen(key: str, event: str) -> KeyEvent:
    """Let `deleted`, `rotated`, `expired` or `synchronized` happen to the key with this ARN.

    Raises ValueError if there is no such key or event, or if the key's state does not permit it.
    """
    found = kms_keys.find_anywhere(key)
    events = {"deleted": _deleted, "rotated": _rotated, "expired": _expired, "synchronized": _synchronized}
    if event not in events:
        raise ValueError(f"event must be one of {', '.join(events)}, not {event!r}")
    return events[event](found)


def rotated(key: Key, kind: str) -> KeyEvent:
    """The event of a completed rotation."""
    details = {"keyId": key["KeyId"], "rotationType": kind, "keyOrigin": key["Origin"]}
    return KeyEvent(key["Arn"], "RotateKey", details, "KMS CMK Rotation")


def _deleted(key: Key) -> KeyEvent:
    if key["KeyState"] != key_states.PENDING_DELETION:
        raise ValueError(f"{key['Arn']} is {key['KeyState']}, its waiting period has not begun")
    key_deletion.end(key)
    return KeyEvent(key["Arn"], "DeleteKey", own_event="KMS CMK Deletion")


def _rotated(key: Key) -> KeyEvent:
    if not key.get("KeyRotationEnabled") or key["KeyState"] != key_states.ENABLED:
        raise ValueError(f"{key['Arn']} does not rotate by itself")
    key_rotation.rotate(key, key_rotation.AUTOMATIC)
    return rotated(key, key_rotation.AUTOMATIC)


def _expired(key: Key) -> KeyEvent:
    if "ValidTo" not in key:
        raise ValueError(f"{key['Arn']} has no material that expires")
    for name in MATERIAL_FIELDS:
        key.pop(name, None)
    key_states.put(key, key_states.NO_MATERIAL)
    details, own_event = {"keyId": key["KeyId"]}, "KMS Imported Key Material Expiration"
    return KeyEvent(key["Arn"], "DeleteExpiredKeyMaterial", details, own_event)


def _synchronized(key: Key) -> KeyEvent:
    if not multi_region.replicas_of(key):
        raise ValueError(f"{key['Arn']} has no replicas")
    return KeyEvent(key["Arn"], "SynchronizeMultiRegionKey")
