"""The key that a stack would create, before there is one: an audit judges with it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from reseal.core.state.kms_key import KeyDescription, KmsKey
from reseal.ports import Keys

_USES = ("Decrypt", "DescribeKey", "Encrypt", "GenerateDataKey", "ReEncryptFrom", "ReEncryptTo")
"""What the template's policy of its key lets each principal of the account do through S3; a test compares."""


@dataclass(frozen=True, slots=True)
class WithPlannedKey:
    """`Keys`: those of the account, and the key that a stack would create there."""

    keys: Keys
    planned: KmsKey
    dns_suffix: str

    def describe(self, key_id: str, *, max_age: float = 60.0) -> KeyDescription:
        """The key. Raises RefusalError or TransientError."""
        return self.planned if key_id == self.planned.arn else self.keys.describe(key_id, max_age=max_age)

    def read_policy(self, key_arn: str, *, max_age: float) -> Mapping[str, Any] | None:
        """The key policy; of the planned key, as the template has it. Raises TransientError."""
        if key_arn != self.planned.arn:
            return self.keys.read_policy(key_arn, max_age=max_age)
        condition = {
            "kms:CallerAccount": self.planned.account,
            "kms:ViaService": f"s3.{self.planned.region}.{self.dns_suffix}",
        }
        statement = {
            "Effect": "Allow",
            "Principal": {"AWS": "*"},
            "Action": [f"kms:{use}" for use in _USES],
            "Resource": "*",
            "Condition": {"StringEquals": condition},
        }
        return {"Version": "2012-10-17", "Statement": [statement]}


def planned_key(partition: str, region: str, account: str) -> KmsKey:
    """The key that a stack in this Region would create."""
    return KmsKey(
        arn=f"arn:{partition}:kms:{region}:{account}:key/the-key-that-a-stack-would-create",
        state="Enabled",
        manager="CUSTOMER",
        spec="SYMMETRIC_DEFAULT",
        usage="ENCRYPT_DECRYPT",
        origin="AWS_KMS",
    )
