"""An invocation can end at any step: in the end there is one repair, it is reported, and no entry is open."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path

import pytest

from reseal.core.errors import AccessDeniedError, LeaseHeldError, TransientError
from reseal.core.findings.event_result import Result
from reseal.core.outcome import Skipped
from reseal.core.policy.policy import Policy
from reseal.flow.delivery import FIRST_DELIVERY
from reseal.resources.bucket.kind import LEASE
from tests.support.builders import (
    BUCKET,
    BUCKET_KEY,
    DEFAULT_ENCRYPTION,
    DSSE_KMS,
    ENFORCE_ALL,
    SSE_C_BLOCK,
    SSE_KMS,
    TEAM_KEY,
    K,
    a_policy,
    encryption,
    not_enforcing,
)
from tests.support.fakes.services import Crash, FakeCloud
from tests.unit.resources.bucket.stage import (
    COMPLIANT,
    LOWERED,
    REPAIR,
    REPAIRED,
    a_cloud,
    deliver,
    end_windows,
)

TEMPLATE = Path("template.yaml").read_text()
FUNCTION_TIMEOUT = int(re.findall(r"^ +Timeout: (\d+)$", TEMPLATE, re.MULTILINE)[0])
VISIBILITY_TIMEOUT = int(re.findall(r"^ +VisibilityTimeout: (\d+)", TEMPLATE, re.MULTILINE)[0])
AFTER_THE_LEASE = LEASE + timedelta(seconds=1)
NO_LONGER = not_enforcing(DEFAULT_ENCRYPTION)
POINTS = [(when, step) for step in range(len(REPAIR)) for when in ("before", "after")]
POINT_IDS = [f"{when} {step + 1} {REPAIR[step]}" for when, step in POINTS]


def deliver_and_die(
    cloud: FakeCloud, point: tuple[str, int], *, times: int = 1, policy: Policy | None = None
) -> None:
    """Deliver, dying at the given step of this delivery if it takes so many."""
    when, step = point
    at = len(cloud.steps.taken) + step
    cloud.steps.dies_before = at if when == "before" else None
    cloud.steps.dies_after = at if when == "after" else None
    try:
        deliver(cloud, times=times, policy=policy)
    except Crash:
        pass
    finally:
        cloud.steps.dies_before = cloud.steps.dies_after = None


def assert_repaired_once_and_reported(cloud: FakeCloud) -> None:
    assert cloud.buckets.writes == [REPAIRED]
    assert cloud.buckets.state[BUCKET] == REPAIRED
    assert {f["status"] for f in cloud.topic.findings} == {"REMEDIATED"}
    assert len({f["id"] for f in cloud.topic.findings}) == 1
    assert [entry for entry in cloud.ledger.entries if entry.outcome is None] == []


@pytest.mark.parametrize("point", POINTS, ids=POINT_IDS)
def test_a_crash_anywhere_is_made_good_by_the_next_delivery(point: tuple[str, int]) -> None:
    cloud = a_cloud(LOWERED)
    deliver_and_die(cloud, point)
    cloud.clock.time += AFTER_THE_LEASE

    deliver(cloud, times=2)

    assert_repaired_once_and_reported(cloud)


@pytest.mark.parametrize("second", POINTS, ids=[f"then {name}" for name in POINT_IDS])
@pytest.mark.parametrize("first", POINTS, ids=POINT_IDS)
def test_two_crashes_anywhere_are_made_good_by_the_third_delivery(
    first: tuple[str, int], second: tuple[str, int]
) -> None:
    cloud = a_cloud(LOWERED)
    deliver_and_die(cloud, first)
    cloud.clock.time += AFTER_THE_LEASE
    deliver_and_die(cloud, second, times=2)
    cloud.clock.time += AFTER_THE_LEASE

    deliver(cloud, times=3)

    assert_repaired_once_and_reported(cloud)


@pytest.mark.parametrize(
    ("port", "method"),
    [
        ("buckets", "read_encryption"),
        ("keys", "describe"),
        ("ledger", "open_all"),
        ("buckets", "put_encryption"),
        ("ledger", "close_all"),
        ("topic", "publish"),
    ],
    ids=lambda value: value,
)
def test_a_passing_failure_anywhere_is_made_good_by_the_next_delivery(port: str, method: str) -> None:
    cloud = a_cloud(LOWERED)
    getattr(cloud, port).failures[method].append(TransientError("SlowDown"))
    with pytest.raises(TransientError):
        deliver(cloud)
    cloud.clock.time += AFTER_THE_LEASE

    deliver(cloud, times=2)

    assert_repaired_once_and_reported(cloud)


def test_a_passing_failure_of_the_look_into_the_ledger_loses_no_finding() -> None:
    cloud = a_cloud(LOWERED)
    deliver_and_die(cloud, ("after", REPAIR.index("put bucket")))
    cloud.clock.time += AFTER_THE_LEASE
    cloud.ledger.failures["read_all"].append(TransientError("the table does not answer"))
    with pytest.raises(TransientError):
        deliver(cloud, times=2)

    deliver(cloud, times=3)

    assert_repaired_once_and_reported(cloud)


@pytest.mark.parametrize("died", ["ledger open", "put bucket"], ids=["before the write", "after the write"])
def test_a_live_lease_sends_the_duplicate_back(died: str) -> None:
    cloud = a_cloud(LOWERED)
    deliver_and_die(cloud, ("after", REPAIR.index(died)))
    writes = len(cloud.buckets.writes)
    cloud.clock.time += LEASE

    with pytest.raises(LeaseHeldError):
        deliver(cloud, times=2)

    assert len(cloud.buckets.writes) == writes
    assert cloud.topic.messages == []


def test_a_duplicate_after_the_window_reports_the_same_again_and_writes_nothing() -> None:
    cloud = a_cloud(LOWERED)
    deliver(cloud)
    end_windows(cloud)

    event_result = deliver(cloud, times=2)

    first, again = cloud.topic.findings
    assert event_result.result is Result.APPLIED
    assert first == again
    assert cloud.buckets.writes == [REPAIRED]


def test_a_duplicate_does_not_answer_a_newer_lowering() -> None:
    cloud = a_cloud(LOWERED)
    deliver(cloud)
    cloud.buckets.state[BUCKET] = LOWERED

    deliver(cloud, times=2)

    assert cloud.buckets.writes == [REPAIRED]


def test_a_newer_lowering_is_answered_by_its_own_event() -> None:
    cloud = a_cloud(LOWERED)
    deliver(cloud)
    cloud.buckets.state[BUCKET] = LOWERED

    deliver(cloud, eventID="another")

    assert cloud.buckets.writes == [REPAIRED, REPAIRED]
    end_windows(cloud)
    assert len({f["id"] for f in cloud.topic.findings}) == 2


def test_a_bucket_corrected_by_its_owner_meanwhile_is_not_claimed_as_repaired() -> None:
    cloud = a_cloud(LOWERED)
    deliver_and_die(cloud, ("after", REPAIR.index("ledger open")))
    cloud.buckets.state[BUCKET] = COMPLIANT
    cloud.clock.time += AFTER_THE_LEASE

    event_result = deliver(cloud, times=2)

    assert event_result.result is Result.SKIPPED
    assert cloud.buckets.writes == []
    assert cloud.topic.messages == []
    assert cloud.ledger.entries[0].outcome == event_result.outcome


def test_what_its_owner_corrected_meanwhile_is_not_reported() -> None:
    cloud = a_cloud(encryption(blocked=None))
    deliver_and_die(cloud, ("after", REPAIR.index("ledger open")))
    cloud.buckets.state[BUCKET] = COMPLIANT
    cloud.clock.time += AFTER_THE_LEASE

    deliver(cloud, times=2)

    assert cloud.topic.findings == []


def test_the_lease_outlives_the_function_and_ends_before_the_next_delivery() -> None:
    assert timedelta(seconds=FUNCTION_TIMEOUT) < LEASE < timedelta(seconds=VISIBILITY_TIMEOUT)
    assert timedelta(seconds=VISIBILITY_TIMEOUT) > FIRST_DELIVERY


NO_BUCKET_KEY = encryption(SSE_KMS, K)
ALL = a_policy(check_modes=ENFORCE_ALL)


def test_a_duplicate_claims_no_repair_that_was_never_made() -> None:
    cloud = a_cloud(LOWERED)
    deliver(cloud, policy=ALL)
    cloud.buckets.state[BUCKET] = NO_BUCKET_KEY

    deliver(cloud, policy=ALL, times=2)

    assert cloud.buckets.state[BUCKET] == NO_BUCKET_KEY
    claimed = [f["check"] for f in cloud.topic.findings if f["status"] == "REMEDIATED"]
    assert BUCKET_KEY not in claimed


def test_a_takeover_keeps_the_evidence_of_the_write_that_was_made() -> None:
    cloud = a_cloud(LOWERED)
    deliver_and_die(cloud, ("after", REPAIR.index("put bucket")), policy=ALL)
    cloud.buckets.state[BUCKET] = NO_BUCKET_KEY
    cloud.clock.time += AFTER_THE_LEASE

    deliver(cloud, policy=ALL, times=2)

    (entry,) = cloud.ledger.entries
    assert entry.before == LOWERED
    assert isinstance(entry.outcome, Skipped)
    assert cloud.steps.taken.count("put bucket") == 1


@pytest.mark.parametrize(
    ("lose", "result", "reported"),
    [("delete", Result.SKIPPED, 0), ("deny", Result.FAILED, 1)],
    ids=["gone", "unreadable"],
)
def test_an_entry_left_open_is_closed_when_its_bucket_cannot_be_read(
    lose: str, result: Result, reported: int
) -> None:
    cloud = a_cloud(LOWERED)
    deliver_and_die(cloud, ("after", REPAIR.index("put bucket")))
    cloud.clock.time += AFTER_THE_LEASE
    if lose == "delete":
        del cloud.buckets.state[BUCKET]
    else:
        denied = AccessDeniedError("AccessDenied", "s3:GetEncryptionConfiguration", "no")
        cloud.buckets.failures["read_encryption"].append(denied)

    event_result = deliver(cloud, times=2)

    (entry,) = cloud.ledger.entries
    assert entry.outcome is not None
    assert event_result.result is result
    assert len(cloud.topic.findings) == reported


def test_what_was_done_to_a_bucket_that_is_gone_is_reported() -> None:
    cloud = a_cloud(LOWERED)
    deliver_and_die(cloud, ("after", REPAIR.index("ledger close")))
    del cloud.buckets.state[BUCKET]
    cloud.clock.time += AFTER_THE_LEASE

    deliver(cloud, times=2)

    assert [f["status"] for f in cloud.topic.findings] == ["REMEDIATED"]


@pytest.mark.parametrize("policy", NO_LONGER.values(), ids=NO_LONGER)
@pytest.mark.parametrize("died", ["put bucket", "ledger close"])
def test_a_write_that_was_made_is_reported_as_made_whatever_the_mode_is_by_now(
    died: str, policy: Policy
) -> None:
    cloud = a_cloud(LOWERED)
    deliver_and_die(cloud, ("after", REPAIR.index(died)))
    cloud.clock.time += AFTER_THE_LEASE

    deliver(cloud, policy=policy, times=2)

    (finding,) = cloud.topic.findings
    assert (finding["check"], finding["status"]) == (DEFAULT_ENCRYPTION, "REMEDIATED")
    assert finding["undo"] is not None


def test_what_a_check_would_write_by_now_is_not_reported_as_written() -> None:
    """The write was for the default encryption alone, when the SSE-C block was only reported."""
    cloud = a_cloud(encryption(blocked=("NONE",)))
    deliver_and_die(cloud, ("after", REPAIR.index("ledger close")))
    cloud.clock.time += AFTER_THE_LEASE

    deliver(cloud, policy=a_policy(check_modes=ENFORCE_ALL), times=2)

    reported = {finding["check"]: finding["status"] for finding in cloud.topic.findings}
    assert reported == {DEFAULT_ENCRYPTION: "REMEDIATED", SSE_C_BLOCK: "DETECTED"}


def test_a_change_right_before_the_write_is_not_overwritten_but_checked_again() -> None:
    """S3 takes no condition with PutBucketEncryption; the message comes back to another observation."""
    cloud = a_cloud(LOWERED)
    stronger = encryption(DSSE_KMS, TEAM_KEY)
    cloud.steps.after["ledger open"].append(lambda: cloud.buckets.state.update({BUCKET: stronger}))
    with pytest.raises(TransientError, match="changed while its repair was prepared"):
        deliver(cloud)
    cloud.clock.time += AFTER_THE_LEASE

    event_result = deliver(cloud, times=2)

    (entry,) = cloud.ledger.entries
    assert (cloud.buckets.writes, cloud.buckets.state[BUCKET]) == ([], stronger)
    assert (event_result.result, cloud.topic.findings) == (Result.SKIPPED, [])
    assert isinstance(entry.outcome, Skipped)


def test_what_only_this_delivery_would_write_beside_a_write_reported_again_is_not_reported() -> None:
    """It was not made, and the change that calls for it has its own event."""
    cloud = a_cloud(LOWERED)
    deliver_and_die(cloud, ("after", REPAIR.index("ledger close")))
    cloud.buckets.state[BUCKET] = encryption(SSE_KMS, K, bucket_key=True, blocked=("NONE",))
    cloud.clock.time += AFTER_THE_LEASE

    deliver(cloud, policy=a_policy(check_modes=ENFORCE_ALL), times=2)

    assert [finding["check"] for finding in cloud.topic.findings] == [DEFAULT_ENCRYPTION]
    assert len(cloud.buckets.writes) == 1
