"""The interfaces that the lanes need. Each has one adapter, and one fake in the tests."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from reseal.core.alerts.window import Window
from reseal.core.calls.look import Look
from reseal.core.calls.queue_message import CloseWindow
from reseal.core.errors import LeaseHeldError
from reseal.core.findings.alerts import Unblocked
from reseal.core.findings.event_result import EventResult
from reseal.core.findings.message import Message
from reseal.core.findings.sign import Noted
from reseal.core.repairs.ledger_entry import LedgerEntry
from reseal.core.resource import Resource
from reseal.core.snapshot import BucketSeen, KeySeen, Seen
from reseal.core.state.bucket_access import BucketAccess
from reseal.core.state.bucket_encryption import BucketEncryption
from reseal.core.state.bucket_policy import BucketPolicy
from reseal.core.state.key_knowledge import KnownKey, LastUse
from reseal.core.state.key_settings import KeyRotation
from reseal.core.state.kms_key import KeyDescription
from reseal.core.state.object_encryption import ObjectEncryption
from reseal.core.state.s3_object import BucketContext, Listed, ObjectAcl, ObservedObject
from reseal.core.sweep.progress import Progress
from reseal.core.transit.noted import NotedBucket, NotedWrite, PlainHttpCall


class Buckets(Protocol):
    """Amazon S3: bucket default encryption and bucket configuration."""

    def read_encryption(self, bucket: str) -> BucketEncryption:
        """The bucket's current rule. Raises RefusalError or TransientError."""

    def read_created(self, bucket: str) -> datetime | None:
        """When S3 says that the bucket was created; None if it does not. Raises TransientError."""

    def read_policy(self, bucket: str) -> BucketPolicy:
        """The bucket's policy now. Raises RefusalError or TransientError."""

    def read_access(self, bucket: str, policy: BucketPolicy | None = None) -> BucketAccess:
        """Who has access to the bucket now. A `policy` just read is not read again.

        Raises RefusalError or TransientError.
        """

    def read_context(self, bucket: str) -> BucketContext:
        """The bucket context of its objects, at most five seconds old.

        Raises RefusalError or TransientError.
        """

    def read_tags(self, bucket: str) -> Mapping[str, str] | None:
        """The bucket's tags, at most two minutes old; None if they cannot be read. Raises nothing."""

    def put_encryption(self, bucket: str, encryption: BucketEncryption) -> None:
        """Replace the bucket's rule. Raises RefusalError or TransientError."""


class BucketPolicies(Protocol):
    """Amazon S3: the write of bucket policies. Only the policy lane has the right to it."""

    def put_policy(self, bucket: str, policy: BucketPolicy) -> None:
        """Replace the bucket's policy, in one request that is never repeated.

        S3 knows no condition here, so a repeated request could take out what somebody wrote since the last
        read. Raises RefusalError or TransientError; after the latter the write may have been made.
        """


class Objects(Protocol):
    """Amazon S3: single objects. All methods raise RefusalError or TransientError.

    Refusals: NotFoundError if the object or version does not exist, ChangedError if a newer write came
    first, CustomerKeyError if the object is under SSE-C.
    """

    def read(self, bucket: str, key: str, version_id: str | None) -> ObservedObject:
        """The object now: the named version, or the current one if `version_id` is None."""

    def read_listed(self, bucket: str, key: str) -> Listed | None:
        """What S3 lists about the current version, even if it cannot be read; None if there is none."""

    def read_acl(self, head: ObservedObject) -> ObjectAcl:
        """The object's ACL."""

    def read_tags(self, head: ObservedObject) -> Mapping[str, str]:
        """The object's tags."""

    def has_annotations(self, head: ObservedObject) -> bool:
        """Whether the object carries annotations."""

    def copy(self, head: ObservedObject, intended: ObjectEncryption, sent: Mapping[str, Any]) -> None:
        """Copy the object onto itself under `intended` with the parameters `sent`, if it is still `head`."""

    def copy_in_parts(
        self,
        head: ObservedObject,
        intended: ObjectEncryption,
        sent: Mapping[str, Any],
        *,
        seconds_left: Callable[[], float],
        confirm: Callable[[], None],
    ) -> None:
        """Copy the object onto itself in parts; completes or aborts the upload.

        `confirm` is called after all parts are copied and before the upload is completed: an error from it
        aborts the upload. `seconds_left` gives the time left in the invocation. Raises TransientError if
        that is too little.
        """

    def update_encryption(self, head: ObservedObject, intended: ObjectEncryption) -> None:
        """Change the encryption of exactly this version to `intended`, in place."""


