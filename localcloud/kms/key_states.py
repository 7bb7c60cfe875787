"""What KMS refuses because of a key's state or owner, before the operation itself looks at its request."""

from typing import Any

from ministack.core import responses

from localcloud.kms import kms_answers, kms_keys
from localcloud.kms.kms_keys import Key
from localcloud.request import anchors
from localcloud.request.calls import Response

ENABLED, DISABLED, NO_MATERIAL = "Enabled", "Disabled", "PendingImport"
PENDING_DELETION, WAITING_FOR_REPLICAS = "PendingDeletion", "PendingReplicaDeletion"
PENDING = frozenset({PENDING_DELETION, WAITING_FOR_REPLICAS})
NOT_PENDING = frozenset({ENABLED, DISABLED, NO_MATERIAL})
USABLE = frozenset({ENABLED})
WITH_MATERIAL = frozenset({ENABLED, DISABLED})
ROTATES = frozenset({ENABLED, NO_MATERIAL})  # without material: refused for the key's origin, not its state
ALLOWED = {  # F16
    "CancelKeyDeletion": PENDING,
    "CreateAlias": NOT_PENDING,
    "DisableKey": WITH_MATERIAL,
    "DisableKeyRotation": ROTATES,
    "EnableKey": WITH_MATERIAL,
    "EnableKeyRotation": ROTATES,
    "ReplicateKey": USABLE,
    "RotateKeyOnDemand": ROTATES,
    "ScheduleKeyDeletion": NOT_PENDING,
    "TagResource": NOT_PENDING,
    "UntagResource": NOT_PENDING,
    "UpdateAlias": NOT_PENDING,
    "UpdateKeyDescription": NOT_PENDING,
    "UpdatePrimaryRegion": USABLE,
}
NOT_ACROSS_ACCOUNTS = {  # F5
    *ALLOWED,
    "GetKeyLastUsage",
    "GetKeyPolicy",
    "ListKeyPolicies",
    "ListKeyRotations",
    "PutKeyPolicy",
}
REASONS = {
    PENDING_DELETION: "pending deletion",
    WAITING_FOR_REPLICAS: "pending replica deletion",
    NO_MATERIAL: "pending import",
}


def install() -> None:
    """Let MiniStack's cryptographic operations refuse keys that wait for the deletion of their replicas."""
    anchors.replace("services.kms._check_key_state", lambda _original, key: unusable(key))


def refusal(operation: str, data: dict[str, Any]) -> Response | None:
    """Why KMS refuses the operation for the key that it names; None if it does not."""
    reference = str(data.get("KeyId") or data.get("TargetKeyId") or "")
    key = kms_keys.find_key(reference)
    if key is None:
        return None  # the operation answers that, or names no key
    if operation in NOT_ACROSS_ACCOUNTS and kms_keys.owner(key["Arn"]) != responses.get_account_id():
        return kms_answers.not_found(reference)
    allowed = ALLOWED.get(operation)
    if allowed is None or key["KeyState"] in allowed:
        return None
    if allowed is PENDING:
        return kms_answers.error("KMSInvalidStateException", f"{key['Arn']} is not pending deletion.")
    return unusable(key)


def unusable(key: Key) -> Response | None:
    """The refusal to use a key in its present state; None if it is enabled."""
    state, arn = key["KeyState"], key["Arn"]
    if state == DISABLED:
        return kms_answers.error("DisabledException", f"{arn} is disabled.")
    if state in REASONS:
        return kms_answers.error("KMSInvalidStateException", f"{arn} is {REASONS[state]}.")
    return None


def put(key: Key, state: str) -> None:
    """Put a key into a state."""
    key["KeyState"], key["Enabled"] = state, state == ENABLED
