"""The deployed sweep, killed twice, in SweepMode=enforce. `make scale` does it with 300 buckets."""

from __future__ import annotations

import json
import os
import time
from collections import Counter
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from tests.support.deployment import Deployment, deployed
from tests.support.workers import kill_workers

BUCKETS = int(os.environ.get("RESEAL_SWEEP_BUCKETS", "60"))
WRONG = BUCKETS // 10
RATE = BUCKETS // 12 + 5
"""Calls a second. A step has twice as many buckets, so the sweep has several steps."""

DEFAULT = "S3.BucketDefaultEncryption"
OWN_ROLE = "*assumed-role/*SweepRole*"
WRITES = ("Put", "Delete", "Update", "Create", "Enable", "Copy", "Schedule")
MAY_WRITE = {"PutObject", "UpdateItem"}


@pytest.fixture(scope="module")
def sweeping(built: Path) -> Iterator[Deployment]:
    with deployed(
        SweepMode="enforce", SweepMostRepairs=5, SweepMostPercent=100, SweepCallsPerSecond=RATE
    ) as deployment:
        with deployment.without_events():
            for number in range(BUCKETS):
                bucket = f"swept-{number:04}"
                deployment.s3.create_bucket(Bucket=bucket)
                if number >= WRONG:
                    deployment.put(bucket, "aws:kms", deployment.key, BucketKeyEnabled=True)
        yield deployment


def progress_of(deployment: Deployment) -> dict[str, Any]:
    item = deployment.cloud.client("dynamodb").get_item(
        TableName=deployment.stack.outputs["SnapshotTable"], Key={"id": {"S": "sweep#progress"}}
    )
    saved = item.get("Item", {}).get("document")  # none before the first page is saved
    found: dict[str, Any] = json.loads(saved["S"]) if saved else {}
    return found


def has_listed(deployment: Deployment, least: int) -> bool:
    return bool(progress_of(deployment).get("listed", 0) >= least)


def wait_for(what: str, seconds: float, is_there: Callable[[], Any]) -> Any:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if found := is_there():
            return found
        time.sleep(0.1)
    raise AssertionError(f"{what} did not come in {seconds} s")


def let_time_go_by(deployment: Deployment) -> None:
    """What five minutes do after a worker died: its lease ends, and its message is delivered again."""
    deployment.cloud.client("dynamodb").update_item(
        TableName=deployment.stack.outputs["SnapshotTable"],
        Key={"id": {"S": "sweep#progress"}},
        UpdateExpression="SET held_until = :never",
        ExpressionAttributeValues={":never": {"N": "0"}},
    )


def rows_of(deployment: Deployment) -> list[dict[str, Any]]:
    bucket, s3 = deployment.stack.outputs["ReportBucketName"], deployment.cloud.client("s3")
    names = [one["Key"] for one in s3.list_objects_v2(Bucket=bucket)["Contents"]]
    (name,) = [one for one in names if one.endswith(".jsonl")]
    text = s3.get_object(Bucket=bucket, Key=name)["Body"].read().decode()
    return [json.loads(line) for line in text.splitlines()]


def come_again_soon(sqs: Any, queue: str) -> None:
    """Let a message come again in seconds, and so often that waiting for a slow page does not use it up."""
    found = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["RedrivePolicy"])["Attributes"]
    redrive = json.loads(found["RedrivePolicy"]) | {"maxReceiveCount": 100}
    changed = {"VisibilityTimeout": "5", "RedrivePolicy": json.dumps(redrive)}
    sqs.set_queue_attributes(QueueUrl=queue, Attributes=changed)


@pytest.fixture(scope="module")
def swept(sweeping: Deployment) -> Deployment:
    """After a sweep whose workers were killed twice."""
    sqs, url = sweeping.cloud.client("sqs"), sweeping.stack.outputs["SweepQueueUrl"]
    come_again_soon(sqs, url)
    sqs.send_message(QueueUrl=url, MessageBody='{"reseal": "sweep"}')
    for listed in (BUCKETS // 3, 2 * BUCKETS // 3):
        wait_for(f"{listed} buckets", 120, partial(has_listed, sweeping, listed))
        assert kill_workers(sweeping.cloud)
        let_time_go_by(sweeping)
    wait_for("the end of the sweep", 240, lambda: progress_of(sweeping).get("stage") == "done")
    return sweeping


def test_sweep_that_was_killed_twice_has_each_bucket_once(swept: Deployment) -> None:
    names = Counter(row["name"] for row in rows_of(swept) if row["type"] == "bucket")

    assert {name: count for name, count in names.items() if count > 1} == {}
    assert {f"swept-{number:04}" for number in range(BUCKETS)} <= names.keys()


def test_verdicts_are_those_of_the_bucket_lane(swept: Deployment) -> None:
    statuses = Counter(
        row["checks"][DEFAULT]["status"] for row in rows_of(swept) if row.get("name", "").startswith("swept-")
    )

    assert statuses["COMPLIANT"] >= BUCKETS - WRONG
    assert statuses["DETECTED"] + statuses["COMPLIANT"] == BUCKETS


def test_summary_has_counts_and_the_cap_that_stopped_the_repairs(swept: Deployment) -> None:
    swept.arrivals.poll()
    documents = [json.loads(one["Message"]) for one in swept.arrivals.messages]
    (summary,) = [one for one in documents if one.get("schema") == "reseal.sweep/1"]

    assert summary["repairs"]["sent"] == 5
    assert summary["repairs"]["stopped_because"] == "SweepMostRepairs=5 is reached"
    assert summary["buckets"] >= BUCKETS


def test_sweeps_role_wrote_nothing_but_its_snapshot_and_its_report(swept: Deployment) -> None:
    called = {call["operation"] for call in swept.cloud.journal(caller=OWN_ROLE)}

    assert {one for one in called if one.startswith(WRITES)} == MAY_WRITE


def test_bucket_lane_repairs_what_the_sweep_handed_to_it(swept: Deployment) -> None:
    def looked_at() -> list[dict[str, Any]]:
        swept.arrivals.poll()
        return [line for line in swept.arrivals.lines if line.get("event_id", "").startswith("sweep-")]

    first, *_ = wait_for("a look", 60, looked_at)  # the others are spread over a quarter of an hour

    assert first["result"] == "Applied"
    rule = swept.rule(first["bucket"])["ApplyServerSideEncryptionByDefault"]
    assert rule["KMSMasterKeyID"] == swept.key
