"""AWS KMS: read keys and key policies. The only module that calls it."""

from __future__ import annotations

from datetime import UTC, datetime
from json import loads
from typing import TYPE_CHECKING, Any

from reseal.aws.cache import TtlCache
from reseal.aws.errors import translated
from reseal.core.access.iam_policy import merged
from reseal.core.errors import AccessDeniedError, RefusalError
from reseal.core.state.kms_key import KeyDescription, KeyNotFound, KeyUnreadable, KmsKey

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mypy_boto3_kms import KMSClient

    from reseal.ports import Clock

DESCRIBE, READ_POLICY, LIST_POLICIES = "kms:DescribeKey", "kms:GetKeyPolicy", "kms:ListKeyPolicies"
CACHE_SECONDS = 60.0
NAMES_SECONDS = 3600.0
"""A key that RAM shares since then has one more policy. It only allows, so missing it holds a write back."""

_DEFAULT = "default"
_NOT_FOUND = frozenset({"NotFoundException", "InvalidArnException", "ValidationException"})


class KmsKeys:
    """`Keys` on AWS KMS. Answers are cached for one minute; refusals are not cached."""

    def __init__(self, client: KMSClient, clock: Clock) -> None:
        self._client = client
        self._keys: TtlCache[KeyDescription] = TtlCache(clock, CACHE_SECONDS)
        self._policies: TtlCache[Mapping[str, Any] | None] = TtlCache(clock, CACHE_SECONDS)
        self._names: TtlCache[list[str]] = TtlCache(clock, NAMES_SECONDS)

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

        Raises TransientError. A key that is shared through RAM has a second one, `AWS_RAM`; both apply, so it
        is all or nothing. KMS never shows the key policies of another account (GetKeyPolicy: "Cross-account
        use: No").
        """
        return self._policies.get(
            key_arn,
            lambda: self._read_policies(key_arn),
            max_age=max_age,
            lasts=lambda policy: policy is not None,
        )

    def _read_policies(self, key_arn: str) -> Mapping[str, Any] | None:
        try:
            first = self._read_policy(key_arn, _DEFAULT)
            names = self._names.get(key_arn, lambda: self._list_policies(key_arn))
            others = [self._read_policy(key_arn, name) for name in names if name != _DEFAULT]
        except RefusalError:
            return None
        return merged([first, *others])

    def _list_policies(self, key_arn: str) -> list[str]:
        with translated(LIST_POLICIES):
            return self._client.list_key_policies(KeyId=key_arn)["PolicyNames"]

    def _read_policy(self, key_arn: str, name: str) -> Mapping[str, Any]:
        with translated(READ_POLICY):
            answer = self._client.get_key_policy(KeyId=key_arn, PolicyName=name)
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
            deletion_date=_utc(key.get("DeletionDate")),
            primary=_primary_of(key),
            valid_to=_utc(key.get("ValidTo")),
        )


def _utc(time: datetime | None) -> datetime | None:
    return time.astimezone(UTC) if time else None


def _primary_of(key: Mapping[str, Any]) -> str | None:
    """The ARN of the primary of which the key is a replica."""
    members = key.get("MultiRegionConfiguration", {})
    is_replica = members.get("MultiRegionKeyType") == "REPLICA"
    return str(members["PrimaryKey"]["Arn"]) if is_replica else None