class Keys(Protocol):
    """AWS KMS, read only."""

    def describe(self, key_id: str, *, max_age: float = 60.0) -> KeyDescription:
        """The key by ARN, id or alias, read at most `max_age` seconds ago.

        Raises RefusalError or TransientError.
        """

    def read_policy(self, key_arn: str, *, max_age: float) -> Mapping[str, Any] | None:
        """The key policy, read at most `max_age` seconds ago; None if KMS refuses to show it.

        Raises TransientError.
        """


class KeyManagement(Protocol):
    """AWS KMS: the rotation and the state of keys. All methods raise RefusalError or TransientError."""

    def read_rotation(self, key_arn: str) -> KeyRotation:
        """Whether and how often KMS rotates the key by itself."""

    def read_last_use(self, key_arn: str) -> LastUse:
        """The last use of the key that KMS noted."""

    def enable_rotation(self, key_arn: str, period: int) -> None:
        """Let KMS rotate the key every `period` days, from 90 to 2,560."""

    def cancel_deletion(self, key_arn: str) -> None:
        """Cancel the deletion of the key, which leaves it disabled."""

    def enable(self, key_arn: str) -> None:
        """Enable the key."""


class KeyUses(Protocol):
    """Which buckets use which keys, as far as Reseal knows. All methods raise TransientError."""

    def note(self, reference: str, bucket: str, now: datetime) -> None:
        """Note that a bucket uses a key; `reference` is the key's ARN, or an alias that the bucket names."""

    def buckets_of(self, reference: str, now: datetime) -> tuple[str, ...]:
        """The buckets that were noted within 90 days, by name."""


class KnownKeys(Protocol):
    """What Reseal last knew of keys, kept in the ledger's table. All methods raise TransientError."""

    def read(self, key_arn: str) -> KnownKey | None:
        """What was known of the key; None if nothing was."""

    def note(self, key_arn: str, known: KnownKey) -> None:
        """Note what is known, unless something later is noted."""

    def first_cancellation_today(self, key_arn: str, event_id: str, now: datetime) -> bool:
        """Whether this is the first event of the UTC day for which the key's deletion is cancelled."""


class Looks(Protocol):
    """A lane's queue of requests to look."""

    def ask(self, look: Look[Resource]) -> None:
        """Queue the request. Raises TransientError."""


class Ledger(Protocol):
    """The record of every write. All methods raise TransientError if the table does not answer.

    The entries of one call must have different ids.
    """

    def read_all(self, entry_ids: Sequence[str]) -> Mapping[str, LedgerEntry[Any]]:
        """The existing entries, by id; none for a write that Reseal did not record."""

    def open_all(
        self, entries: Sequence[LedgerEntry[Any]], now: datetime
    ) -> Mapping[str, LedgerEntry[Any] | LeaseHeldError]:
        """Open each entry before its write; returns for each id the entry, or the one that is already closed.

        Takes over an entry whose lease has expired. Returns LeaseHeldError if another invocation holds it.
        """

    def close_all(self, entries: Sequence[LedgerEntry[Any]], now: datetime) -> Mapping[str, LeaseHeldError]:
        """Close the entries with their outcomes; idempotent. Returns an error for each one taken over.

        Notes each repair that was made, or may have been, as the latest of its resource and setting.
        """

    def read_last_repairs(
        self, names: Sequence[str], setting: str
    ) -> Mapping[str, tuple[LedgerEntry[Any], ...]]:
        """The entries of the last repairs of this setting of each of these resources, by the resource's name.

        At most `LAST_REPAIRS` of each, the latest first; no name without one.
        """


