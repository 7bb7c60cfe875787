"""The ports of the sweep in memory."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from reseal.ports import Sightings, SweepServices
from tests.support.fakes.keys import FakeKeyManagement
from tests.support.fakes.services import FakeBuckets, FakeKeys, Steps
from tests.support.fakes.snapshot import FakeSnapshot, FakeSweepState


class FakeBucketList:
    """`BucketList` of the buckets of a `FakeBuckets`, and of `deleted`, which S3 may still list."""

    def __init__(self, buckets: FakeBuckets, steps: Steps | None = None) -> None:
        self.deleted: set[str] = set()
        self.failures: defaultdict[str, list[Exception]] = defaultdict(list)
        self._buckets, self._steps = buckets, steps or Steps()

    def page(self, token: str | None, size: int) -> tuple[Sequence[str], str | None]:
        with self._steps.step("list buckets", self.failures["page"]):
            names = sorted(one for one in {*self._buckets.state, *self.deleted} if one > (token or ""))
            return names[:size], names[size - 1] if len(names) > size else None


class FakeQueue:
    """`Queue`. Keeps what was sent, and with which delay."""

    def __init__(self, steps: Steps | None = None, name: str = "queue") -> None:
        self.sent: list[tuple[str, int]] = []
        self.failures: defaultdict[str, list[Exception]] = defaultdict(list)
        self._steps, self._name = steps or Steps(), name

    def send(self, body: str, seconds: int) -> None:
        with self._steps.step(f"send to {self._name}", self.failures["send"]):
            self.sent.append((body, seconds))


class FakeRequestMetrics:
    """`RequestMetrics`. `filters` has the ids of metrics that count whole buckets, `counts` the requests."""

    def __init__(self, steps: Steps | None = None) -> None:
        self.filters: dict[str, str] = {}
        self.counts: dict[str, int] = {}
        self.failures: defaultdict[str, list[Exception]] = defaultdict(list)
        self._steps = steps or Steps()

    def filter_of(self, bucket: str) -> str | None:
        with self._steps.step("read request metrics", self.failures["filter_of"]):
            return self.filters.get(bucket)

    def count(self, filters: Mapping[str, str], until: datetime) -> Mapping[str, int]:
        with self._steps.step("count requests", self.failures["count"]):
            return {bucket: self.counts.get(bucket, 0) for bucket in filters}


class FakeReports:
    """`Reports`. Keeps each file."""

    def __init__(self, steps: Steps | None = None) -> None:
        self.files: dict[str, str] = {}
        self.failures: defaultdict[str, list[Exception]] = defaultdict(list)
        self._steps = steps or Steps()

    def write(self, name: str, text: str, content_type: str) -> None:
        with self._steps.step("write report", self.failures["write"]):
            self.files[name] = text

    def place(self, name: str) -> str:
        return f"s3://reports/{name}"


@dataclass(frozen=True, slots=True, kw_only=True)
class FakeSweep:
    """All of them, on one list of steps."""

    listing: FakeBucketList
    state: FakeSweepState
    own_queue: FakeQueue
    bucket_looks: FakeQueue
    key_looks: FakeQueue
    management: FakeKeyManagement
    reports: FakeReports
    metrics: FakeRequestMetrics
    sightings: Callable[[str | None], FakeSnapshot]

    @classmethod
    def on(cls, buckets: FakeBuckets, keys: FakeKeys, steps: Steps) -> FakeSweep:
        items: dict[str, tuple[str, str | None]] = {}
        return cls(
            listing=FakeBucketList(buckets, steps),
            state=FakeSweepState(steps),
            own_queue=FakeQueue(steps, "the sweep"),
            bucket_looks=FakeQueue(steps, "the bucket lane"),
            key_looks=FakeQueue(steps, "the key lane"),
            management=FakeKeyManagement(keys, steps),
            reports=FakeReports(steps),
            metrics=FakeRequestMetrics(steps),
            sightings=lambda sweep: FakeSnapshot(steps, sweep=sweep, items=items),
        )

    @property
    def services(self) -> SweepServices:
        def of(sweep: str) -> Sightings:
            return self.sightings(sweep)

        return SweepServices(
            listing=self.listing,
            sightings=of,
            state=self.state,
            own_queue=self.own_queue,
            bucket_looks=self.bucket_looks,
            key_looks=self.key_looks,
            key_management=self.management,
            reports=self.reports,
            metrics=self.metrics,
        )
