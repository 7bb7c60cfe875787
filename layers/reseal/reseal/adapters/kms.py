"""AWS KMS: what a key is and whether it can be used. The only module that calls it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reseal.adapters.failures import translated
from reseal.core.errors import AccessDeniedError, RefusalError
from reseal.core.kms_key import KeyDescription, KeyNotFound, KeyUnreadable, KmsKey

if TYPE_CHECKING:
    from mypy_boto3_kms import KMSClient

    from reseal.ports import Clock

DESCRIBE = "kms:DescribeKey"
CACHE_SECONDS = 60
_NOT_FOUND = frozenset({"NotFoundException", "InvalidArnException", "ValidationException"})


class KmsKeys:
    """`Keys` on AWS KMS. Answers are kept for a minute; refusals are not kept."""

    def __init__(self, client: KMSClient, clock: Clock) -> None:
        self._client, self._clock = client, clock
        self._known: dict[str, tuple[float, KmsKey]] = {}

    def describe(self, key_id: str) -> KeyDescription:
        """The key by ARN, id or alias, at most a minute old."""
        now = self._clock.now().timestamp()
        told_at, key = self._known.get(key_id, (0.0, None))
        if key is not None and now - told_at < CACHE_SECONDS:
            return key
        answer = self._ask(key_id)
        if isinstance(answer, KmsKey):
            self._known[key_id] = (now, answer)
        return answer

    def _ask(self, key_id: str) -> KeyDescription:
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
        )
