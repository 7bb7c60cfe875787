"""Switching a key off and on, scheduling and cancelling its deletion, and what ends a key (F8, F16, F17)."""

import time
from collections.abc import Callable
from typing import Any

from ministack.core import responses
from ministack.services import kms

from localcloud.kms import key_states, kms_answers, kms_keys, multi_region
from localcloud.kms.kms_keys import Key
from localcloud.request import anchors
from localcloud.request.calls import Response

SHORTEST, LONGEST = 7, 30


def install() -> None:
    """Replace ScheduleKeyDeletion, which CloudFormation calls too."""
    anchors.replace("services.kms._schedule_key_deletion", _schedule)


def enable(data: dict[str, Any]) -> Response:
    """EnableKey."""
    return _moved(data, key_states.ENABLED)


def disable(data: dict[str, Any]) -> Response:
    """DisableKey."""
    return _moved(data, key_states.DISABLED)


def cancel(data: dict[str, Any]) -> Response:
    """CancelKeyDeletion; the key stays disabled."""
    answer = _moved(data, key_states.DISABLED)
    key = kms_keys.find_by_id(data)
    if key is None:
        return answer
    key.pop("DeletionDate", None)
    key.pop("_pending_window_days", None)
    return kms_answers.success({"KeyId": key["Arn"]})


def end(key: Key) -> None:
    """Delete a key as KMS does when its waiting period is over, with its aliases and grants."""
    with responses.request_scope(kms_keys.owner(key["Arn"]), kms_keys.region(key["Arn"])):
        multi_region.remove(key)
        for alias in [name for name, target in kms._aliases.items() if target == key["KeyId"]]:
            del kms._aliases[alias]
        for grant in [name for name, found in kms._grants.items() if found["KeyId"] == key["Arn"]]:
            del kms._grants[grant]
        del kms._keys[key["KeyId"]]


def _moved(data: dict[str, Any], state: str) -> Response:
    key = kms_keys.find_by_id(data)
    if key is None:
        return kms_answers.not_found(data.get("KeyId"))
    key_states.put(key, state)
    return kms_answers.success()


def _schedule(_original: Callable[..., Response], data: dict[str, Any]) -> Response:
    """A primary with replicas waits for their end, without a date of its own (F17)."""
    key = kms_keys.find_by_id(data)
    if key is None:
        return kms_answers.not_found(data.get("KeyId"))
    days = int(data.get("PendingWindowInDays", LONGEST))
    if not SHORTEST <= days <= LONGEST:
        return kms_answers.error(
            "ValidationException",
            f"1 validation error detected: Value '{days}' at 'pendingWindowInDays' failed to satisfy "
            f"constraint: Member must have value between {SHORTEST} and {LONGEST}",
        )
    waits = bool(multi_region.replicas_of(key))
    key_states.put(key, key_states.WAITING_FOR_REPLICAS if waits else key_states.PENDING_DELETION)
    key["_pending_window_days"] = days
    found = {"KeyId": key["Arn"], "KeyState": key["KeyState"], "PendingWindowInDays": days}
    if not waits:
        key["DeletionDate"] = int(time.time() + days * multi_region.DAY)
        found["DeletionDate"] = key["DeletionDate"]
    return kms_answers.success(found)
