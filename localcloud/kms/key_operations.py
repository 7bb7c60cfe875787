"""The path of every direct KMS call: refused for its key's state, or answered, and noted as a use."""

from collections.abc import Awaitable, Callable
from typing import Any

from localcloud.kms import (
    key_deletion,
    key_rotation,
    key_states,
    key_usage,
    kms_answers,
    multi_region,
    shared_policies,
)
from localcloud.request import anchors
from localcloud.request.calls import Response

OPERATIONS: dict[str, Callable[[dict[str, Any]], Response]] = {
    "CancelKeyDeletion": key_deletion.cancel,
    "DisableKey": key_deletion.disable,
    "DisableKeyRotation": key_rotation.disable,
    "EnableKey": key_deletion.enable,
    "EnableKeyRotation": key_rotation.enable,
    "GetKeyLastUsage": key_usage.last,
    "GetKeyPolicy": shared_policies.read,
    "GetKeyRotationStatus": key_rotation.status,
    "ListKeyPolicies": shared_policies.names,
    "ListKeyRotations": key_rotation.listed,
    "PutKeyPolicy": shared_policies.put,
    "RotateKeyOnDemand": key_rotation.rotate_on_demand,
    "UpdatePrimaryRegion": multi_region.update_primary_region,
}


def install() -> None:
    """Wrap MiniStack's handler of KMS requests."""
    anchors.replace("services.kms.handle_request", _handle)


async def _handle(
    ministack: Callable[..., Awaitable[Response]],
    method: str,
    path: str,
    headers: dict[str, str],
    body: bytes,
    query: dict[str, list[str]],
) -> Response:
    operation, data = headers.get("x-amz-target", "").rpartition(".")[2], kms_answers.parse(body)
    if refused := key_states.refusal(operation, data):
        return refused
    if handler := OPERATIONS.get(operation):
        return handler(data)
    answer = await ministack(method, path, headers, body, query)
    key_usage.note_call(operation, answer)
    return answer
