"""The snapshot in memory. Items are kept as JSON, as in the table."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from reseal.core.errors import LeaseHeldError
from reseal.core.snapshot import BucketSeen, KeySeen, Seen, joined, seen_from_document
from reseal.core.sweep.progress import Progress
from tests.support.fakes.services import Steps


class FakeSnapshot:
    """`Snapshot`; `sweep` names the sweep that looks. `items` can be shared by several."""

    def __init__(
        self,
        steps: Steps | None = None,
        *,
        sweep: str | None = None,
        items: dict[str, tuple[str, str | None]] | None = None,
    ) -> None:
        self.failures: defaultdict[str, list[Exception]] = defaultdict(list)
        self.items = {} if items is None else items
        self._steps, self._sweep = steps or Steps(), sweep

    def read_bucket(self, bucket: str) -> BucketSeen | None:
        with self._steps.step("read seen bucket", self.failures["read_bucket"]):
            seen = self._seen(f"bucket#{bucket}")
            return seen if isinstance(seen, BucketSeen) else None

    def read_key(self, arn: str) -> KeySeen | None:
        with self._steps.step("read seen key", self.failures["read_key"]):
            seen = self._seen(f"key#{arn}")
            return seen if isinstance(seen, KeySeen) else None

    def buckets_of_key(self, arn: str, now: datetime) -> Sequence[str]:
        with self._steps.step("read buckets of key", self.failures["buckets_of_key"]):
            seen = [one for item_id in self.items if isinstance(one := self._seen(item_id), BucketSeen)]
            since = now - timedelta(days=90)
            return sorted(one.bucket for one in seen if one.kms_key == arn and one.seen_at >= since)

    def names_of_keys(self, sweep: str) -> Iterator[tuple[str, str]]:
        for seen in self.seen_by(sweep):
            if isinstance(seen, BucketSeen) and seen.kms_key:
                yield seen.bucket, seen.kms_key

    def read_ahead(self, buckets: Sequence[str]) -> None:
        with self._steps.step("read ahead", self.failures["read_ahead"]):
            pass

    def put(self, seen: Seen) -> None:
        with self._steps.step("put seen", self.failures["put"]):
            item_id = f"{'bucket' if isinstance(seen, BucketSeen) else 'key'}#{seen.name}"
            now = joined(seen, self._seen(item_id))  # type: ignore[type-var]  # an id names one kind
            _, sweep = self.items.get(item_id, ("", None))
            self.items[item_id] = json.dumps(now.to_document()), self._sweep or sweep

    def seen_by(self, sweep: str) -> Iterator[Seen]:
        with self._steps.step("read seen", self.failures["seen_by"]):
            found = [text for text, last in self.items.values() if last == sweep]
            yield from (seen_from_document(json.loads(text)) for text in found)

    def _seen(self, item_id: str) -> Seen | None:
        text, _ = self.items.get(item_id, ("", None))
        return seen_from_document(json.loads(text)) if text else None


class FakeSweepState:
    """`SweepState`. Kept as JSON, as in the table."""

    def __init__(self, steps: Steps | None = None) -> None:
        self.failures: defaultdict[str, list[Exception]] = defaultdict(list)
        self._steps = steps or Steps()
        self._holder: str | None = None
        self._until: datetime | None = None
        self._document: str | None = None

    @property
    def progress(self) -> Progress | None:
        """What was saved last."""
        return Progress.from_document(json.loads(self._document)) if self._document else None

    def claim(self, holder: str, now: datetime, until: datetime) -> Progress | None:
        with self._steps.step("claim sweep", self.failures["claim"]):
            if self._until and self._until >= now and self._holder != holder:
                raise LeaseHeldError("another invocation is working on the sweep")
            self._holder, self._until = holder, until
            return self.progress

    def save(self, holder: str, progress: Progress) -> None:
        with self._steps.step("save sweep", self.failures["save"]):
            self._held(holder)
            self._document = json.dumps(progress.to_document())

    def release(self, holder: str) -> None:
        with self._steps.step("release sweep", self.failures["release"]):
            self._held(holder)
            self._until = None

    def _held(self, holder: str) -> None:
        if self._holder != holder:
            raise LeaseHeldError("another invocation is working on the sweep")
