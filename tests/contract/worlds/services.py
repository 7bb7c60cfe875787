"""The buckets' and keys' ports for the contract tests: in memory, on moto, the local cloud and LocalEmu.

A world has the port under test and changes the backend as a test needs. moto is used only where its
answers are known to be right; the other backends test the rest. LocalEmu's errors are in
`known_gaps.py`.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, Protocol

from reseal.aws.kms import KmsKeys
from reseal.aws.s3.buckets import S3Buckets
from reseal.core.state.bucket_encryption import BucketEncryption
from reseal.core.state.kms_key import KmsKey
from reseal.ports import Buckets, Keys
from tests.support.fakes.services import NOON, FakeBuckets, FakeClock, FakeKeys
from tests.support.names import unique

ClientOf = Callable[[str], Any]
NEW_BUCKET = BucketEncryption(algorithm="AES256")


@dataclass(frozen=True, slots=True)
class Backend:
    """Clients, and the account they belong to."""

    client: ClientOf
    account: str


# --- Buckets -----------------------------------------------------------------------------------------


class BucketWorld(Protocol):
    buckets: Buckets

    def now(self) -> datetime: ...
    def new_bucket(self) -> str: ...
    def delete_bucket(self, name: str) -> None: ...


class FakeBucketWorld:
    def __init__(self) -> None:
        self.buckets = FakeBuckets()

    def now(self) -> datetime:
        return NOON

    def new_bucket(self) -> str:
        name = unique("fake")
        self.buckets.state[name] = NEW_BUCKET
        self.buckets.created[name] = self.now()
        return name

    def delete_bucket(self, name: str) -> None:
        del self.buckets.state[name]


class AwsBucketWorld:
    def __init__(self, backend: Backend) -> None:
        self._s3 = backend.client("s3")
        self.buckets = S3Buckets(backend.client("s3"), backend.account, FakeClock())

    def now(self) -> datetime:
        return datetime.now(UTC)

    def new_bucket(self) -> str:
        name = unique("contract")
        self._s3.create_bucket(Bucket=name)
        return name

    def delete_bucket(self, name: str) -> None:
        self._s3.delete_bucket(Bucket=name)


# --- Keys --------------------------------------------------------------------------------------------


class KeyWorld(Protocol):
    keys: Keys

    def new_key(self, spec: str = "SYMMETRIC_DEFAULT", usage: str = "ENCRYPT_DECRYPT") -> KmsKey: ...
    def new_key_without_material(self) -> KmsKey: ...
    def new_alias(self, key: KmsKey) -> str: ...
    def disable(self, key: KmsKey) -> None: ...
    def schedule_deletion(self, key: KmsKey) -> None: ...


def bare_id(key: KmsKey) -> str:
    return key.arn.rpartition("/")[2]


def _enabled(arn: str, spec: str, usage: str) -> KmsKey:
    return KmsKey(arn=arn, state="Enabled", manager="CUSTOMER", spec=spec, usage=usage, origin="AWS_KMS")


class FakeKeyWorld:
    """The fake knows a key by every name under which KMS would find it."""

    def __init__(self) -> None:
        self.keys = FakeKeys()

    def new_key(self, spec: str = "SYMMETRIC_DEFAULT", usage: str = "ENCRYPT_DECRYPT") -> KmsKey:
        arn = f"arn:aws:kms:us-east-1:111122223333:key/{uuid.uuid4()}"
        key = _enabled(arn, spec, usage)
        self.keys.known |= {key.arn: key, bare_id(key): key}
        return key

    def new_key_without_material(self) -> KmsKey:
        key = replace(self.new_key(), state="PendingImport", origin="EXTERNAL")
        self._becomes(key)
        return key

    def new_alias(self, key: KmsKey) -> str:
        alias = unique("alias/contract")
        self.keys.known |= {alias: key, f"{key.arn.rpartition(':')[0]}:{alias}": key}
        return alias

    def disable(self, key: KmsKey) -> None:
        self._becomes(replace(key, state="Disabled"))

    def schedule_deletion(self, key: KmsKey) -> None:
        self._becomes(replace(key, state="PendingDeletion", deletion_date=NOON))

    def _becomes(self, key: KmsKey) -> None:
        self.keys.known |= {key.arn: key, bare_id(key): key}


class AwsKeyWorld:
    def __init__(self, backend: Backend) -> None:
        self._kms = backend.client("kms")
        self.keys = KmsKeys(backend.client("kms"), FakeClock())

    def new_key(self, spec: str = "SYMMETRIC_DEFAULT", usage: str = "ENCRYPT_DECRYPT") -> KmsKey:
        arn = self._kms.create_key(KeySpec=spec, KeyUsage=usage)["KeyMetadata"]["Arn"]
        return _enabled(arn, spec, usage)

    def new_key_without_material(self) -> KmsKey:
        created = self._kms.create_key(Origin="EXTERNAL", KeyUsage="ENCRYPT_DECRYPT")
        arn = created["KeyMetadata"]["Arn"]
        return replace(_enabled(arn, "SYMMETRIC_DEFAULT", "ENCRYPT_DECRYPT"), origin="EXTERNAL")

    def new_alias(self, key: KmsKey) -> str:
        alias = unique("alias/contract")
        self._kms.create_alias(AliasName=alias, TargetKeyId=bare_id(key))
        return alias

    def disable(self, key: KmsKey) -> None:
        self._kms.disable_key(KeyId=bare_id(key))  # moto knows no ARN here

    def schedule_deletion(self, key: KmsKey) -> None:
        self._kms.schedule_key_deletion(KeyId=bare_id(key), PendingWindowInDays=7)