class Snapshot(Protocol):
    """What was last seen of each bucket and key. All methods raise TransientError."""

    def read_bucket(self, bucket: str) -> BucketSeen | None:
        """What was last seen of the bucket; None if it was never seen."""

    def read_key(self, arn: str) -> KeySeen | None:
        """What was last seen of the key with this ARN; None if it was never seen."""

    def buckets_of_key(self, arn: str, now: datetime) -> Sequence[str]:
        """The buckets that name the key with this ARN and were seen within 90 days, by name.

        A change may be seconds old.
        """

    def put(self, seen: Seen) -> None:
        """Keep what was seen, joined with what is known: the later observation counts."""


class Sightings(Snapshot, Protocol):
    """The snapshot of one sweep."""

    def read_ahead(self, buckets: Sequence[str]) -> None:
        """Read in few calls what is known of them: putting each then needs no read. Raises TransientError."""

    def names_of_keys(self, sweep: str) -> Iterator[tuple[str, str]]:
        """Each bucket that this sweep saw, with the ARN of the key that it names. Raises TransientError."""

    def seen_by(self, sweep: str) -> Iterator[Seen]:
        """Everything that this sweep saw, as it was last seen by anyone. Raises TransientError."""


class SweepState(Protocol):
    """How far the sweep is. All methods raise TransientError, and LeaseHeldError if another one holds it."""

    def claim(self, holder: str, now: datetime, until: datetime) -> Progress | None:
        """Hold the sweep until then, and read its progress; None if there was never a sweep."""

    def save(self, holder: str, progress: Progress) -> None:
        """Save the progress of the sweep that is held."""

    def release(self, holder: str) -> None:
        """Hold the sweep no longer."""


class BucketList(Protocol):
    """Amazon S3: the list of the account's buckets in this Region."""

    def page(self, token: str | None, size: int) -> tuple[Sequence[str], str | None]:
        """The names of the next buckets, `size` at most, and where the list continues; None at its end.

        Raises RefusalError or TransientError.
        """


class Queue(Protocol):
    """A queue of the stack."""

    def send(self, body: str, seconds: int) -> None:
        """Put a message on it, delivered after so many seconds (0 to 900). Raises TransientError."""


class RequestMetrics(Protocol):
    """How often the objects of buckets are read and written. All raise RefusalError or TransientError."""

    def filter_of(self, bucket: str) -> str | None:
        """The id of the request metrics that count the whole bucket; None if nobody configured them."""

    def count(self, filters: Mapping[str, str], until: datetime) -> Mapping[str, int]:
        """The requests of the last 30 days by bucket, from the ids of their metrics."""


class Reports(Protocol):
    """The bucket of the sweeps' reports."""

    def write(self, name: str, text: str, content_type: str) -> None:
        """Write one file; an equal name is replaced. Raises TransientError."""

    def place(self, name: str) -> str:
        """The address of a file, `s3://bucket/name`."""


class Watchlist(Protocol):
    """What is known for a day, kept in the ledger's table. All methods raise TransientError."""

    def note_unblocked(self, bucket: str, unblocked: Unblocked, now: datetime) -> None:
        """Record who unblocked SSE-C on a bucket."""

    def read_unblocked(self, bucket: str, now: datetime) -> Unblocked | None:
        """Who unblocked SSE-C on the bucket within the last day; None if no call is noted."""

    def read_signs(self, facet: str, now: datetime) -> Noted:
        """The signs of the last day of an actor, a bucket or a key (`Sign.facets`)."""

    def replace_signs(self, facet: str, noted: Noted, now: datetime) -> bool:
        """Store the signs in place of the version that they came from. False if it is no longer stored."""


