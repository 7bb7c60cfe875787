"""What allows a write must be true when it is made, however long the steps before it took."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from reseal.core.errors import AccessDeniedError, TransientError
from reseal.core.findings.event_result import Result
from reseal.core.state.bucket_access import BucketAccess, ReplicationRule
from tests.support.builders import BUCKET, DSSE_KMS, SSE_KMS, TEAM_KEY, K, a_key, encryption, key_arn
from tests.support.fakes.services import FakeCloud
from tests.unit.resources.bucket.stage import LOWERED, REPAIR, REPAIRED, a_cloud, deliver

PARTNER_READS = {
    "Statement": [
        {"Effect": "Allow", "Principal": {"AWS": "444455556666"}, "Action": "s3:GetObject", "Resource": "*"}
    ]
}
REPLICATES = ReplicationRule(id="to-dr", enabled=True, takes_kms_objects=False)


def _disable_key(cloud: FakeCloud) -> None:
    cloud.keys.known[K] = a_key(K, state="Disabled")


def _narrow_key_policy(cloud: FakeCloud) -> None:
    cloud.keys.policies[K] = {"Statement": []}
    cloud.buckets.access[BUCKET] = BucketAccess(policy=PARTNER_READS)


def _let_partner_read(cloud: FakeCloud) -> None:
    cloud.buckets.access[BUCKET] = BucketAccess(policy=PARTNER_READS)


def _replicate(cloud: FakeCloud) -> None:
    cloud.buckets.access[BUCKET] = BucketAccess(replication=(REPLICATES,))


def _serve_website(cloud: FakeCloud) -> None:
    cloud.buckets.access[BUCKET] = BucketAccess(serves_website=True)


def _raise_to_dsse(cloud: FakeCloud) -> None:
    cloud.buckets.state[BUCKET] = encryption(DSSE_KMS, TEAM_KEY)


def _nothing(cloud: FakeCloud) -> None:
    pass


CHANGES = [_disable_key, _narrow_key_policy, _let_partner_read, _replicate, _serve_website, _raise_to_dsse]


def slow_ledger(cloud: FakeCloud, change: Callable[[FakeCloud], None], seconds: float) -> None:
    """The ledger's write takes so long, and somebody makes the change meanwhile."""
    cloud.steps.after["ledger open"] += [lambda: (change(cloud), cloud.clock.sleep(seconds))]


@pytest.mark.parametrize("change", CHANGES)
def test_change_during_a_slow_ledger_write_stops_the_write(change: Callable[[FakeCloud], None]) -> None:
    cloud = a_cloud(LOWERED)
    slow_ledger(cloud, change, seconds=30)

    with pytest.raises(TransientError, match="changed while its repair was prepared"):
        deliver(cloud)

    assert cloud.buckets.writes == []


@pytest.mark.parametrize("change", CHANGES)
def test_next_delivery_after_a_change_judges_what_is_there_then(change: Callable[[FakeCloud], None]) -> None:
    cloud = a_cloud(LOWERED)
    slow_ledger(cloud, change, seconds=30)
    with pytest.raises(TransientError):
        deliver(cloud)
    cloud.clock.sleep(360)

    deliver(cloud, times=2)

    assert cloud.buckets.writes == []


def test_access_that_was_read_long_before_the_decision_is_read_again() -> None:
    aws_s3 = key_arn("55555555-5555-5555-5555-555555555555")
    cloud = a_cloud(encryption(SSE_KMS, aws_s3))
    cloud.keys.known[aws_s3] = a_key(aws_s3, manager="AWS")
    cloud.steps.after["read access"] += [lambda: (_let_partner_read(cloud), cloud.clock.sleep(30))]

    with pytest.raises(TransientError, match="changed while its repair was prepared"):
        deliver(cloud, eventName="PutBucketPolicy")

    assert cloud.buckets.writes == []


def test_slow_ledger_write_without_a_change_costs_the_reads_again_and_is_repaired() -> None:
    cloud = a_cloud(LOWERED)
    slow_ledger(cloud, _nothing, seconds=30)

    deliver(cloud)

    assert cloud.buckets.state[BUCKET] == REPAIRED
    ledger = REPAIR.index("ledger open") + 1
    assert cloud.steps.taken == [*REPAIR[:ledger], *REPAIR[: ledger - 1], *REPAIR[ledger:]]


def test_bucket_changed_within_a_second_is_not_overwritten() -> None:
    cloud = a_cloud(LOWERED)
    slow_ledger(cloud, _raise_to_dsse, seconds=0.01)

    with pytest.raises(TransientError):
        deliver(cloud)

    assert cloud.buckets.state[BUCKET] == encryption(DSSE_KMS, TEAM_KEY)


def test_denied_second_look_is_the_outcome_and_nothing_is_written() -> None:
    cloud = a_cloud(LOWERED)
    denied = AccessDeniedError("AccessDenied", "s3:GetBucketPolicy", "denied")
    slow_ledger(cloud, lambda cloud: cloud.buckets.failures["read_access"].append(denied), seconds=30)

    event_result = deliver(cloud)

    assert event_result.result is Result.FAILED
    assert cloud.buckets.writes == []
