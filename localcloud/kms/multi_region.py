"""Multi-Region keys: one key id and material in several Regions, one of them the primary (F17)."""

import time
from collections.abc import Callable
from typing import Any

from ministack.services import kms

from localcloud.kms import key_states, kms_answers, kms_keys
from localcloud.kms.kms_keys import Key
from localcloud.request import anchors
from localcloud.request.calls import Response

DAY = 86_400


def install() -> None:
    """Wrap ReplicateKey."""
    anchors.replace("services.kms._replicate_key", _replicate)


def is_replica(key: Key) -> bool:
    """Whether a key is a replica of a primary in another Region."""
    return bool(key.get("_mrk_type") == "REPLICA")


def members(key: Key) -> dict[str, Key]:
    """The keys of a multi-Region key by Region; a single-Region key alone."""
    account = kms_keys.owner(key["Arn"])
    regions = key.get("_mrk_regions") or [kms_keys.region(key["Arn"])]
    found = {region: kms._keys.get_scoped(account, region, key["KeyId"]) for region in regions}
    return {region: member for region, member in found.items() if member}


def primary_of(key: Key) -> Key:
    """The primary, which holds what all members share; the key itself if it has none."""
    return next((member for member in members(key).values() if not is_replica(member)), key)


def replicas_of(key: Key) -> list[Key]:
    """The replicas of a primary; of any other key none."""
    return [] if is_replica(key) else [member for member in members(key).values() if is_replica(member)]


def update_primary_region(data: dict[str, Any]) -> Response:
    """UpdatePrimaryRegion: the replica in that Region and the primary change places."""
    key, region = kms_keys.find_by_id(data), str(data.get("PrimaryRegion", ""))
    if key is None:
        return kms_answers.not_found(data.get("KeyId"))
    if not key.get("MultiRegion") or is_replica(key):
        reason = f"{key['Arn']} is not a multi-Region primary key."
        return kms_answers.error("UnsupportedOperationException", reason)
    replica = members(key).get(region)
    if replica is None or replica is key:
        return kms_answers.error("NotFoundException", f"{key['Arn']} has no replica in {region}.")
    if refused := key_states.unusable(replica):
        return refused
    for shared in ("KeyRotationEnabled", "RotationPeriodInDays", "_rotation_began", "_rotations"):
        if shared in key:
            replica[shared] = key[shared]
    key["_mrk_type"], replica["_mrk_type"] = "REPLICA", "PRIMARY"
    for member in members(key).values():
        member["_mrk_primary_region"] = region
    return kms_answers.success()


def remove(key: Key) -> None:
    """Take a deleted key out of the list of its members; the last replica's end starts its primary's wait."""
    region, remaining = kms_keys.region(key["Arn"]), members(key)
    remaining.pop(region, None)
    for member in remaining.values():
        member["_mrk_regions"] = list(remaining)
        if member["KeyState"] == key_states.WAITING_FOR_REPLICAS and not replicas_of(member):
            key_states.put(member, key_states.PENDING_DELETION)
            member["DeletionDate"] = int(time.time() + member["_pending_window_days"] * DAY)


def _replicate(original: Callable[[dict[str, Any]], Response], data: dict[str, Any]) -> Response:
    """The answer shows the replica in its first state, which here ends with the answer."""
    answer = original(data)
    if answer[0] != kms_answers.OK:
        return answer
    found = kms_answers.members(answer)
    found["ReplicaKeyMetadata"] |= {"KeyState": "Creating", "Enabled": False}
    return kms_answers.success(found)
