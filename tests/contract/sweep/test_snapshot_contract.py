"""The contracts of `Snapshot` and `SweepState`: one item per bucket and key, one sweep at a time."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from reseal.core.errors import LeaseHeldError
from reseal.core.snapshot import BucketSeen, Creator, KeySeen, Rotation
from reseal.core.sweep.progress import Progress
from tests.contract.worlds.snapshot import SnapshotWorld
from tests.support.builders import TEAM_KEY, a_key, encryption
from tests.support.fakes.services import NOON

LATER = NOON + timedelta(hours=1)
ALICE = Creator(who="alice", tool="Terraform", at=NOON)
PROGRESS = Progress(sweep="sweep-1", started_at=NOON, saved_at=NOON, token="next")


def seen(bucket: str = "payroll", at: datetime = NOON, *, key: str | None = TEAM_KEY) -> BucketSeen:
    return BucketSeen(bucket=bucket, seen_at=at, first_seen=at, encryption=encryption(), kms_key=key)


def key_seen(at: datetime = NOON) -> KeySeen:
    return KeySeen(key=a_key(), seen_at=at, since=at, first_seen=at, rotation=Rotation(on=True, days=180))


def test_bucket_that_was_never_seen_is_none(snapshots: SnapshotWorld) -> None:
    assert snapshots.by(None).read_bucket("payroll") is None
    assert snapshots.by(None).read_key(TEAM_KEY) is None


def test_bucket_is_read_as_it_was_put(snapshots: SnapshotWorld) -> None:
    snapshots.by(None).put(seen())

    assert snapshots.by(None).read_bucket("payroll") == seen()


def test_key_is_read_as_it_was_put(snapshots: SnapshotWorld) -> None:
    snapshots.by(None).put(key_seen())

    found = snapshots.by(None).read_key(TEAM_KEY)

    assert found == replace(key_seen(), last_rotation=Rotation(on=True, days=180), last_state="Enabled")


def test_later_observation_keeps_what_the_earlier_knew(snapshots: SnapshotWorld) -> None:
    snapshots.by(None).put(replace(seen(), creator=ALICE))
    snapshots.by("sweep-1").put(seen(at=LATER))

    found = snapshots.by(None).read_bucket("payroll")

    assert found == replace(seen(at=LATER), creator=ALICE, first_seen=NOON)


def test_observation_that_arrives_late_adds_only_what_was_not_known(snapshots: SnapshotWorld) -> None:
    snapshots.by("sweep-1").put(seen(at=LATER))
    snapshots.by(None).put(replace(seen(key=None), creator=ALICE))

    found = snapshots.by(None).read_bucket("payroll")

    assert found == replace(seen(at=LATER), creator=ALICE, first_seen=NOON)


def test_buckets_of_a_key_are_those_that_name_it_now(snapshots: SnapshotWorld) -> None:
    for bucket in ("b", "a", "moved"):
        snapshots.by(None).put(seen(bucket))
    snapshots.by(None).put(seen("moved", LATER, key=None))
    snapshots.by(None).put(key_seen())

    assert list(snapshots.by(None).buckets_of_key(TEAM_KEY, NOON)) == ["a", "b"]


def test_sweep_sees_its_own_rows_once_each_however_often_it_looked(snapshots: SnapshotWorld) -> None:
    snapshots.by("sweep-1").put(seen("of the last"))
    for _ in range(2):
        snapshots.by("sweep-2").put(seen("a"))
        snapshots.by("sweep-2").put(key_seen())
    snapshots.by(None).put(seen("of a lane"))

    assert sorted(one.name for one in snapshots.by("sweep-2").seen_by("sweep-2")) == ["a", TEAM_KEY]


def test_row_of_a_sweep_is_what_a_lane_saw_after_it(snapshots: SnapshotWorld) -> None:
    snapshots.by("sweep-1").put(seen())
    snapshots.by(None).put(seen(at=LATER))

    (row,) = snapshots.by("sweep-1").seen_by("sweep-1")

    assert row.seen_at == LATER


def test_first_sweep_has_no_progress(snapshots: SnapshotWorld) -> None:
    assert snapshots.state.claim("one", NOON, LATER) is None


def test_progress_is_read_as_it_was_saved(snapshots: SnapshotWorld) -> None:
    snapshots.state.claim("one", NOON, LATER)
    snapshots.state.save("one", PROGRESS)

    assert snapshots.state.claim("one", NOON, LATER) == PROGRESS


def test_one_invocation_at_a_time_holds_the_sweep(snapshots: SnapshotWorld) -> None:
    snapshots.state.claim("one", NOON, LATER)

    with pytest.raises(LeaseHeldError):
        snapshots.state.claim("two", NOON + timedelta(minutes=59), LATER)


def test_sweep_of_an_invocation_that_ended_is_taken_over(snapshots: SnapshotWorld) -> None:
    snapshots.state.claim("one", NOON, LATER)
    snapshots.state.save("one", PROGRESS)

    taken = snapshots.state.claim("two", LATER + timedelta(seconds=1), LATER + timedelta(hours=1))

    assert taken == PROGRESS
    with pytest.raises(LeaseHeldError):
        snapshots.state.save("one", PROGRESS)


def test_released_sweep_is_free_at_once(snapshots: SnapshotWorld) -> None:
    snapshots.state.claim("one", NOON, LATER)
    snapshots.state.release("one")

    assert snapshots.state.claim("two", NOON, LATER) is None


def test_what_was_read_ahead_is_joined_and_what_came_since_is_not_lost(snapshots: SnapshotWorld) -> None:
    snapshots.by(None).put(replace(seen("payroll"), creator=ALICE))
    sweep = snapshots.by("sweep-1")

    sweep.read_ahead(["payroll", "new"])
    snapshots.by(None).put(replace(seen("new"), creator=ALICE))
    for one in (seen("payroll", LATER), seen("new", LATER), key_seen(LATER)):
        sweep.put(one)

    found = {one.name: one for one in sweep.seen_by("sweep-1")}
    assert set(found) == {"payroll", "new", TEAM_KEY}
    assert [getattr(found[name], "creator", None) for name in ("payroll", "new")] == [ALICE, ALICE]


def test_bucket_that_was_not_seen_for_ninety_days_names_no_key(snapshots: SnapshotWorld) -> None:
    snapshots.by(None).put(seen("recent"))
    snapshots.by("sweep-1").put(seen("old", NOON - timedelta(days=91)))

    assert list(snapshots.by(None).buckets_of_key(TEAM_KEY, NOON)) == ["recent"]


def test_names_of_keys_are_those_that_the_sweep_saw(snapshots: SnapshotWorld) -> None:
    snapshots.by("sweep-0").put(seen("gone"))
    sweep = snapshots.by("sweep-1")
    for one in (seen("a"), seen("b"), seen("plain", key=None), key_seen()):
        sweep.put(one)

    assert set(sweep.names_of_keys("sweep-1")) == {("a", TEAM_KEY), ("b", TEAM_KEY)}
