"""A later delivery: what it looks for, what it may take over, and with which key and lease."""

from __future__ import annotations

from datetime import timedelta

import pytest

from reseal.core.errors import LeaseHeldError
from reseal.core.findings.event_result import Result
from reseal.core.state.kms_key import KeyNotFound
from reseal.resources.bucket.kind import LEASE
from tests.support.builders import BUCKET, DEFAULT_ENCRYPTION, SSE_KMS, TEAM_KEY, K, a_policy, encryption
from tests.unit.resources.bucket.stage import COMPLIANT, LOWERED, REPAIR, a_cloud, deliver
from tests.unit.resources.bucket.test_redelivery import AFTER_THE_LEASE, deliver_and_die

TAKEOVER = ["read bucket", "describe key", "ledger read", "ledger open"]
"""The first steps of a delivery that finds the write of an ended one."""


def test_a_first_delivery_of_an_event_some_minutes_old_asks_the_ledger_nothing() -> None:
    cloud = a_cloud(COMPLIANT)
    cloud.clock.time += timedelta(minutes=4)

    deliver(cloud)

    assert "ledger read" not in cloud.steps.taken


def test_an_event_whose_first_delivery_died_before_its_write_gets_the_key_required_now() -> None:
    cloud = a_cloud(LOWERED)
    deliver_and_die(cloud, ("after", REPAIR.index("ledger open")))
    cloud.clock.time += AFTER_THE_LEASE

    deliver(cloud, times=2, policy=a_policy(remediation_key=TEAM_KEY))

    assert cloud.buckets.writes == [encryption(SSE_KMS, TEAM_KEY, bucket_key=True)]


def test_a_takeover_has_a_lease_of_its_own() -> None:
    cloud = a_cloud(LOWERED)
    deliver_and_die(cloud, ("after", REPAIR.index("put bucket")))
    cloud.clock.time += AFTER_THE_LEASE
    deliver_and_die(cloud, ("after", TAKEOVER.index("ledger open")), times=2)
    cloud.clock.time += LEASE

    with pytest.raises(LeaseHeldError):
        deliver(cloud, times=3)


def test_a_change_of_access_to_a_bucket_whose_key_is_gone_asks_no_further() -> None:
    cloud = a_cloud(encryption(SSE_KMS, TEAM_KEY, bucket_key=True))
    cloud.keys.known[TEAM_KEY] = KeyNotFound(named=TEAM_KEY)

    deliver(cloud, eventName="PutBucketPolicy")

    assert "read access" not in cloud.steps.taken


def test_a_compliant_bucket_costs_three_reads() -> None:
    cloud = a_cloud(COMPLIANT)

    deliver(cloud, eventName="CreateBucket")

    assert cloud.steps.taken == ["read bucket", "read policy", "describe key", "telemetry"]
    assert cloud.buckets.state[BUCKET].key_id != K


def test_a_repair_that_was_recorded_and_not_reported_is_reported_though_the_bucket_is_gone() -> None:
    cloud = a_cloud(LOWERED)
    deliver_and_die(cloud, ("after", REPAIR.index("ledger close")))
    del cloud.buckets.state[BUCKET]
    cloud.clock.time += AFTER_THE_LEASE

    event_result = deliver(cloud, times=2)

    (finding,) = cloud.topic.findings
    assert (event_result.result, event_result.call.bucket) == (Result.APPLIED, BUCKET)
    assert event_result.decisions.keys() == {DEFAULT_ENCRYPTION}
    assert (finding["status"], finding["before"]["algorithm"]) == ("REMEDIATED", "AES256")


def test_a_bucket_that_is_gone_and_was_never_repaired_is_skipped_by_any_delivery() -> None:
    event_result = deliver(a_cloud(None), times=2)

    assert event_result.result is Result.SKIPPED
