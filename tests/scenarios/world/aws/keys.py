"""AWS KMS: keys of this and of other accounts, their states and key policies."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
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
    period: int | None = 365  # of its rotation in days; None: it does not rotate
    deleted_at: datetime | None = None  # of a pending deletion
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


OPERATIONS = (
    "CancelKeyDeletion",
    "DescribeKey",
    "EnableKey",
    "EnableKeyRotation",
    "GetKeyLastUsage",
    "GetKeyPolicy",
    "GetKeyRotationStatus",
    "ListKeyPolicies",
)


class Keys:
    """All keys that this account's callers can name."""

    def __init__(self, account: Account) -> None:
        self.keys: list[Key] = []
        self._region = account.region
        self._clock = account.clock
        self.writes: list[tuple[str, str]] = []
        account.serve("kms", {name: getattr(self, name) for name in OPERATIONS})

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
        if key.deleted_at:
            metadata["DeletionDate"] = key.deleted_at
        return {"KeyMetadata": metadata}

    def ListKeyPolicies(self, KeyId: str, **_: Any) -> Mapping[str, Any]:  # noqa: N802, N803
        return {"PolicyNames": list(self._own(KeyId).policies), "Truncated": False}

    def GetKeyPolicy(self, KeyId: str, PolicyName: str = "default") -> Mapping[str, Any]:  # noqa: N802, N803
        policies = self._own(KeyId).policies
        if PolicyName not in policies:
            raise error("NotFoundException", operation="GetKeyPolicy")
        return {"Policy": json.dumps(policies[PolicyName]), "PolicyName": PolicyName}

    def GetKeyRotationStatus(self, KeyId: str) -> Mapping[str, Any]:  # noqa: N802, N803
        period = self._own(KeyId).period
        return {"KeyRotationEnabled": period is not None} | (
            {"RotationPeriodInDays": period} if period else {}
        )

    def GetKeyLastUsage(self, KeyId: str) -> Mapping[str, Any]:  # noqa: N802, N803
        """KMS has noted no use of a key that is older than its notes."""
        created, noted_since = (
            self._clock.now() - timedelta(days=900),
            self._clock.now() - timedelta(days=200),
        )
        arn = self._own(KeyId).arn
        return {"KeyId": arn, "KeyCreationDate": created, "TrackingStartDate": noted_since}

    # --- what Reseal writes --------------------------------------------------------------------

    def EnableKeyRotation(self, KeyId: str, RotationPeriodInDays: int) -> Mapping[str, Any]:  # noqa: N802, N803
        self._in(KeyId, "EnableKeyRotation", "Enabled").period = RotationPeriodInDays
        return {}

    def CancelKeyDeletion(self, KeyId: str) -> Mapping[str, Any]:  # noqa: N802, N803
        key = self._in(KeyId, "CancelKeyDeletion", "PendingDeletion")
        key.state, key.deleted_at = "Disabled", None
        return {"KeyId": key.arn}

    def EnableKey(self, KeyId: str) -> Mapping[str, Any]:  # noqa: N802, N803
        self._in(KeyId, "EnableKey", "Enabled", "Disabled").state = "Enabled"
        return {}

    def _in(self, name: str, operation: str, *states: str) -> Key:
        key = self._own(name)
        if key.state not in states:
            raise error("KMSInvalidStateException", operation=operation)
        self.writes.append((operation, key.arn))
        return key

    def _own(self, name: str) -> Key:
        key = self.find(name)
        if key is None:
            raise error("NotFoundException", operation="KMS")
        if key.account != ACCOUNT:
            raise error("AccessDeniedException", operation="KMS")
        return key
