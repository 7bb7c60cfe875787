"""Rotation of a key's material, automatic and on demand (F1 to F4).

The material of a key never leaves KMS, and old material still decrypts: only its id changes here. Answers
name the key by its id, as in AWS's examples; whether they would name it by its ARN is UNCONFIRMED.
"""

import hashlib
import time
from collections.abc import Callable
from typing import Any

from ministack.services import kms

from localcloud.kms import key_states, kms_answers, kms_keys, multi_region
from localcloud.kms.kms_keys import Key
from localcloud.request import anchors
from localcloud.request.calls import Response

DAY = 86_400
SHORTEST, DEFAULT, LONGEST = 90, 365, 2560
MOST_ON_DEMAND = 25
AUTOMATIC, ON_DEMAND = "AUTOMATIC", "ON_DEMAND"
SYMMETRIC = "SYMMETRIC_DEFAULT"


def install() -> None:
    """Give each rotation's material an id of its own."""
    anchors.replace("services.kms._key_material_id", _material_id)


def enable(data: dict[str, Any]) -> Response:
    """EnableKeyRotation; every call begins a new period."""
    key = kms_keys.find_by_id(data)
    if key is None:
        return kms_answers.not_found(data.get("KeyId"))
    if refused := _cannot_rotate(key, "EnableKeyRotation"):
        return refused
    days = data.get("RotationPeriodInDays", DEFAULT)
    if not isinstance(days, int) or not SHORTEST <= days <= LONGEST:
        return kms_answers.error(
            "ValidationException",
            f"1 validation error detected: Value '{days}' at 'rotationPeriodInDays' failed to satisfy "
            f"constraint: Member must have value between {SHORTEST} and {LONGEST}",
        )
    key["KeyRotationEnabled"], key["RotationPeriodInDays"] = True, days
    key["_rotation_began"] = time.time()
    return kms_answers.success()


def disable(data: dict[str, Any]) -> Response:
    """DisableKeyRotation."""
    key = kms_keys.find_by_id(data)
    if key is None:
        return kms_answers.not_found(data.get("KeyId"))
    if refused := _cannot_rotate(key, "DisableKeyRotation"):
        return refused
    key["KeyRotationEnabled"] = False
    return kms_answers.success()


def status(data: dict[str, Any]) -> Response:
    """GetKeyRotationStatus (F2). The period is shown only while rotation is on: UNCONFIRMED otherwise."""
    key = kms_keys.find_by_id(data)
    if key is None:
        return kms_answers.not_found(data.get("KeyId"))
    if key["Origin"] != "AWS_KMS":
        return _wrong_origin(key)
    found: dict[str, Any] = {"KeyId": key["KeyId"], "KeyRotationEnabled": False}
    primary = multi_region.primary_of(key)
    managed = kms_keys.is_managed(key)
    if key["KeyState"] in key_states.PENDING or not (managed or primary.get("KeyRotationEnabled")):
        return kms_answers.success(found)
    days = int(primary.get("RotationPeriodInDays", DEFAULT))
    began: float = primary.get("_rotation_began") or primary["CreationDate"]
    return kms_answers.success(
        found
        | {
            "KeyRotationEnabled": True,
            "RotationPeriodInDays": days,
            "NextRotationDate": int(began + days * DAY),
        }
    )


def rotate_on_demand(data: dict[str, Any]) -> Response:
    """RotateKeyOnDemand; it has ended when it is answered, and leaves the automatic schedule as it is."""
    key = kms_keys.find_by_id(data)
    if key is None:
        return kms_answers.not_found(data.get("KeyId"))
    if key["Origin"] == "EXTERNAL" and key["KeyState"] == key_states.ENABLED:
        reason = f"No available key material pending rotation for the key: {key['Arn']}."
        return kms_answers.error("KMSInvalidStateException", reason)
    if refused := _cannot_rotate(key, "RotateKeyOnDemand"):
        return refused
    asked = [rotation for rotation in rotations(key) if rotation["RotationType"] == ON_DEMAND]
    if len(asked) >= MOST_ON_DEMAND:
        reason = f"{key['Arn']} has been rotated on demand {MOST_ON_DEMAND} times, which is the most."
        return kms_answers.error("LimitExceededException", reason)
    rotate(key, ON_DEMAND)
    return kms_answers.success({"KeyId": key["KeyId"]})


def listed(data: dict[str, Any]) -> Response:
    """ListKeyRotations, always in one page."""
    key = kms_keys.find_by_id(data)
    if key is None:
        return kms_answers.not_found(data.get("KeyId"))
    return kms_answers.success({"Rotations": rotations(key), "Truncated": False})


def rotations(key: Key) -> list[dict[str, Any]]:
    """The completed rotations of a key; replicas have those of their primary."""
    found: list[dict[str, Any]] = multi_region.primary_of(key).setdefault("_rotations", [])
    return found


def rotate(key: Key, kind: str) -> None:
    """Give a key new material; an automatic rotation also begins the next period."""
    done = rotations(key)
    for rotation in done:
        rotation["KeyMaterialState"] = "NON_CURRENT"
    done.append({"KeyId": key["KeyId"], "RotationDate": int(time.time()), "RotationType": kind})
    done[-1] |= {"KeyMaterialId": kms._key_material_id(key), "KeyMaterialState": "CURRENT"}
    if kind == AUTOMATIC:
        multi_region.primary_of(key)["_rotation_began"] = time.time()


def _cannot_rotate(key: Key, operation: str) -> Response | None:
    """F3: only symmetric keys with material of KMS rotate, and replicas only with their primary."""
    if key["KeySpec"] != SYMMETRIC:
        reason = f"{key['Arn']} key spec is {key['KeySpec']} which is not valid for {operation}."
        return kms_answers.error("UnsupportedOperationException", reason)
    if key["Origin"] != "AWS_KMS":
        return _wrong_origin(key)
    if multi_region.is_replica(key):
        reason = f"{key['Arn']} is a multi-Region replica key which is not valid for {operation}."
        return kms_answers.error("UnsupportedOperationException", reason)
    return None


def _wrong_origin(key: Key) -> Response:
    reason = f"{key['Arn']} origin is {key['Origin']} which is not valid for this operation."
    return kms_answers.error("UnsupportedOperationException", reason)


def _material_id(original: Callable[[Key], str], key: Key) -> str:
    rotated = len(rotations(key))
    return hashlib.sha256(f"{original(key)}-{rotated}".encode()).hexdigest() if rotated else original(key)
