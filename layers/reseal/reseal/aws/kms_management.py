"""AWS KMS: the rotation and the state of keys. Besides `aws/kms.py` the only module that calls KMS."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC
from typing import TYPE_CHECKING

from reseal.aws.errors import translated
from reseal.core.errors import NotFoundError, RefusalError
from reseal.core.state.key_knowledge import LastUse
from reseal.core.state.key_settings import KeyRotation

if TYPE_CHECKING:
    from mypy_boto3_kms import KMSClient

READ_ROTATION, READ_LAST_USE = "kms:GetKeyRotationStatus", "kms:GetKeyLastUsage"
ENABLE_ROTATION, CANCEL_DELETION, ENABLE = "kms:EnableKeyRotation", "kms:CancelKeyDeletion", "kms:EnableKey"
_NOT_FOUND = "NotFoundException"


class KmsManagement:
    """`KeyManagement` on AWS KMS. Nothing is cached."""

    def __init__(self, client: KMSClient) -> None:
        self._client = client

    def read_rotation(self, key_arn: str) -> KeyRotation:
        """Whether and how often KMS rotates the key by itself. Raises RefusalError or TransientError."""
        with _translated(READ_ROTATION):
            answer = self._client.get_key_rotation_status(KeyId=key_arn)
        return KeyRotation(enabled=answer["KeyRotationEnabled"], period=answer.get("RotationPeriodInDays"))

    def read_last_use(self, key_arn: str) -> LastUse:
        """The last use of the key that KMS noted (F19). Raises RefusalError or TransientError."""
        with _translated(READ_LAST_USE):
            answer = self._client.get_key_last_usage(KeyId=key_arn)
        use = answer.get("KeyLastUsage", {})
        return LastUse(
            at=use["Timestamp"].astimezone(UTC) if "Timestamp" in use else None,
            operation=use.get("Operation"),
            event_id=use.get("CloudTrailEventId"),
            tracked=answer["KeyCreationDate"] >= answer["TrackingStartDate"],
        )

    def enable_rotation(self, key_arn: str, period: int) -> None:
        """Let KMS rotate the key every `period` days (F1). Raises RefusalError or TransientError."""
        with _translated(ENABLE_ROTATION):
            self._client.enable_key_rotation(KeyId=key_arn, RotationPeriodInDays=period)

    def cancel_deletion(self, key_arn: str) -> None:
        """Cancel the deletion of the key (F8). Raises RefusalError or TransientError."""
        with _translated(CANCEL_DELETION):
            self._client.cancel_key_deletion(KeyId=key_arn)

    def enable(self, key_arn: str) -> None:
        """Enable the key. Raises RefusalError or TransientError."""
        with _translated(ENABLE):
            self._client.enable_key(KeyId=key_arn)


@contextmanager
def _translated(action: str) -> Iterator[None]:
    """As `translated`; a key that KMS does not find is gone."""
    try:
        with translated(action):
            yield
    except RefusalError as refusal:
        if refusal.code != _NOT_FOUND:
            raise
        raise NotFoundError(refusal.code, action, refusal.message) from refusal