class BucketNotes(Protocol):
    """What Reseal noted of each bucket, kept in the ledger's table. All methods raise TransientError."""

    def note_plain_http(self, bucket: str, call: PlainHttpCall, now: datetime) -> None:
        """Count a call over plain HTTP. The count may lag behind by a minute, the first call does not."""

    def note_tool(self, bucket: str, *, creator: str | None, manager: str | None) -> NotedBucket:
        """Note the tool that created the bucket, and a tool of infrastructure as code that manages it.

        The first creator stays, and None changes nothing. Returns what is noted then.
        """

    def read(self, bucket: str) -> NotedBucket:
        """What was noted."""


class PolicyWrites(Protocol):
    """When Reseal wrote which bucket policy, kept in the ledger's table. All methods raise TransientError."""

    def note(self, bucket: str, write: NotedWrite) -> None:
        """Note a write that is about to be made."""

    def read_around(self, bucket: str, time: datetime) -> Sequence[NotedWrite]:
        """The noted writes between whose read and answer this time can lie."""


class AlertWindows(Protocol):
    """Alert windows, kept in the ledger's table. All methods raise TransientError."""

    def read(self, scope: str) -> Window | None:
        """The stored window of a scope, also if it has ended; None if there is none."""

    def replace(self, window: Window) -> bool:
        """Store the window in place of the version that it came from; the stored one gets the next version.

        False if that version is no longer the stored one: then nothing changes.
        """


class Reminders(Protocol):
    """The lane's own queue."""

    def remind(self, reminder: CloseWindow, seconds: int) -> None:
        """Queue a reminder to close a window in `seconds` (0 to 900). Raises TransientError."""


class Topic(Protocol):
    """Amazon SNS."""

    def publish(self, message: Message) -> None:
        """Send the message. Raises TransientError if SNS did not accept it."""


class Telemetry(Protocol):
    """The log line and the metrics of one event."""

    def record(self, event_result: EventResult) -> None:
        """Write the log line and the metrics. Never raises."""


class Clock(Protocol):
    """The current time, and waiting."""

    def now(self) -> datetime:
        """The current time, in UTC."""

    def sleep(self, seconds: float) -> None:
        """Wait for `seconds`."""


class Deadline(Protocol):
    """The end of the present invocation."""

    def seconds_left(self) -> float:
        """The time left in the invocation, in seconds."""

    def keep(self, seconds: float) -> None:
        """From now on each AWS call must leave so many seconds for what comes after it."""

    def check(self, needed: float) -> None:
        """Raise TransientError if less than `needed` seconds are left besides those to keep."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    """The adapters of every lane, made once per execution environment."""

    buckets: Buckets
    keys: Keys
    key_uses: KeyUses
    ledger: Ledger
    watchlist: Watchlist
    bucket_notes: BucketNotes
    policy_writes: PolicyWrites
    windows: AlertWindows
    reminders: Reminders
    topic: Topic
    telemetry: Telemetry
    clock: Clock


@dataclass(frozen=True, slots=True, kw_only=True)
class ObjectServices:
    """The additional adapters of the object lane."""

    objects: Objects


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyServices:
    """The additional adapters of the key lane."""

    management: KeyManagement
    known: KnownKeys
    snapshot: Snapshot
    looks: Looks


@dataclass(frozen=True, slots=True, kw_only=True)
class SweepServices:
    """The additional adapters of the sweep. `sightings` is the snapshot for the sweep of this id.

    It writes nothing with `key_management`.
    """

    listing: BucketList
    sightings: Callable[[str], Sightings]
    state: SweepState
    own_queue: Queue
    bucket_looks: Queue
    key_looks: Queue
    key_management: KeyManagement
    reports: Reports
    metrics: RequestMetrics
