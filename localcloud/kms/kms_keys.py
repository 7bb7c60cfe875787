"""KMS keys as S3 and DescribeKey see them: AWS's own, other accounts', those in custom key stores."""

import json
from collections.abc import Callable
from typing import Any

from ministack.core import responses
from ministack.services import kms

from localcloud.kms import kms_answers
from localcloud.request import anchors
from localcloud.request.calls import Response

Key = dict[str, Any]
MANAGED_ALIAS = "alias/aws/s3"
ARN_PARTS = 6
CUSTOM_STORES = frozenset({"AWS_CLOUDHSM", "EXTERNAL_KEY_STORE"})
STORE = "CustomKeyStoreId"


def install() -> None:
    """Let KMS find keys by the ARN of another account, and return the owner of each key."""
    anchors.replace("services.kms._create_key", _create_key)
    anchors.replace("services.kms._resolve_key", _resolve_key)
    anchors.replace("services.kms._key_metadata", _key_metadata)
    anchors.replace("services.kms.key_policy_for_arn", _key_policy_for_arn)


def find_key(reference: str) -> Key | None:
    """The key that an id, ARN or alias names, seen from the account and Region of the request."""
    key: Key | None = kms._resolve_key(reference)
    return key


def find_by_id(data: dict[str, Any]) -> Key | None:
    """The key that a management request names: by id or ARN, never by alias (F1)."""
    reference = str(data.get("KeyId", ""))
    return None if "alias/" in reference else find_key(reference)


def find_anywhere(arn: str) -> Key:
    """The key with this ARN, in whatever account and Region. Raises ValueError if there is none."""
    with responses.request_scope(owner(arn), region(arn)):
        key = find_key(arn)
    if key is None:
        raise ValueError(f"there is no key {arn}")
    return key


def is_managed(key: Key) -> bool:
    """Whether AWS manages the key."""
    with responses.request_scope(owner(key["Arn"]), region(key["Arn"])):
        return bool(kms._aliases.get(kms._alias_arn(MANAGED_ALIAS)) == key["KeyId"])


def region(reference: str) -> str:
    """The Region in an ARN; empty for an id or an alias."""
    parts = reference.split(":")
    return parts[3] if len(parts) == ARN_PARTS else ""


def owner(reference: str) -> str:
    """The account in an ARN; empty for an id or an alias."""
    parts = reference.split(":")
    return parts[4] if len(parts) == ARN_PARTS else ""


def managed_key() -> Key:
    """This account's aws/s3 key in this Region, created at its first use (E11)."""
    alias = kms._alias_arn(MANAGED_ALIAS)
    if alias not in kms._aliases:
        account, here = responses.get_account_id(), responses.get_region()
        _, _, body = kms._create_key(
            {
                "Policy": json.dumps(_managed_policy(account, here)),
                "Description": "Default key that protects my S3 objects when no other key is defined",
            }
        )
        kms._aliases[alias] = json.loads(body)["KeyMetadata"]["KeyId"]
    key: Key = kms._keys[kms._aliases[alias]]
    return key


def _managed_policy(account: str, here: str) -> dict[str, Any]:
    """Every caller of the account may use its managed key, through S3 only."""
    through_s3 = {"kms:CallerAccount": account, "kms:ViaService": f"s3.{here}.amazonaws.com"}
    use: dict[str, Any] = {
        "Effect": "Allow",
        "Principal": {"AWS": "*"},
        "Action": ["kms:Encrypt", "kms:Decrypt", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:DescribeKey"],
        "Resource": "*",
        "Condition": {"StringEquals": through_s3},
    }
    look: dict[str, Any] = {
        "Effect": "Allow",
        "Principal": {"AWS": f"arn:aws:iam::{account}:root"},
        "Action": ["kms:Describe*", "kms:Get*", "kms:List*"],
        "Resource": "*",
    }
    return {"Version": "2012-10-17", "Statement": [use, look]}


def _create_key(original: Callable[[dict[str, Any]], Response], data: dict[str, Any]) -> Response:
    """Take the origins of custom key stores; any store that is named counts as one that exists."""
    origin = data.get("Origin", "")
    if origin not in CUSTOM_STORES:
        return original(data)
    if not data.get(STORE):
        return kms_answers.error("ValidationException", f"Origin {origin} needs a {STORE}.")
    answer = original(data | {"Origin": "AWS_KMS"})
    if answer[0] != kms_answers.OK:
        return answer
    key = kms._keys[kms_answers.members(answer)["KeyMetadata"]["KeyId"]]
    key["Origin"], key[STORE] = origin, data[STORE]
    return kms_answers.success({"KeyMetadata": kms._key_metadata(key)})


def _resolve_key(original: Callable[[str], Key | None], reference: str) -> Key | None:
    if reference in {MANAGED_ALIAS, kms._alias_arn(MANAGED_ALIAS)}:
        return managed_key()
    here = responses.get_region()
    if not reference or region(reference) != here:
        return original(reference)
    with responses.request_scope(owner(reference), here):
        return original(reference)


def _key_metadata(original: Callable[[Key], Key], key: Key) -> Key:
    """F7: KeyManager marks the AWS managed key, AWSAccountId is the owner of the key."""
    account = owner(key["Arn"])
    with responses.request_scope(account, region(key["Arn"])):
        metadata = original(key)
    store = {STORE: key[STORE]} if STORE in key else {}
    manager = "AWS" if is_managed(key) else "CUSTOMER"
    return metadata | {"AWSAccountId": account, "KeyManager": manager} | store


def _key_policy_for_arn(
    original: Callable[[str], tuple[str, str] | None], arn: str
) -> tuple[str, str] | None:
    found, key = original(arn), find_key(arn)
    return (found[0], owner(key["Arn"])) if found and key else None
