"""The key lane's own ports in memory, on the keys of `FakeKeys`."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from reseal.core.calls.look import Look
from reseal.core.errors import NotFoundError, RefusalError
from reseal.core.state.key_knowledge import KnownKey, LastUse
from reseal.core.state.key_settings import DISABLED, ENABLED, KeyRotation
from reseal.core.state.kms_key import KmsKey
from reseal.ports import KeyServices
from tests.support.fakes.services import FakeKeys, Steps
from tests.support.fakes.snapshot import FakeSnapshot


class FakeKeyManagement:
    """`KeyManagement`. As in KMS, cancelling leaves a key disabled, and each call needs its states (F16)."""

    def __init__(self, keys: FakeKeys, steps: Steps | None = None) -> None:
        self.rotation: dict[str, KeyRotation] = {}
        self.last_use: dict[str, LastUse] = {}
        self.failures: defaultdict[str, list[Exception]] = defaultdict(list)
        self.writes: list[tuple[str, str]] = []
        self._keys, self._steps = keys, steps or Steps()

    def read_rotation(self, key_arn: str) -> KeyRotation:
        with self._steps.step("read rotation", self.failures["read_rotation"]):
            self._key(key_arn)
            return self.rotation.get(key_arn, KeyRotation(enabled=False))

    def read_last_use(self, key_arn: str) -> LastUse:
        with self._steps.step("read last use", self.failures["read_last_use"]):
            self._key(key_arn)
            return self.last_use.get(key_arn, LastUse())

    def enable_rotation(self, key_arn: str, period: int) -> None:
        with self._steps.step("enable rotation", self.failures["enable_rotation"]):
            self._in(key_arn, ENABLED)
            self.rotation[key_arn] = KeyRotation(enabled=True, period=period)
            self.writes.append(("EnableKeyRotation", key_arn))

    def cancel_deletion(self, key_arn: str) -> None:
        with self._steps.step("cancel deletion", self.failures["cancel_deletion"]):
            key = self._in(key_arn, "PendingDeletion", "PendingReplicaDeletion")
            self._keys.known[key_arn] = replace(key, state=DISABLED, deletion_date=None)
            self.writes.append(("CancelKeyDeletion", key_arn))

    def enable(self, key_arn: str) -> None:
        with self._steps.step("enable key", self.failures["enable"]):
            key = self._in(key_arn, ENABLED, DISABLED)
            self._keys.known[key_arn] = replace(key, state=ENABLED)
            self.writes.append(("EnableKey", key_arn))

    def _key(self, key_arn: str) -> KmsKey:
        key = self._keys.known.get(key_arn)
        if not isinstance(key, KmsKey):
            raise NotFoundError("NotFoundException", "kms:DescribeKey", "no such key")
        return key

    def _in(self, key_arn: str, *states: str) -> KmsKey:
        key = self._key(key_arn)
        if key.state not in states:
            raise RefusalError("KMSInvalidStateException", "kms:EnableKey", f"it is {key.state}")
        return key


class FakeKnownKeys:
    """`KnownKeys`. What is later stays."""

    def __init__(self, steps: Steps | None = None) -> None:
        self.known: dict[str, KnownKey] = {}
        self.failures: defaultdict[str, list[Exception]] = defaultdict(list)
        self._first: dict[tuple[str, str], str] = {}
        self._steps = steps or Steps()

    def read(self, key_arn: str) -> KnownKey | None:
        with self._steps.step("read known", self.failures["read"]):
            return self.known.get(key_arn)

    def note(self, key_arn: str, known: KnownKey) -> None:
        with self._steps.step("note known", self.failures["note"]):
            there = self.known.get(key_arn)
            if there is None or there.at <= known.at:
                self.known[key_arn] = known

    def first_cancellation_today(self, key_arn: str, event_id: str, now: datetime) -> bool:
        with self._steps.step("first today", self.failures["first_cancellation_today"]):
            return self._first.setdefault((key_arn, f"{now:%Y-%m-%d}"), event_id) == event_id


class FakeLooks:
    """`Looks`. Keeps what was asked."""

    def __init__(self, steps: Steps | None = None) -> None:
        self.asked: list[Look[Any]] = []
        self.failures: defaultdict[str, list[Exception]] = defaultdict(list)
        self._steps = steps or Steps()

    def ask(self, look: Look[Any]) -> None:
        with self._steps.step("ask", self.failures["ask"]):
            self.asked.append(look)


@dataclass(frozen=True, slots=True, kw_only=True)
class FakeKms:
    """The key lane's fakes, on the steps of the others."""

    management: FakeKeyManagement
    known: FakeKnownKeys
    snapshot: FakeSnapshot
    looks: FakeLooks

    @classmethod
    def on(cls, keys: FakeKeys, steps: Steps) -> FakeKms:
        return cls(
            management=FakeKeyManagement(keys, steps),
            known=FakeKnownKeys(steps),
            snapshot=FakeSnapshot(steps),
            looks=FakeLooks(steps),
        )

    @property
    def services(self) -> KeyServices:
        return KeyServices(
            management=self.management, known=self.known, snapshot=self.snapshot, looks=self.looks
        )
