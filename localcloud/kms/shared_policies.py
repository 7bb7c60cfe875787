"""The second key policy, `AWS_RAM`, which Resource Access Manager gives to a key that it shares (F18).

MiniStack has no RAM: a test shares a key through `/_localcloud/key-sharing`.
"""

import json
from collections.abc import Callable
from typing import Any

from localcloud.kms import kms_answers, kms_keys
from localcloud.kms.kms_keys import Key
from localcloud.request import anchors
from localcloud.request.calls import Response

DEFAULT, SHARED = "default", "AWS_RAM"
_TEXT = "_ram_policy"


def install() -> None:
    """Let both policies decide together."""
    anchors.replace("services.kms.key_policy_for_arn", _key_policy_for_arn)


def share(key: str, policy: dict[str, Any] | None) -> None:
    """Give the key with this ARN an `AWS_RAM` policy, or take it away. Raises ValueError if it is missing."""
    found = kms_keys.find_anywhere(key)
    if policy is None:
        found.pop(_TEXT, None)
    else:
        found[_TEXT] = json.dumps(policy)


def in_force(key: Key) -> str:
    """One policy with the statements of both."""
    if _TEXT not in key:
        return str(key["Policy"])
    policies = [json.loads(text) for text in (key["Policy"], key[_TEXT])]
    statements = [statement for policy in policies for statement in _statements(policy)]
    return json.dumps({"Version": "2012-10-17", "Statement": statements})


def names(data: dict[str, Any]) -> Response:
    """ListKeyPolicies."""
    key = kms_keys.find_by_id(data)
    if key is None:
        return kms_answers.not_found(data.get("KeyId"))
    found = [DEFAULT, SHARED] if _TEXT in key else [DEFAULT]
    return kms_answers.success({"PolicyNames": found, "Truncated": False})


def read(data: dict[str, Any]) -> Response:
    """GetKeyPolicy, by default of `default`."""
    key, name = kms_keys.find_by_id(data), data.get("PolicyName", DEFAULT)
    if key is None:
        return kms_answers.not_found(data.get("KeyId"))
    text = {DEFAULT: key["Policy"], SHARED: key.get(_TEXT)}.get(name)
    if text is None:
        return kms_answers.error("NotFoundException", "No such policy exists")
    return kms_answers.success({"Policy": text, "PolicyName": name})


def put(data: dict[str, Any]) -> Response:
    """PutKeyPolicy, which only changes `default`; the code of the refusal is UNCONFIRMED."""
    key = kms_keys.find_by_id(data)
    if key is None:
        return kms_answers.not_found(data.get("KeyId"))
    if data.get("PolicyName", DEFAULT) != DEFAULT:
        return kms_answers.error(
            "UnsupportedOperationException", "Only the default key policy can be changed"
        )
    key["Policy"] = data.get("Policy", "")
    return kms_answers.success()


def _statements(policy: dict[str, Any]) -> list[Any]:
    found = policy.get("Statement", [])
    return found if isinstance(found, list) else [found]


def _key_policy_for_arn(
    original: Callable[[str], tuple[str, str] | None], arn: str
) -> tuple[str, str] | None:
    found, key = original(arn), kms_keys.find_key(arn)
    return (in_force(key), found[1]) if found and key else found
