"""What the pipeline needs from the outside. Each has one adapter, and one fake in the tests."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from reseal.core.errors import LeaseHeldError
from reseal.core.findings.alerts import Suppressed, Tallied, Tally, Unblocked
from reseal.core.findings.event_result import EventResult
from reseal.core.findings.message import Message
from reseal.core.repairs.ledger_entry import E, LedgerEntry
from reseal.core.state.bucket_access import BucketAccess
from reseal.core.state.bucket_encryption import BucketEncryption
from reseal.core.state.kms_key import KeyDescription
from reseal.core.state.object_encryption import ObjectEncryption
from reseal.core.state.s3_object import BucketContext, Listed, ObjectAcl, ObservedObject


class Buckets(Protocol):
    """Amazon S3, as far as bucket default encryption goes."""

    def read_encryption(self, bucket: str) -> BucketEncryption:
        """The bucket's rule now. Raises RefusalError or TransientError."""

    def read_access(self, bucket: str, *, fresh: bool) -> BucketAccess:
        """Who reaches the bucket; unless `fresh`, the answer may be two minutes old. Raises the same."""

    def knows_access(self, bucket: str) -> bool:
        """Whether `read_exposure` has its answer at hand. Raises nothing."""

    def read_context(self, bucket: str) -> BucketContext:
        """What the bucket means for its objects, at most two minutes old. Raises the same."""

    def read_tags(self, bucket: str) -> Mapping[str, str]:
        """The bucket's tags. Raises the same."""

    def put_encryption(self, bucket: str, encryption: BucketEncryption) -> None:
        """Replace the bucket's rule. Raises RefusalError or TransientError."""


class Objects(Protocol):
    """Amazon S3, as far as single objects go. All methods raise RefusalError or TransientError.

    Of the refusals GoneError says that the object or version is not there, ChangedError that a newer
    write came first, and CustomerKeyError that the object is under SSE-C.
    """

    def read(self, bucket: str, key: str, version_id: str | None) -> ObservedObject:
        """The object as it is now: the very version, or the current one where None is named."""

    def read_listed(self, bucket: str, key: str) -> Listed | None:
        """What S3 lists of the current version, also of one that cannot be read. None: there is none."""

    def read_acl(self, head: ObservedObject) -> ObjectAcl:
        """The object's ACL."""

    def read_tags(self, head: ObservedObject) -> Mapping[str, str]:
        """The object's tags."""

    def has_annotations(self, head: ObservedObject) -> bool:
        """Whether the object carries annotations."""

    def copy(self, head: ObservedObject, intended: ObjectEncryption, sent: Mapping[str, Any]) -> None:
        """Copy the object over itself under `intended`, with the parameters `sent`, if it is still `head`."""

    def copy_in_parts(
        self,
        head: ObservedObject,
        intended: ObjectEncryption,
        sent: Mapping[str, Any],
        *,
        seconds_left: Callable[[], float],
        confirm: Callable[[], None],
    ) -> None:
        """The same in parts; completes or aborts its upload. Raises TransientError when the time will not do.

        `confirm` is called when all parts are there, before they become the object: what it raises
        aborts the upload.
        """

    def update_encryption(self, head: ObservedObject, intended: ObjectEncryption) -> None:
        """Put the very version under `intended`, in place."""


class Keys(Protocol):
    """AWS KMS, read only."""

    def describe(self, key_id: str) -> KeyDescription:
        """The key by ARN, id or alias, at most a minute old. Raises RefusalError or TransientError."""

    def read_policy(self, key_arn: str) -> Mapping[str, Any] | None:
        """The key's policy; None where KMS will not show it. Raises RefusalError or TransientError."""


class Ledger(Protocol):
    """The record of every write. All methods raise TransientError when the table does not answer."""

    def read(self, entry_id: str) -> LedgerEntry[Any] | None:
        """The entry of an event, if it made Reseal write."""

    def open(self, entry: LedgerEntry[E], now: datetime) -> LedgerEntry[E]:
        """Make the entry before the write, or return the one already closed.

        Takes over an entry whose lease has run out. Raises LeaseHeldError while another holds it.
        """

    def close(self, entry: LedgerEntry[E], now: datetime) -> None:
        """Complete the entry; again is harmless. Raises LeaseHeldError when another took it over."""

    def first_refusal_today(self, bucket: str, refused: str, event_id: str, now: datetime) -> bool:
        """Whether this event is the day's first that was `refused` this on the bucket."""

    def note_unblocked(self, bucket: str, unblocked: Unblocked, now: datetime) -> None:
        """Remember who unblocked SSE-C on a bucket."""

    def read_unblocked(self, bucket: str, now: datetime) -> Unblocked | None:
        """Who unblocked SSE-C on the bucket within the last day, if anybody did."""


class ObjectLedger(Protocol):
    """The same record for a batch of objects, in few calls. Raises TransientError as `Ledger`.

    No two entries of a call may have the same id.
    """

    def read_all(self, entry_ids: Sequence[str]) -> Mapping[str, LedgerEntry[ObjectEncryption]]:
        """The entries there are, by id."""

    def open_all(
        self, entries: Sequence[LedgerEntry[ObjectEncryption]], now: datetime
    ) -> Mapping[str, LedgerEntry[ObjectEncryption] | LeaseHeldError]:
        """Each entry as `Ledger.open` would make or return it, by id."""

    def close_all(
        self, entries: Sequence[LedgerEntry[ObjectEncryption]], now: datetime
    ) -> Mapping[str, LeaseHeldError]:
        """Complete the entries as `Ledger.close` would; the ids of those that another holds."""


class AlertWindows(Protocol):
    """Counts of equal alerts, kept in the ledger's table. All methods raise TransientError."""

    def tally(self, group: str, tallied: Tallied, now: datetime) -> Tally:
        """Count violations of a group: into its open window, or into a new one."""

    def read_suppressed(self, group: str) -> Suppressed | None:
        """What a group's window holds back, if anything. One that holds nothing is closed."""

    def clear_suppressed(self, group: str, suppressed: Suppressed, until: datetime) -> bool:
        """Take what was told out of the window. True where more came meanwhile: then it ends at `until`."""


class Reminders(Protocol):
    """The lane's own queue."""

    def remind(self, group: str, seconds: int) -> None:
        """Have the window of `group` closed after so many seconds, at most 900. Raises TransientError."""


class Topic(Protocol):
    """Amazon SNS."""

    def publish(self, message: Message) -> None:
        """Send the message. Raises TransientError when SNS did not take it."""


class Telemetry(Protocol):
    """The log line and the metrics of one event."""

    def record(self, event_result: EventResult) -> None:
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


@dataclass(frozen=True, slots=True, kw_only=True)
class ObjectServices:
    """What the object lane needs besides."""

    objects: Objects
    ledger: ObjectLedger
    windows: AlertWindows
    reminders: Reminders
