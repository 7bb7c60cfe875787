"""What one event makes the lane do, call by call."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from reseal.core.errors import LeaseHeldError, MalformedEventError, TransientError
from reseal.core.findings.alerts import Unblocked
from reseal.core.findings.event_result import Result
from reseal.core.outcome import Applied, SkipCause, Skipped
from reseal.core.policy.requirements import Mode
from reseal.core.state.bucket_encryption import BucketEncryption
from reseal.core.state.kms_key import KeyNotFound
from reseal.flow.delivery import FIRST_DELIVERY
from tests.support.builders import (
    ACCOUNT,
    BUCKET,
    BUCKET_KEY,
    DEFAULT_ENCRYPTION,
    DEFAULT_MODES,
    ENFORCE_ALL,
    OTHER_ACCOUNT,
    SSE_C_BLOCK,
    SSE_KMS,
    STRANGER_KEY,
    TEAM_KEY,
    UNLISTED_KEY,
    K,
    a_key,
    a_policy,
    an_actor,
    create_bucket,
    encryption,
)
from tests.support.fakes.services import NOON
from tests.unit.resources.bucket.stage import (
    COMPLIANT,
    LOWERED,
    REPAIR,
    REPAIRED,
    REPORT,
    SETS_STRANGERS,
    STRANGERS,
    a_cloud,
    deliver,
)


def test_a_compliant_bucket_costs_two_reads_of_s3_and_one_of_its_key() -> None:
    cloud = a_cloud(COMPLIANT)

    event_result = deliver(cloud, eventName="CreateBucket")

    assert event_result.result is Result.COMPLIANT
    assert cloud.steps.taken == ["read bucket", "read policy", "describe key", "telemetry"]
    assert cloud.topic.messages == []


@pytest.mark.parametrize(
    ("times", "age"),
    [(2, timedelta(0)), (1, FIRST_DELIVERY + timedelta(seconds=1))],
    ids=["second delivery", "old event"],
)
def test_a_compliant_bucket_that_may_have_been_repaired_costs_one_look_in_the_ledger(
    times: int, age: timedelta
) -> None:
    cloud = a_cloud(COMPLIANT)
    cloud.clock.time += age

    event_result = deliver(cloud, times=times, eventName="CreateBucket")

    assert event_result.result is Result.COMPLIANT
    assert cloud.steps.taken == ["read bucket", "read policy", "describe key", "ledger read", "telemetry"]


def test_a_young_event_is_no_redelivery() -> None:
    cloud = a_cloud(COMPLIANT)
    cloud.clock.time += FIRST_DELIVERY

    deliver(cloud)

    assert "ledger read" not in cloud.steps.taken


def test_a_violation_is_recorded_repaired_verified_and_reported_in_this_order() -> None:
    cloud = a_cloud(LOWERED)

    event_result = deliver(cloud)

    assert event_result.result is Result.APPLIED
    assert cloud.steps.taken == REPAIR
    assert cloud.buckets.state[BUCKET] == REPAIRED


def test_the_ledger_keeps_what_was_and_what_came_of_it() -> None:
    cloud = a_cloud(LOWERED)

    deliver(cloud)

    (entry,) = cloud.ledger.entries
    assert (entry.resource.bucket, entry.before, entry.intended) == (BUCKET, LOWERED, REPAIRED)
    assert entry.outcome == Applied(after=REPAIRED, at=cloud.clock.now())


def test_the_finding_says_what_was_and_what_is() -> None:
    cloud = a_cloud(LOWERED)
    cloud.clock.time += timedelta(seconds=61)

    deliver(cloud)

    (finding,) = cloud.topic.findings
    assert (finding["check"], finding["status"], finding["severity"]) == (
        DEFAULT_ENCRYPTION,
        "REMEDIATED",
        "HIGH",
    )
    assert (finding["before"], finding["after"]) == (LOWERED.to_document(), REPAIRED.to_document())
    assert finding["seconds_to_remediate"] == 61


def test_a_new_bucket_is_repaired_quietly() -> None:
    cloud = a_cloud(LOWERED)
    cloud.buckets.created[BUCKET] = NOON

    deliver(cloud, body=create_bucket())

    (finding,) = cloud.topic.findings
    assert (finding["status"], finding["severity"]) == ("REMEDIATED", "INFORMATIONAL")


@pytest.mark.parametrize("created", [NOON - timedelta(minutes=2), None], ids=["older", "not known"])
def test_a_create_bucket_that_did_not_make_the_bucket_is_no_excuse(created: datetime | None) -> None:
    cloud = a_cloud(LOWERED)
    if created:
        cloud.buckets.created[BUCKET] = created

    deliver(cloud, body=create_bucket())

    (finding,) = cloud.topic.findings
    assert (finding["status"], finding["severity"]) == ("REMEDIATED", "MEDIUM")


def test_a_foreign_key_is_replaced_without_asking_kms_about_it() -> None:
    cloud = a_cloud(STRANGERS)

    deliver(cloud, requestParameters=SETS_STRANGERS)

    assert cloud.steps.taken.count("describe key") == 1  # K
    assert cloud.buckets.state[BUCKET] == REPAIRED


@pytest.mark.parametrize(
    "call",
    [
        "CreateBucket",
        "DeleteBucketEncryption",
        "PutBucketPolicy",
        "DeleteBucketPolicy",
        "PutBucketAcl",
        "PutBucketWebsite",
        "PutBucketReplication",
    ],
)
def test_a_foreign_key_that_the_call_did_not_set_is_critical_and_kept(call: str) -> None:
    cloud = a_cloud(STRANGERS)

    deliver(cloud, eventName=call, requestParameters={"bucketName": BUCKET})

    (finding,) = cloud.topic.findings
    assert (finding["severity"], finding["status"]) == ("CRITICAL", "MANUAL")
    assert STRANGER_KEY in finding["reason"]
    assert (cloud.buckets.state[BUCKET], cloud.ledger.entries) == (STRANGERS, [])


def test_a_foreign_key_is_kept_when_the_record_states_another_rule() -> None:
    cloud = a_cloud(STRANGERS)

    deliver(cloud)  # its record says AES256: a newer call set the key, and has its own event

    (finding,) = cloud.topic.findings
    assert (finding["severity"], finding["status"]) == ("CRITICAL", "MANUAL")
    assert cloud.buckets.state[BUCKET] == STRANGERS


def test_a_foreign_key_is_replaced_when_the_record_omits_the_parameters() -> None:
    cloud = a_cloud(STRANGERS)

    deliver(cloud, requestParameters=None)

    assert cloud.buckets.state[BUCKET] == REPAIRED


@pytest.mark.parametrize("named", [None, "alias/aws/s3"], ids=["no key id", "by alias"])
def test_aws_s3_is_replaced_without_asking_kms_about_it(named: str | None) -> None:
    cloud = a_cloud(encryption(SSE_KMS, named, bucket_key=True))

    deliver(cloud, requestParameters=None)

    assert cloud.steps.taken == REPAIR


def test_two_enforced_checks_make_one_write_and_one_message() -> None:
    cloud = a_cloud(encryption(blocked=("SSE-X",)))

    deliver(cloud, policy=a_policy(check_modes=ENFORCE_ALL))

    blocked = ("SSE-X", "SSE-C")
    assert cloud.buckets.writes == [encryption(SSE_KMS, K, bucket_key=True, blocked=blocked)]
    assert len(cloud.topic.messages) == 1
    assert {f["check"]: f["status"] for f in cloud.topic.findings} == {
        DEFAULT_ENCRYPTION: "REMEDIATED",
        SSE_C_BLOCK: "REMEDIATED",
    }


def test_a_report_rides_in_the_message_of_a_repair() -> None:
    cloud = a_cloud(encryption(blocked=None))

    deliver(cloud)

    assert len(cloud.topic.messages) == 1
    assert {f["check"]: f["status"] for f in cloud.topic.findings} == {
        DEFAULT_ENCRYPTION: "REMEDIATED",
        SSE_C_BLOCK: "DETECTED",
    }


# --- what is seen and not written --------------------------------------------------------------


def test_detect_mode_writes_nothing_and_reports_everything() -> None:
    cloud = a_cloud(encryption(blocked=None))

    event_result = deliver(cloud, policy=a_policy(mode=Mode.DETECT, check_modes=ENFORCE_ALL))

    assert event_result.result is Result.DETECTED
    assert cloud.steps.taken == [
        "read bucket",
        "describe key",
        "read access",
        "read key policy",
        *REPORT,
    ]
    assert {f["check"]: f["status"] for f in cloud.topic.findings} == {
        DEFAULT_ENCRYPTION: "DETECTED",
        SSE_C_BLOCK: "DETECTED",
    }


def test_check_in_detect_mode_writes_nothing() -> None:
    cloud = a_cloud(encryption(SSE_KMS, TEAM_KEY))
    cloud.keys.policies[TEAM_KEY] = {"Statement": []}

    event_result = deliver(cloud)

    assert event_result.result is Result.DETECTED
    assert cloud.buckets.writes == []
    assert {f["check"]: f["status"] for f in cloud.topic.findings} == {BUCKET_KEY: "DETECTED"}


def test_checks_that_are_off_exempt_every_bucket() -> None:
    cloud = a_cloud(encryption(blocked=None))

    event_result = deliver(cloud, policy=a_policy(check_modes=dict.fromkeys(DEFAULT_MODES, Mode.OFF)))

    assert event_result.result is Result.EXEMPT
    assert cloud.steps.taken == ["read bucket", "telemetry"]


def test_an_unlisted_key_is_reported_and_kept() -> None:
    cloud = a_cloud(encryption(SSE_KMS, UNLISTED_KEY, bucket_key=True))

    policy = a_policy(listed_keys=frozenset({TEAM_KEY}))

    event_result = deliver(cloud, policy=policy, requestParameters=None)

    assert event_result.result is Result.MANUAL
    assert cloud.steps.taken == ["read bucket", "describe key", *REPORT]
    assert cloud.topic.findings[0]["status"] == "MANUAL"


def test_a_remediation_key_that_cannot_be_used_is_a_critical_manual_finding_and_no_write() -> None:
    cloud = a_cloud(LOWERED, k=a_key(K, state="PendingDeletion"))

    event_result = deliver(cloud)

    assert event_result.result is Result.MANUAL
    assert cloud.steps.taken == ["read bucket", "describe key", *REPORT]
    assert (cloud.topic.findings[0]["status"], cloud.topic.findings[0]["severity"]) == (
        "MANUAL",
        "CRITICAL",
    )


def test_a_remediation_key_that_cannot_be_used_does_not_stop_another_check() -> None:
    cloud = a_cloud(encryption(blocked=None), k=KeyNotFound(named=K))

    deliver(cloud, policy=a_policy(check_modes=ENFORCE_ALL))

    assert cloud.buckets.writes == [encryption()]
    assert {f["check"]: f["status"] for f in cloud.topic.findings} == {
        DEFAULT_ENCRYPTION: "MANUAL",
        SSE_C_BLOCK: "REMEDIATED",
    }


def test_another_accounts_bucket_is_not_touched_at_all() -> None:
    cloud = a_cloud(LOWERED)
    resource = {"type": "AWS::S3::Bucket", "accountId": OTHER_ACCOUNT}

    event_result = deliver(cloud, resources=[resource])

    assert event_result.outcome == Skipped(
        cause=SkipCause.ELSEWHERE, reason=f"the bucket belongs to account {OTHER_ACCOUNT}"
    )
    assert cloud.steps.taken == ["telemetry"]


def test_another_accounts_record_that_was_forwarded_is_no_finding() -> None:
    cloud = a_cloud(LOWERED)

    event_result = deliver(cloud, recipientAccountId=OTHER_ACCOUNT)

    assert isinstance(event_result.outcome, Skipped)
    assert event_result.outcome.cause is SkipCause.ELSEWHERE
    assert OTHER_ACCOUNT in event_result.outcome.reason
    assert (cloud.steps.taken, cloud.topic.findings) == (["telemetry"], [])


@pytest.mark.parametrize("recipient", [None, "", 111122223333, True, ["444455556666"], "somebody"])
def test_a_record_that_does_not_name_its_recipient_is_judged(recipient: object) -> None:
    event_result = deliver(a_cloud(LOWERED), recipientAccountId=recipient)

    assert isinstance(event_result.outcome, Applied)


def test_a_malformed_event_reaches_nothing() -> None:
    cloud = a_cloud(LOWERED)

    with pytest.raises(MalformedEventError):
        deliver(cloud, body="{}")

    assert cloud.steps.taken == []


# --- order and concurrency ---------------------------------------------------------------------


def test_a_late_event_about_a_lowering_long_repaired_writes_nothing() -> None:
    cloud = a_cloud(REPAIRED)
    cloud.clock.time += timedelta(hours=3)

    event_result = deliver(cloud)

    assert event_result.result is Result.COMPLIANT
    assert cloud.buckets.writes == []


def test_a_creation_that_arrives_after_its_bucket_was_configured_writes_nothing() -> None:
    cloud = a_cloud(COMPLIANT)

    event_result = deliver(cloud, body=create_bucket())

    assert event_result.result is Result.COMPLIANT
    assert cloud.topic.messages == []


def test_a_read_back_that_lags_is_awaited() -> None:
    cloud = a_cloud(LOWERED)
    cloud.buckets.stale_reads = 2

    event_result = deliver(cloud)

    assert event_result.result is Result.APPLIED
    assert cloud.clock.slept == [0.2, 0.5]


def test_a_read_back_that_never_shows_the_write_is_tried_again_later() -> None:
    cloud = a_cloud(LOWERED)
    cloud.buckets.stale_reads = 5

    with pytest.raises(TransientError, match="still shows the state before"):
        deliver(cloud)

    assert cloud.clock.slept == [0.2, 0.5, 1.0, 2.0]
    assert cloud.topic.messages == []


def test_a_write_seen_at_last_is_reported_and_not_repeated() -> None:
    cloud = a_cloud(LOWERED)
    cloud.buckets.stale_reads = 5
    with pytest.raises(TransientError):
        deliver(cloud)
    cloud.clock.time += timedelta(minutes=2)

    event_result = deliver(cloud, times=2)

    assert event_result.result is Result.APPLIED
    assert cloud.buckets.writes == [REPAIRED]
    assert [f["status"] for f in cloud.topic.findings] == ["REMEDIATED"]


@pytest.mark.parametrize(
    "newer",
    [COMPLIANT, encryption(SSE_KMS, STRANGER_KEY), encryption(blocked=("NONE",))],
    ids=["compliant", "violating", "lowered otherwise"],
)
def test_a_newer_write_between_ours_and_its_read_back_is_left_alone(newer: BucketEncryption) -> None:
    cloud = a_cloud(LOWERED)
    cloud.buckets.after_put = lambda: cloud.buckets.state.update({BUCKET: newer})

    event_result = deliver(cloud)

    assert isinstance(event_result.outcome, Skipped)
    assert event_result.outcome.cause is SkipCause.NEWER
    assert cloud.buckets.state[BUCKET] == newer
    assert cloud.topic.messages == []
    assert cloud.ledger.entries[0].outcome == event_result.outcome


def test_two_invocations_at_once_repair_once() -> None:
    cloud = a_cloud(LOWERED)
    refused: list[LeaseHeldError] = []

    def meanwhile() -> None:
        with pytest.raises(LeaseHeldError) as held:
            deliver(cloud, times=2)
        refused.append(held.value)

    cloud.buckets.after_put = meanwhile

    deliver(cloud)

    assert len(refused) == 1
    assert cloud.buckets.writes == [REPAIRED]
    assert len(cloud.topic.messages) == 1


def test_an_invocation_that_lost_its_lease_reports_nothing() -> None:
    cloud = a_cloud(LOWERED)

    def much_later() -> None:
        cloud.clock.time += timedelta(minutes=2)
        deliver(cloud, times=2)

    cloud.buckets.after_put = much_later

    with pytest.raises(LeaseHeldError):
        deliver(cloud)

    assert cloud.buckets.writes == [REPAIRED]
    assert [f["status"] for f in cloud.topic.findings] == ["REMEDIATED"]


def test_the_event_of_our_own_account_may_name_it() -> None:
    cloud = a_cloud(LOWERED)

    event_result = deliver(cloud, resources=[{"type": "AWS::S3::Bucket", "accountId": ACCOUNT}])

    assert event_result.result is Result.APPLIED


@pytest.mark.parametrize(
    ("blocked", "noted"),
    [("NONE", Unblocked(who=an_actor().who, at=NOON)), ("SSE-C", None)],
    ids=["unblocks", "blocks"],
)
def test_who_unblocks_sse_c_is_noted_for_the_object_lane(blocked: str, noted: Unblocked | None) -> None:
    cloud = a_cloud(LOWERED)
    rule = {
        "ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"},
        "BlockedEncryptionTypes": {"EncryptionType": blocked},
    }

    deliver(
        cloud,
        requestParameters={"bucketName": BUCKET, "ServerSideEncryptionConfiguration": {"Rule": rule}},
    )

    assert cloud.watchlist.read_unblocked(BUCKET, cloud.clock.now()) == noted
