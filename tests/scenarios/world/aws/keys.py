"""AWS KMS: keys of this and of other accounts, their states and key policies."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.scenarios.world.aws.account import ACCOUNT, Account, error


@dataclass(slots=True, kw_only=True)
class Key:
    """One KMS key. `policies` holds the documents by name; RAM adds a second one."""

    arn: str
    state: str = "Enabled"
    manager: str = "CUSTOMER"
    origin: str = "AWS_KMS"
    aliases: tuple[str, ...] = ()
    shown: bool = True  # whether DescribeKey is allowed
    policies: dict[str, Any] = field(default_factory=dict)

    @property
    def id(self) -> str:
        return self.arn.rpartition("/")[2]

    @property
    def account(self) -> str:
        return self.arn.split(":")[4]

    @property
    def names(self) -> set[str]:
        start = self.arn.rpartition(":")[0]
        local = {self.id, *self.aliases} if self.account == ACCOUNT else set()
        return {self.arn, *local, *(f"{start}:{alias}" for alias in self.aliases)}


class Keys:
    """All keys that this account's callers can name."""

    def __init__(self, account: Account) -> None:
        self.keys: list[Key] = []
        self._region = account.region
        operations = ("DescribeKey", "GetKeyPolicy", "ListKeyPolicies", "GetKeyRotationStatus")
        account.serve("kms", {name: getattr(self, name) for name in operations})

    def add(self, **key: Any) -> Key:
        self.keys.append(Key(**key))
        return self.keys[-1]

    def find(self, name: str) -> Key | None:
        return next((key for key in self.keys if name in key.names), None)

    def DescribeKey(self, KeyId: str, **_: Any) -> Mapping[str, Any]:  # noqa: N802, N803
        key = self.find(KeyId)
        if KeyId.startswith("arn:") and KeyId.split(":")[3] != self._region:
            raise error("NotFoundException", operation="DescribeKey", message="Invalid arn")
        if key is None and KeyId.startswith("arn:") and KeyId.split(":")[4] != ACCOUNT:
            raise error("AccessDeniedException", operation="DescribeKey")
        if key is None:
            raise error("NotFoundException", operation="DescribeKey")
        if not key.shown:
            raise error("AccessDeniedException", operation="DescribeKey")
        metadata = {
            "Arn": key.arn,
            "KeyId": key.id,
            "AWSAccountId": key.account,
            "KeyState": key.state,
            "Enabled": key.state == "Enabled",
            "KeyManager": key.manager,
            "KeySpec": "SYMMETRIC_DEFAULT",
            "KeyUsage": "ENCRYPT_DECRYPT",
            "Origin": key.origin,
            "MultiRegion": key.id.startswith("mrk-"),
        }
        return {"KeyMetadata": metadata}

    def ListKeyPolicies(self, KeyId: str, **_: Any) -> Mapping[str, Any]:  # noqa: N802, N803
        return {"PolicyNames": list(self._own(KeyId).policies), "Truncated": False}

    def GetKeyPolicy(self, KeyId: str, PolicyName: str = "default") -> Mapping[str, Any]:  # noqa: N802, N803
        policies = self._own(KeyId).policies
        if PolicyName not in policies:
            raise error("NotFoundException", operation="GetKeyPolicy")
        return {"Policy": json.dumps(policies[PolicyName]), "PolicyName": PolicyName}

    def GetKeyRotationStatus(self, KeyId: str) -> Mapping[str, Any]:  # noqa: N802, N803
        self._own(KeyId)
        return {"KeyRotationEnabled": True}

    def _own(self, name: str) -> Key:
        key = self.find(name)
        if key is None:
            raise error("NotFoundException", operation="KMS")
        if key.account != ACCOUNT:
            raise error("AccessDeniedException", operation="KMS")
        return key
