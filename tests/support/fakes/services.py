"""The ports of `reseal.ports` in memory, with faults on demand."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from threading import RLock
from typing import Any

from reseal.core.alerts.window import Window
from reseal.core.calls.attribution import CLOCKS_DIFFER
from reseal.core.calls.look import Look
from reseal.core.calls.queue_message import CloseWindow
from reseal.core.errors import LeaseHeldError, NotFoundError
from reseal.core.findings.alerts import Unblocked
from reseal.core.findings.event_result import EventResult
from reseal.core.findings.message import Message
from reseal.core.findings.sign import Noted
from reseal.core.outcome import may_have_been_made
from reseal.core.repairs.ledger_entry import LAST_REPAIRS, LedgerEntry
from reseal.core.resource import BucketResource
from reseal.core.state.bucket_access import BucketAccess
from reseal.core.state.bucket_encryption import BucketEncryption
from reseal.core.state.bucket_policy import BucketPolicy
from reseal.core.state.deny_insecure_transport import DenyInsecureTransport
from reseal.core.state.kms_key import KeyDescription, KeyNotFound
from reseal.core.state.s3_object import BucketContext
from reseal.core.transit.noted import LONGEST_WRITE, NotedBucket, NotedWrite, PlainHttpCall
from reseal.ports import Services

NOON = datetime(2026, 11, 23, 12, 0, 0, tzinfo=UTC)


class Crash(BaseException):
    """The invocation dies: time-out, out of memory. Nothing in the product catches it."""


class Steps:
    """Every call on every fake, in order, and the call at which the invocation dies.

    `dies_before` and `dies_after` count calls from 0; the first leaves the call without effect. `before`
    and `after` hold, by step name, functions that run once each before or after the step: a concurrent
    writer. `always` runs before every step, by its name: a deadline. Only one thread at a time takes a step.
    """

    def __init__(self) -> None:
        self.taken: list[str] = []
        self.dies_before: int | None = None
        self.dies_after: int | None = None
        self.before: defaultdict[str, list[Callable[[], object]]] = defaultdict(list)
        self.after: defaultdict[str, list[Callable[[], object]]] = defaultdict(list)
        self.always: Callable[[str], object] = lambda _name: None
        self._one_at_a_time = RLock()

    @contextmanager
    def step(self, name: str, failures: list[Exception] | None = None) -> Iterator[None]:
        with self._one_at_a_time:
            number = len(self.taken)
            self.taken.append(name)
            if number == self.dies_before:
                raise Crash
            self.always(name)
            if self.before[name]:
                self.before[name].pop(0)()
            if failures:
                raise failures.pop(0)
            yield
            if self.after[name]:
                self.after[name].pop(0)()
            if number == self.dies_after:
                raise Crash


class FakeBuckets:
    """`Buckets`. A bucket that is not in `state` does not exist.

    `versioned`, `notifying` and `with_acls` name the buckets that are. `failures` holds, by method, the
    errors of its next calls. `writes` keeps every write; after one, the next `stale_reads` reads show the
    state before it. `after_put` runs once, right after a write: a concurrent writer. A bucket that is not in
    `policies` has one that denies plain HTTP; `policy_writes` keeps every write of a policy.
    """

    def __init__(self, steps: Steps | None = None, clock: FakeClock | None = None) -> None:
        self.state: dict[str, BucketEncryption] = {}
        self.created: dict[str, datetime] = {}
        self.access: defaultdict[str, BucketAccess] = defaultdict(BucketAccess)
        self.versioned: set[str] = set()
        self.notifying: set[str] = set()
        self.with_acls: set[str] = set()
        self.tags: defaultdict[str, dict[str, str]] = defaultdict(dict)
        self.failures: defaultdict[str, list[Exception]] = defaultdict(list)
        self.writes: list[BucketEncryption] = []
        self.policies: dict[str, BucketPolicy] = {}
        self.policy_writes: list[BucketPolicy] = []
        self.stale_reads = 0
        self.after_put: Callable[[], None] | None = None
        self._steps, self._clock = steps or Steps(), clock or FakeClock()
        self._stale: dict[str, BucketEncryption] = {}

    def read_encryption(self, bucket: str) -> BucketEncryption:
        with self._steps.step("read bucket", self.failures["read_encryption"]):
            current = self._existing(bucket, "s3:GetEncryptionConfiguration")
            if bucket in self._stale and self.stale_reads > 0:
                self.stale_reads -= 1
                return self._stale[bucket]
            return current

    def read_created(self, bucket: str) -> datetime | None:
        with self._steps.step("read created", self.failures["read_created"]):
            return self.created.get(bucket)

    def read_policy(self, bucket: str) -> BucketPolicy:
        with self._steps.step("read policy", self.failures["read_policy"]):
            self._existing(bucket, "s3:GetBucketPolicy")
            return self.policies.get(bucket, denying_plain_http(bucket))

    def put_policy(self, bucket: str, policy: BucketPolicy) -> None:
        with self._steps.step("put policy", self.failures["put_policy"]):
            self._existing(bucket, "s3:PutBucketPolicy")
            self.policies[bucket] = policy
            self.policy_writes.append(policy)

    def read_access(self, bucket: str, policy: BucketPolicy | None = None) -> BucketAccess:
        with self._steps.step("read access", self.failures["read_access"]):
            self._existing(bucket, "s3:GetBucketPolicy")
            return self.access[bucket]

    def read_context(self, bucket: str) -> BucketContext:
        with self._steps.step("read context", self.failures["read_context"]):
            return BucketContext(
                read_at=self._clock.now(),
                access=self.access[bucket],
                bucket_key=self._existing(bucket, "s3:GetEncryptionConfiguration").bucket_key,
                versioned=bucket in self.versioned,
                notifies=bucket in self.notifying,
                has_acls=bucket in self.with_acls,
            )

    def read_tags(self, bucket: str) -> Mapping[str, str] | None:
        with self._steps.step("read tags", self.failures["read_tags"]):
            return self.tags[bucket]

    def put_encryption(self, bucket: str, encryption: BucketEncryption) -> None:
        with self._steps.step("put bucket", self.failures["put_encryption"]):
            self._stale[bucket] = self._existing(bucket, "s3:PutEncryptionConfiguration")
            self.state[bucket] = encryption
            self.writes.append(encryption)
            if self.after_put:
                hook, self.after_put = self.after_put, None
                hook()

    def _existing(self, bucket: str, action: str) -> BucketEncryption:
        if bucket not in self.state:
            raise NotFoundError("NoSuchBucket", action, "The specified bucket does not exist")
        return self.state[bucket]


def denying_plain_http(bucket: str) -> BucketPolicy:
    """The policy of a bucket that answers over TLS only."""
    return DenyInsecureTransport(bucket_arn=f"arn:aws:s3:::{bucket}").applied_to(BucketPolicy())


class FakeKeys:
    """`Keys`. A name that is not in `known` is no key."""

    def __init__(self, steps: Steps | None = None) -> None:
        self.known: dict[str, KeyDescription] = {}
        self.policies: dict[str, dict[str, Any]] = {}
        self.failures: defaultdict[str, list[Exception]] = defaultdict(list)
        self._steps = steps or Steps()

    def describe(self, key_id: str, *, max_age: float = 60.0) -> KeyDescription:
        with self._steps.step("describe key", self.failures["describe"]):
            return self.known.get(key_id, KeyNotFound(named=key_id))

    def read_policy(self, key_arn: str, *, max_age: float) -> Mapping[str, Any] | None:
        with self._steps.step("read key policy", self.failures["read_policy"]):
            return self.policies.get(key_arn)


class FakeKeyUses:
    """`KeyUses`. Takes no step: noting what is known already costs nothing."""

    def __init__(self) -> None:
        self.noted: dict[tuple[str, str], datetime] = {}

    def note(self, reference: str, bucket: str, now: datetime) -> None:
        self.noted[reference, bucket] = now

    def buckets_of(self, reference: str, now: datetime) -> tuple[str, ...]:
        since = now - timedelta(days=90)
        return tuple(sorted(b for (r, b), at in self.noted.items() if r == reference and at >= since))


class FakeLedger:
    """`Ledger`, with the conditions of the table's writes. Entries are kept as JSON, as in the table.

    `copied` holds the names of the objects that were copied.
    """

    def __init__(self, steps: Steps | None = None) -> None:
        self.failures: defaultdict[str, list[Exception]] = defaultdict(list)
        self._last: defaultdict[tuple[str, str], list[str]] = defaultdict(list)
        self._steps = steps or Steps()
        self._documents: dict[str, str] = {}

    @property
    def entries(self) -> list[LedgerEntry[Any]]:
        """Every entry, in the order they were first opened."""
        return [LedgerEntry.from_document(json.loads(text)) for text in self._documents.values()]

    def read_all(self, entry_ids: Sequence[str]) -> Mapping[str, LedgerEntry[Any]]:
        with self._steps.step("ledger read", self.failures["read_all"]):
            found = {entry_id: self._entry(entry_id) for entry_id in entry_ids}
            return {entry_id: entry for entry_id, entry in found.items() if entry}

    def open_all(
        self, entries: Sequence[LedgerEntry[Any]], now: datetime
    ) -> Mapping[str, LedgerEntry[Any] | LeaseHeldError]:
        with self._steps.step("ledger open", self.failures["open_all"]):
            return {entry.entry_id: self._opened(entry, now) for entry in entries}

    def close_all(self, entries: Sequence[LedgerEntry[Any]], now: datetime) -> Mapping[str, LeaseHeldError]:
        with self._steps.step("ledger close", self.failures["close_all"]):
            refused = [entry.entry_id for entry in entries if not self._closed(entry)]
            return {i: LeaseHeldError(f"another invocation took over event {i}") for i in refused}

    def read_last_repairs(
        self, names: Sequence[str], setting: str
    ) -> Mapping[str, tuple[LedgerEntry[Any], ...]]:
        with self._steps.step("ledger read last", self.failures["read_last_repairs"]):
            last = {name: map(self._entry, self._last[name, setting][:LAST_REPAIRS]) for name in names}
            found = {name: tuple(entry for entry in entries if entry) for name, entries in last.items()}
            return {name: entries for name, entries in found.items() if entries}

    def _opened(self, entry: LedgerEntry[Any], now: datetime) -> LedgerEntry[Any] | LeaseHeldError:
        there = self._entry(entry.entry_id)
        if there and there.outcome:
            return there
        if there and there.owner != entry.owner and there.lease_until >= int(now.timestamp()):
            return LeaseHeldError(f"another invocation is processing event {entry.entry_id}")
        self._put(entry)
        return entry

    def _closed(self, entry: LedgerEntry[Any]) -> bool:
        there = self._entry(entry.entry_id)
        if there == entry:
            return True
        if there is None or there.outcome or there.owner != entry.owner:
            return False
        self._put(entry)
        if may_have_been_made(entry.outcome):
            self._last[entry.resource.name, entry.setting].insert(0, entry.entry_id)
        return True

    def _entry(self, entry_id: str) -> LedgerEntry[Any] | None:
        text = self._documents.get(entry_id)
        return LedgerEntry.from_document(json.loads(text)) if text else None

    def _put(self, entry: LedgerEntry[Any]) -> None:
        self._documents[entry.entry_id] = json.dumps(entry.to_document())


class FakeWatchlist:
    """`Watchlist`. Forgets after a day."""

    def __init__(self, steps: Steps | None = None) -> None:
        self.failures: defaultdict[str, list[Exception]] = defaultdict(list)
        self._steps = steps or Steps()
        self.signs: dict[str, Noted] = {}
        self._unblocked: dict[str, tuple[Unblocked, datetime]] = {}

    def note_unblocked(self, bucket: str, unblocked: Unblocked, now: datetime) -> None:
        with self._steps.step("note unblocked", self.failures["note_unblocked"]):
            self._unblocked[bucket] = (unblocked, now)

    def read_unblocked(self, bucket: str, now: datetime) -> Unblocked | None:
        with self._steps.step("read unblocked", self.failures["read_unblocked"]):
            unblocked, noted = self._unblocked.get(bucket, (None, now))
            return unblocked if now - noted < timedelta(days=1) else None

    def read_signs(self, facet: str, now: datetime) -> Noted:
        with self._steps.step("read signs", self.failures["read_signs"]):
            return self.signs.get(facet, Noted()).within_a_day(now)

    def replace_signs(self, facet: str, noted: Noted, now: datetime) -> bool:
        with self._steps.step("note signs", self.failures["replace_signs"]):
            if self.signs.get(facet, Noted()).version != noted.version:
                return False
            self.signs[facet] = Noted(signs=noted.signs, version=noted.version + 1)
            return True


class FakeBucketNotes:
    """`BucketNotes`."""

    def __init__(self, steps: Steps | None = None) -> None:
        self.noted: defaultdict[str, NotedBucket] = defaultdict(NotedBucket)
        self.failures: defaultdict[str, list[Exception]] = defaultdict(list)
        self._steps = steps or Steps()

    def note_plain_http(self, bucket: str, call: PlainHttpCall, now: datetime) -> None:
        with self._steps.step("note plain HTTP", self.failures["note_plain_http"]):
            noted = self.noted[bucket]
            self.noted[bucket] = replace(noted, last=call, count=noted.count + 1)

    def note_tool(self, bucket: str, *, creator: str | None, manager: str | None) -> NotedBucket:
        with self._steps.step("note tool", self.failures["note_tool"]):
            noted = self.noted[bucket]
            self.noted[bucket] = replace(
                noted, creator=noted.creator or creator, manager=manager or noted.manager
            )
            return self.noted[bucket]

    def read(self, bucket: str) -> NotedBucket:
        with self._steps.step("read notes", self.failures["read"]):
            return self.noted[bucket]


class FakePolicyWrites:
    """`PolicyWrites`."""

    def __init__(self, steps: Steps | None = None) -> None:
        self.noted: list[tuple[str, NotedWrite]] = []
        self.failures: defaultdict[str, list[Exception]] = defaultdict(list)
        self._steps = steps or Steps()

    def note(self, bucket: str, write: NotedWrite) -> None:
        with self._steps.step("note write", self.failures["note"]):
            self.noted.append((bucket, write))

    def read_around(self, bucket: str, time: datetime) -> Sequence[NotedWrite]:
        with self._steps.step("read writes", self.failures["read_around"]):
            earliest, latest = time - LONGEST_WRITE - CLOCKS_DIFFER, time + CLOCKS_DIFFER
            return [one for name, one in self.noted if name == bucket and earliest <= one.read_at <= latest]


class FakeLooks:
    """`Looks`. Keeps what was asked."""

    def __init__(self, steps: Steps | None = None) -> None:
        self.asked: list[Look[BucketResource]] = []
        self.failures: defaultdict[str, list[Exception]] = defaultdict(list)
        self._steps = steps or Steps()

    def ask(self, look: Look[BucketResource]) -> None:
        with self._steps.step("hand on", self.failures["ask"]):
            self.asked.append(look)


class FakeWindows:
    """`AlertWindows`. Windows are kept as JSON, as in the table."""

    def __init__(self, steps: Steps | None = None) -> None:
        self.failures: defaultdict[str, list[Exception]] = defaultdict(list)
        self._steps = steps or Steps()
        self._stored: dict[str, tuple[int, str]] = {}

    def read(self, scope: str) -> Window | None:
        with self._steps.step("read window", self.failures["read"]):
            version, text = self._stored.get(scope, (0, ""))
            return Window.from_document(json.loads(text), version) if version else None

    def replace(self, window: Window) -> bool:
        with self._steps.step("replace window", self.failures["replace"]):
            version, _ = self._stored.get(window.scope, (0, ""))
            if version != window.version:
                return False
            self._stored[window.scope] = version + 1, json.dumps(window.to_document())
            return True


class FakeReminders:
    """`Reminders`. Keeps what was queued, and after how many seconds it comes."""

    def __init__(self, steps: Steps | None = None) -> None:
        self.sent: list[tuple[CloseWindow, int]] = []
        self.failures: defaultdict[str, list[Exception]] = defaultdict(list)
        self._steps = steps or Steps()

    def remind(self, reminder: CloseWindow, seconds: int) -> None:
        with self._steps.step("remind", self.failures["remind"]):
            self.sent.append((reminder, seconds))


class FakeTopic:
    """`Topic`. Keeps what was published."""

    def __init__(self, steps: Steps | None = None) -> None:
        self.messages: list[Message] = []
        self.failures: defaultdict[str, list[Exception]] = defaultdict(list)
        self._steps = steps or Steps()

    @property
    def findings(self) -> list[dict[str, Any]]:
        """The findings of all messages, as a subscriber reads them."""
        return [finding for m in self.messages for finding in json.loads(m.document)["findings"]]

    def publish(self, message: Message) -> None:
        with self._steps.step("publish", self.failures["publish"]):
            self.messages.append(message)


class FakeTelemetry:
    """`Telemetry`. Keeps what was recorded."""

    def __init__(self, steps: Steps | None = None) -> None:
        self.recorded: list[EventResult] = []
        self._steps = steps or Steps()

    def record(self, event_result: EventResult) -> None:
        with self._steps.step("telemetry"):
            self.recorded.append(event_result)


class FakeClock:
    """`Clock` that stands still until `sleep` is called or a test sets the time."""

    def __init__(self, time: datetime = NOON) -> None:
        self.time = time
        self.slept: list[float] = []

    def now(self) -> datetime:
        return self.time

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.time += timedelta(seconds=seconds)


@dataclass(frozen=True, slots=True, kw_only=True)
class FakeCloud:
    """All fakes, on one list of steps."""

    steps: Steps
    buckets: FakeBuckets
    keys: FakeKeys
    key_uses: FakeKeyUses
    ledger: FakeLedger
    watchlist: FakeWatchlist
    bucket_notes: FakeBucketNotes
    policy_writes: FakePolicyWrites
    looks: FakeLooks
    windows: FakeWindows
    reminders: FakeReminders
    topic: FakeTopic
    telemetry: FakeTelemetry
    clock: FakeClock

    @classmethod
    def holding(
        cls, buckets: Mapping[str, BucketEncryption], keys: Mapping[str, KeyDescription]
    ) -> FakeCloud:
        steps, clock = Steps(), FakeClock()
        cloud = cls(
            steps=steps,
            buckets=FakeBuckets(steps, clock),
            keys=FakeKeys(steps),
            key_uses=FakeKeyUses(),
            ledger=FakeLedger(steps),
            watchlist=FakeWatchlist(steps),
            bucket_notes=FakeBucketNotes(steps),
            policy_writes=FakePolicyWrites(steps),
            looks=FakeLooks(steps),
            windows=FakeWindows(steps),
            reminders=FakeReminders(steps),
            topic=FakeTopic(steps),
            telemetry=FakeTelemetry(steps),
            clock=clock,
        )
        cloud.buckets.state.update(buckets)
        cloud.keys.known.update(keys)
        return cloud

    @property
    def services(self) -> Services:
        return Services(
            buckets=self.buckets,
            keys=self.keys,
            key_uses=self.key_uses,
            ledger=self.ledger,
            watchlist=self.watchlist,
            bucket_notes=self.bucket_notes,
            policy_writes=self.policy_writes,
            windows=self.windows,
            reminders=self.reminders,
            topic=self.topic,
            telemetry=self.telemetry,
            clock=self.clock,
        )
