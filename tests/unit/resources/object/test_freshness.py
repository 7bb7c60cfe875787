"""What allows a write of an object must be true when it is made, however long the steps before it took."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from reseal.core.errors import TransientError
from reseal.core.repairs.objects.method import Methods
from reseal.core.state.bucket_access import BucketAccess, ReplicationRule
from tests.support.builders import BUCKET, DSSE_KMS, K, a_key, a_policy
from tests.support.fakes.services import FakeCloud
from tests.unit.resources.object.stage import Stage, an_event

IN_PARTS: dict[str, Any] = {"policy": a_policy(required=DSSE_KMS), "methods": Methods(largest_copy=1)}
PUBLIC_READ = {"Statement": [{"Effect": "Allow", "Principal": "*", "Action": "s3:*", "Resource": "*"}]}
REPLICATES = ReplicationRule(id="to-dr", enabled=True, takes_kms_objects=False)


def _let_everyone_read(cloud: FakeCloud) -> None:
    cloud.buckets.access[BUCKET] = BucketAccess(policy=PUBLIC_READ)


def _replicate(cloud: FakeCloud) -> None:
    cloud.buckets.access[BUCKET] = BucketAccess(replication=(REPLICATES,))


def _disable_key(cloud: FakeCloud) -> None:
    cloud.keys.known[K] = a_key(K, state="Disabled")


def _send_notifications(cloud: FakeCloud) -> None:
    cloud.buckets.notifying.add(BUCKET)


def _nothing(cloud: FakeCloud) -> None:
    pass


CHANGES = [_let_everyone_read, _replicate, _disable_key, _send_notifications]


def slow(stage: Stage, step: str, change: Callable[[FakeCloud], None], seconds: float = 30) -> None:
    """A step takes so long, and somebody makes the change meanwhile."""
    cloud = stage.cloud.cloud
    cloud.steps.after[step] += [lambda: (change(cloud), cloud.clock.sleep(seconds))]


@pytest.mark.parametrize("change", CHANGES)
def test_change_during_a_slow_ledger_write_stops_the_copy(change: Callable[[FakeCloud], None]) -> None:
    stage = Stage()
    stage.cloud.objects.put(BUCKET, "a.csv")
    slow(stage, "ledger open", change)

    failed = stage.deliver(an_event("a.csv"))

    assert isinstance(failed["m1"], TransientError)
    assert stage.cloud.objects.writes == []


def test_change_while_parts_are_copied_stops_the_upload() -> None:
    stage = Stage(**IN_PARTS)
    stage.cloud.objects.put(BUCKET, "a.csv")
    slow(stage, "copy in parts", _let_everyone_read)

    failed = stage.deliver(an_event("a.csv"))

    assert isinstance(failed["m1"], TransientError)
    assert (stage.cloud.objects.writes, stage.cloud.objects.uploads) == ([], [])


def test_slow_ledger_write_without_a_change_is_repaired() -> None:
    stage = Stage()
    stage.cloud.objects.put(BUCKET, "a.csv")
    slow(stage, "ledger open", _nothing)

    stage.deliver(an_event("a.csv"))

    assert stage.results == ["Applied"]


def test_quick_repair_reads_the_bucket_once() -> None:
    stage = Stage()
    stage.cloud.objects.put(BUCKET, "a.csv")
    slow(stage, "ledger open", _nothing, seconds=9)

    stage.deliver(an_event("a.csv"))

    assert stage.cloud.cloud.steps.taken.count("read context") == 1


def test_slow_repair_of_what_was_copied_before_is_made_in_place() -> None:
    stage = Stage()
    stage.cloud.objects.put(BUCKET, "a.csv")
    stage.deliver(an_event("a.csv"))
    stage.cloud.objects.put(BUCKET, "a.csv", body=b"again")
    slow(stage, "ledger open", _nothing)

    stage.deliver(an_event("a.csv", eventID="again"))

    assert stage.results == ["Applied", "Applied"]
    assert [method for method, *_ in stage.cloud.objects.writes] == ["copy", "update_encryption"]
