"""An object that was copied before and is written again keeps its ETag: a sync that compares ETags ends."""

from __future__ import annotations

from datetime import timedelta

import pytest

from reseal.core.errors import AccessDeniedError, TransientError
from reseal.core.policy.requirements import Mode
from tests.support.builders import BUCKET, DSSE_KMS, a_policy
from tests.unit.resources.object.stage import Stage, an_event


def sync(stage: Stage, number: int, *keys: str) -> None:
    """A sync uploads the same bytes again, when the alert window is over, and each event arrives."""
    stage.cloud.cloud.clock.sleep(1000.0)
    time = f"{stage.cloud.cloud.clock.now():%Y-%m-%dT%H:%M:%SZ}"
    for key in keys:
        stage.cloud.objects.put(BUCKET, key)
    stage.deliver(*(an_event(key, 100 * number + i, eventTime=time) for i, key in enumerate(keys)))


def methods(stage: Stage) -> list[str]:
    return [method for method, _, _ in stage.cloud.objects.writes]


def test_second_repair_of_an_object_is_in_place_and_keeps_the_etag_of_the_upload() -> None:
    stage = Stage()
    sync(stage, 1, "a.csv")
    stage.end_windows()
    sync(stage, 2, "a.csv")
    uploaded = stage.cloud.objects.put(BUCKET, "another.csv").etag

    assert methods(stage) == ["copy", "update_encryption"]
    assert stage.cloud.objects.stored(BUCKET, "a.csv").head.etag == uploaded  # equal bytes
    assert [finding["action"] for finding in stage.findings] == ["CopyObject", "UpdateObjectEncryption"]


def test_an_object_of_the_same_batch_that_was_not_copied_before_is_copied() -> None:
    stage = Stage()
    sync(stage, 1, "a.csv")
    sync(stage, 2, "a.csv", "b.csv")

    assert sorted(methods(stage)) == ["copy", "copy", "update_encryption"]
    assert stage.steps.count("ledger read last") == 2


def test_where_in_place_is_not_possible_the_copy_stays_and_the_ledger_is_not_asked() -> None:
    stage = Stage(policy=a_policy(required=DSSE_KMS))
    sync(stage, 1, "a.csv")
    sync(stage, 2, "a.csv")

    assert methods(stage) == ["copy", "copy"]
    assert "ledger read last" not in stage.steps


def test_a_copy_that_s3_refused_does_not_count() -> None:
    stage = Stage()
    stage.cloud.objects.failures["copy"].append(AccessDeniedError("AccessDenied", "s3:PutObject", "denied"))
    sync(stage, 1, "a.csv")
    sync(stage, 2, "a.csv")

    assert methods(stage) == ["copy"]


def test_a_copy_whose_closing_an_earlier_delivery_did_not_live_to_see_counts() -> None:
    stage = Stage()
    stage.cloud.cloud.ledger.failures["close_all"].append(TransientError("no answer"))
    sync(stage, 1, "a.csv")
    event = an_event("a.csv", 100, eventTime=f"{stage.cloud.cloud.clock.now():%Y-%m-%dT%H:%M:%SZ}")
    stage.cloud.cloud.clock.sleep(timedelta(minutes=10).total_seconds())

    stage.deliver(event, times=2)

    assert list(stage.cloud.cloud.ledger.read_last_repairs([f"{BUCKET}/a.csv"], "ObjectEncryption")) == [
        f"{BUCKET}/a.csv"
    ]


@pytest.mark.parametrize("mode", [Mode.DETECT, Mode.OFF])
def test_a_check_that_does_not_write_does_not_ask(mode: Mode) -> None:
    stage = Stage(policy=a_policy(mode=mode))
    sync(stage, 1, "a.csv")

    assert "ledger read last" not in stage.steps


def test_nothing_is_written_while_the_ledger_does_not_answer() -> None:
    stage = Stage()
    stage.cloud.cloud.ledger.failures["read_last_repairs"].append(TransientError("no answer"))
    stage.cloud.objects.put(BUCKET, "a.csv")

    failed = stage.deliver(an_event("a.csv"))

    assert (list(failed), stage.cloud.objects.writes) == (["m1"], [])


def test_the_finding_of_a_copy_says_what_a_copy_changes() -> None:
    stage = Stage()
    sync(stage, 1, "a.csv")
    stage.end_windows()
    sync(stage, 2, "a.csv")

    first, second = stage.findings
    assert "new ETag" in first["recommendation"]
    assert "new ETag" not in second["recommendation"]
