"""AWS KMS: read keys and key policies. The only module that calls it."""

from __future__ import annotations

from json import loads
from typing import TYPE_CHECKING, Any

from reseal.aws.cache import TtlCache
from reseal.aws.errors import translated
from reseal.core.errors import AccessDeniedError, RefusalError
from reseal.core.state.kms_key import KeyDescription, KeyNotFound, KeyUnreadable, KmsKey

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mypy_boto3_kms import KMSClient

    from reseal.ports import Clock

DESCRIBE, READ_POLICY = "kms:DescribeKey", "kms:GetKeyPolicy"
CACHE_SECONDS = 60.0
_NOT_FOUND = frozenset({"NotFoundException", "InvalidArnException", "ValidationException"})


class KmsKeys:
    """`Keys` on AWS KMS. Answers are cached for one minute; refusals are not cached."""

    def __init__(self, client: KMSClient, clock: Clock) -> None:
        self._client = client
        self._keys: TtlCache[KeyDescription] = TtlCache(clock, CACHE_SECONDS)
        self._policies: TtlCache[Mapping[str, Any] | None] = TtlCache(clock, CACHE_SECONDS)

    def describe(self, key_id: str, *, max_age: float = CACHE_SECONDS) -> KeyDescription:
        """The key by ARN, id or alias, read at most `max_age` seconds ago.

        Raises RefusalError or TransientError.
        """
        return self._keys.get(
            key_id,
            lambda: self._describe(key_id),
            max_age=max_age,
            lasts=lambda answer: isinstance(answer, KmsKey),
        )

    def read_policy(self, key_arn: str, *, max_age: float) -> Mapping[str, Any] | None:
        """The key policy, read at most `max_age` seconds ago; None if KMS refuses to show it.

        Raises TransientError. KMS never shows the key policies of another account (GetKeyPolicy:
        "Cross-account use: No").
        """
        return self._policies.get(
            key_arn,
            lambda: self._read_policy(key_arn),
            max_age=max_age,
            lasts=lambda policy: policy is not None,
        )

    def _read_policy(self, key_arn: str) -> Mapping[str, Any] | None:
        try:
            with translated(READ_POLICY):
                answer = self._client.get_key_policy(KeyId=key_arn, PolicyName="default")
        except RefusalError:
            return None
        return dict(loads(answer["Policy"]))

    def _describe(self, key_id: str) -> KeyDescription:
        try:
            with translated(DESCRIBE):
                key = self._client.describe_key(KeyId=key_id)["KeyMetadata"]
        except AccessDeniedError:
            return KeyUnreadable(named=key_id)
        except RefusalError as refusal:
            if refusal.code not in _NOT_FOUND:
                raise
            return KeyNotFound(named=key_id)
        return KmsKey(
            arn=key["Arn"],
            state=key["KeyState"],
            manager=key["KeyManager"],
            spec=key["KeySpec"],
            usage=key["KeyUsage"],
            origin=key.get("Origin", ""),  # optional in the API's model
        )
