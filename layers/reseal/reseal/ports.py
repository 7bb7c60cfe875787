"""What the pipeline needs from the outside. Each has one adapter, and one fake in the tests."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from reseal.core.encryption import BucketEncryption
from reseal.core.guard.exposure import Exposure
from reseal.core.handled import Handled
from reseal.core.kms_key import KeyDescription
from reseal.core.ledger_entry import LedgerEntry
from reseal.core.message import Message


class Buckets(Protocol):
    """Amazon S3, as far as bucket default encryption goes."""

    def read_encryption(self, bucket: str) -> BucketEncryption:
        """The bucket's rule now. Raises RefusalError or TransientError."""

    def read_exposure(self, bucket: str, *, fresh: bool) -> Exposure:
        """Who reaches the bucket; unless `fresh`, the answer may be two minutes old. Raises the same."""

    def read_tags(self, bucket: str) -> Mapping[str, str]:
        """The bucket's tags. Raises the same."""

    def put_encryption(self, bucket: str, encryption: BucketEncryption) -> None:
        """Replace the bucket's rule. Raises RefusalError or TransientError."""


class Keys(Protocol):
    """AWS KMS, read only."""

    def describe(self, key_id: str) -> KeyDescription:
        """The key by ARN, id or alias, at most a minute old. Raises RefusalError or TransientError."""

    def read_policy(self, key_arn: str) -> Mapping[str, Any] | None:
        """The key's policy; None where KMS will not show it. Raises RefusalError or TransientError."""


class Ledger(Protocol):
    """The record of every write. All methods raise TransientError when the table does not answer."""

    def read(self, entry_id: str) -> LedgerEntry | None:
        """The entry of an event, if it made Reseal write."""

    def open(self, entry: LedgerEntry, now: datetime) -> LedgerEntry:
        """Make the entry before the write, or return the one already closed.

        Takes over an entry whose lease has run out. Raises LeaseHeldError while another holds it.
        """

    def close(self, entry: LedgerEntry, now: datetime) -> None:
        """Complete the entry; again is harmless. Raises LeaseHeldError when another took it over."""

    def first_refusal_today(self, bucket: str, action: str, event_id: str, now: datetime) -> bool:
        """Whether this event is the day's first that `action` was denied for on this bucket."""


class Topic(Protocol):
    """Amazon SNS."""

    def publish(self, message: Message) -> None:
        """Send the message. Raises TransientError when SNS did not take it."""


class Telemetry(Protocol):
    """The log line and the metrics of one event."""

    def record(self, handled: Handled) -> None:
        """Write both. Never raises."""


class Clock(Protocol):
    """Time."""

    def now(self) -> datetime:
        """The current time, in UTC."""

    def sleep(self, seconds: float) -> None:
        """Wait."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    """Everything outside, wired once per execution environment."""

    buckets: Buckets
    keys: Keys
    ledger: Ledger
    topic: Topic
    telemetry: Telemetry
    clock: Clock
