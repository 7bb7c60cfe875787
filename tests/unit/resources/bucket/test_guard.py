"""The access-impact guard in the flow: what it reads, when, and what it keeps from being written."""

from __future__ import annotations

from typing import Any

import pytest

from reseal.core.errors import AccessDeniedError
from reseal.core.findings.event_result import Result
from reseal.core.policy.requirements import Mode
from reseal.core.state.bucket_access import BucketAccess, ReplicationRule
from reseal.core.state.bucket_encryption import BucketEncryption
from tests.support.builders import (
    BUCKET,
    BUCKET_KEY,
    DEFAULT_ENCRYPTION,
    DEFAULT_MODES,
    DSSE_KMS,
    KEY_ACCESS,
    OTHER_ACCOUNT,
    SSE_KMS,
    TEAM_KEY,
    TLS_ONLY,
    K,
    a_policy,
    demands,
    encryption,
)
from tests.unit.resources.bucket.stage import (
    COMPLIANT,
    LOWERED,
    REPAIRED,
    SETS_STRANGERS,
    STRANGERS,
    a_cloud,
    deliver,
)

PUBLIC = BucketAccess(
    policy={"Statement": [{"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "*"}]}
)
TLS_OFF = a_policy(check_modes=DEFAULT_MODES | {TLS_ONLY: Mode.OFF})
READ = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}
PARTNER_READS = BucketAccess(policy={"Statement": [{**READ, "Principal": {"AWS": "444455556666"}}]})
OPENING = ["PutBucketPolicy", "PutBucketAcl", "PutBucketWebsite", "PutBucketReplication"]


@pytest.mark.parametrize(
    "found",
    [LOWERED, encryption(SSE_KMS), encryption(SSE_KMS, "alias/aws/s3")],
    ids=["SSE-S3", "aws/s3", "aws/s3 by alias"],
)
def test_a_bucket_with_readers_who_would_be_locked_out_is_reported_and_not_written(found: object) -> None:
    cloud = a_cloud(found)  # type: ignore[arg-type]
    cloud.buckets.access[BUCKET] = PUBLIC

    event_result = deliver(cloud)

    (finding,) = (f for f in cloud.topic.findings if f["check"] == DEFAULT_ENCRYPTION)
    assert event_result.result is Result.MANUAL
    assert finding["status"] == "MANUAL"
    assert "signature" in finding["reason"]
    assert cloud.buckets.writes == []
    assert cloud.ledger.entries == []


def test_a_foreign_key_is_replaced_over_readers_that_no_kms_key_can_serve() -> None:
    cloud = a_cloud(STRANGERS)
    cloud.buckets.access[BUCKET] = PUBLIC

    deliver(cloud, requestParameters=SETS_STRANGERS)

    assert cloud.buckets.state[BUCKET] == REPAIRED


def test_an_unlisted_key_is_not_replaced_over_readers_that_it_may_admit() -> None:
    cloud = a_cloud(encryption(SSE_KMS, TEAM_KEY, bucket_key=True))
    cloud.buckets.access[BUCKET] = PARTNER_READS

    deliver(cloud, policy=a_policy(listed_keys=frozenset(), replace_unapproved=True))

    assert cloud.buckets.writes == []


def test_a_foreign_key_over_readers_that_it_may_admit_is_critical_and_kept() -> None:
    cloud = a_cloud(STRANGERS)
    cloud.buckets.access[BUCKET] = PARTNER_READS

    deliver(cloud, requestParameters=SETS_STRANGERS)

    (finding,) = cloud.topic.findings
    assert (finding["severity"], finding["status"]) == ("CRITICAL", "MANUAL")
    assert cloud.buckets.writes == []


def test_a_customer_supplied_key_that_does_not_admit_every_caller_stops_the_repair() -> None:
    cloud = a_cloud(LOWERED)

    deliver(cloud, policy=a_policy(callers_may_use_key=False))

    (finding,) = cloud.topic.findings
    assert finding["status"] == "MANUAL"
    assert "does not allow every caller" in finding["reason"]
    assert cloud.buckets.writes == []


def test_a_check_that_is_off_costs_no_reads() -> None:
    cloud = a_cloud(COMPLIANT)
    modes = DEFAULT_MODES | {KEY_ACCESS: Mode.OFF, TLS_ONLY: Mode.OFF}

    deliver(cloud, policy=a_policy(check_modes=modes), eventName="PutBucketPolicy")

    assert cloud.steps.taken == ["read bucket", "describe key", "telemetry"]


def test_access_that_cannot_be_read_stops_the_write_and_names_the_permission() -> None:
    cloud = a_cloud(LOWERED)
    denied = AccessDeniedError("AccessDenied", "s3:GetBucketPolicy", "denied")
    cloud.buckets.failures["read_access"].append(denied)

    event_result = deliver(cloud)

    (finding,) = cloud.topic.findings
    assert event_result.result is Result.FAILED
    assert "s3:GetBucketPolicy" in finding["recommendation"]
    assert cloud.buckets.writes == []


@pytest.mark.parametrize(
    ("demanded", "status"), [("AES256", "MANUAL"), ("aws:kms", "REMEDIATED")], ids=["SSE-S3", "SSE-KMS"]
)
def test_header_that_the_bucket_policy_demands_of_every_writer_decides(demanded: str, status: str) -> None:
    cloud = a_cloud(LOWERED)
    cloud.buckets.access[BUCKET] = BucketAccess(policy=demands(demanded))

    deliver(cloud)

    (finding,) = cloud.topic.findings
    assert finding["status"] == status
    assert ("DenyIncorrectEncryptionHeader" in finding["reason"]) is (status == "MANUAL")
    assert len(cloud.buckets.writes) == (status == "REMEDIATED")


@pytest.mark.parametrize("call", OPENING)
def test_opening_a_bucket_under_a_kms_key_is_critical_and_carries_the_way_back(call: str) -> None:
    cloud = a_cloud(COMPLIANT)
    cloud.buckets.access[BUCKET] = PUBLIC

    event_result = deliver(cloud, eventName=call)

    (finding,) = cloud.topic.findings
    assert event_result.result is Result.MANUAL
    assert (finding["check"], finding["severity"], finding["status"]) == (KEY_ACCESS, "CRITICAL", "MANUAL")
    assert f"revert {call}" in finding["recommendation"]
    assert cloud.buckets.writes == []


@pytest.mark.parametrize("call", ["CreateBucket", "DeleteBucketPolicy"])
def test_a_call_that_opens_nothing_costs_a_compliant_bucket_no_more_reads(call: str) -> None:
    cloud = a_cloud(COMPLIANT)
    cloud.buckets.access[BUCKET] = PUBLIC

    event_result = deliver(cloud, policy=TLS_OFF, eventName=call)

    assert event_result.result is Result.COMPLIANT
    assert cloud.steps.taken == ["read bucket", "describe key", "telemetry"]


@pytest.mark.parametrize("found", [LOWERED, COMPLIANT], ids=["SSE-S3", "SSE-KMS"])
def test_copies_that_a_call_hands_to_another_account_are_reported(found: BucketEncryption) -> None:
    cloud = a_cloud(found)
    rule = ReplicationRule(id="to-dr", enabled=True, takes_kms_objects=True, account=OTHER_ACCOUNT)
    cloud.buckets.access[BUCKET] = BucketAccess(replication=(rule,))

    deliver(cloud, eventName="PutBucketReplication")

    (finding,) = (f for f in cloud.topic.findings if f["check"] == KEY_ACCESS)
    assert (finding["severity"], finding["status"]) == ("HIGH", "MANUAL")
    assert OTHER_ACCOUNT in finding["reason"]
    assert cloud.steps.taken.count("read access") == 1


def test_granting_access_to_callers_that_the_key_admits_is_compliant() -> None:
    cloud = a_cloud(COMPLIANT)

    event_result = deliver(cloud, eventName="PutBucketPolicy")

    assert event_result.result is Result.COMPLIANT
    assert cloud.topic.messages == []


def test_doubt_about_a_hidden_key_policy_is_medium() -> None:
    cloud = a_cloud(COMPLIANT)
    statement = {
        "Effect": "Allow",
        "Principal": {"AWS": "444455556666"},
        "Action": "s3:GetObject",
        "Resource": "*",
    }
    cloud.buckets.access[BUCKET] = BucketAccess(policy={"Statement": [statement]})

    deliver(cloud, eventName="PutBucketPolicy")

    (finding,) = cloud.topic.findings
    assert finding["severity"] == "MEDIUM"


def test_a_bucket_freed_of_its_readers_is_repaired() -> None:
    cloud = a_cloud(LOWERED)

    deliver(cloud, eventName="DeleteBucketPolicy")

    (finding,) = cloud.topic.findings
    assert cloud.buckets.state[BUCKET] == REPAIRED
    assert finding["severity"] == "MEDIUM"


def test_a_finding_names_the_stack_that_owns_the_bucket() -> None:
    cloud = a_cloud(LOWERED)
    cloud.buckets.tags[BUCKET] = {"aws:cloudformation:stack-name": "payroll-prod"}

    deliver(cloud)

    (finding,) = cloud.topic.findings
    assert finding["managed_by"] == {"tool": "CloudFormation", "stack": "payroll-prod"}
    assert "stack 'payroll-prod'" in cloud.topic.messages[0].email


@pytest.mark.parametrize("bucket", ["aws-controltower-logs-111122223333-us-east-1", "data--use1-az4--x-s3"])
def test_control_towers_and_directory_buckets_are_exempt_unread(bucket: str) -> None:
    cloud = a_cloud(LOWERED)
    parameters = {"bucketName": bucket}

    event_result = deliver(cloud, requestParameters=parameters)

    assert event_result.result is Result.EXEMPT
    assert cloud.steps.taken == ["telemetry"]


# --- a Bucket Key and the encryption context ---------------------------------------------------

FOR_OBJECTS = {
    "Effect": "Allow",
    "Principal": "*",
    "Action": "kms:*",
    "Resource": "*",
    "Condition": {"StringLike": {"kms:EncryptionContext:aws:s3:arn": f"arn:aws:s3:::{BUCKET}/*"}},
}
BOTH: dict[str, Any] = {"check_modes": {**DEFAULT_MODES, BUCKET_KEY: Mode.ENFORCE}}
ENFORCED = a_policy(**BOTH)
WITHOUT, WITH = encryption(SSE_KMS, TEAM_KEY), encryption(SSE_KMS, TEAM_KEY, bucket_key=True)


@pytest.mark.parametrize(
    ("document", "after", "status"),
    [
        ({"Statement": []}, WITH, "REMEDIATED"),
        ({"Statement": FOR_OBJECTS}, WITHOUT, "MANUAL"),
        (None, WITHOUT, "MANUAL"),
    ],
    ids=["free", "for objects only", "hidden"],
)
def test_bucket_key_is_turned_on_unless_the_key_is_for_objects_only(
    document: dict[str, object] | None, after: object, status: str
) -> None:
    cloud = a_cloud(WITHOUT)
    if document is not None:
        cloud.keys.policies[TEAM_KEY] = document

    deliver(cloud, policy=ENFORCED)

    assert cloud.buckets.state[BUCKET] == after
    assert {f["check"]: f["status"] for f in cloud.topic.findings}[BUCKET_KEY] == status


def test_bucket_is_not_moved_to_a_key_for_objects_only() -> None:
    cloud = a_cloud(LOWERED)
    cloud.keys.policies[K] = {"Statement": FOR_OBJECTS}

    deliver(cloud, policy=ENFORCED)

    assert cloud.buckets.writes == []
    assert {f["check"]: f["status"] for f in cloud.topic.findings}[DEFAULT_ENCRYPTION] == "MANUAL"


FOR_THE_BUCKET = {
    **FOR_OBJECTS,
    "Condition": {"StringEquals": {"kms:EncryptionContext:aws:s3:arn": f"arn:aws:s3:::{BUCKET}"}},
}
DSSE_REQUIRED = a_policy(required=DSSE_KMS, **BOTH)
RAISED = encryption(DSSE_KMS, TEAM_KEY)


@pytest.mark.parametrize(
    ("document", "found", "after"),
    [
        ({"Statement": FOR_THE_BUCKET}, WITH, WITH),
        (None, WITH, WITH),
        ({"Statement": []}, WITH, RAISED),
        ({"Statement": FOR_THE_BUCKET}, WITHOUT, RAISED),
        (None, WITHOUT, RAISED),
    ],
    ids=["for the bucket only", "hidden", "free", "no Bucket Key to lose", "hidden, no Bucket Key to lose"],
)
def test_bucket_is_raised_to_dsse_unless_its_key_is_for_the_bucket_key_only(
    document: dict[str, object] | None, found: BucketEncryption, after: object
) -> None:
    cloud = a_cloud(found)
    if document is not None:
        cloud.keys.policies[TEAM_KEY] = document

    deliver(cloud, policy=DSSE_REQUIRED)

    assert cloud.buckets.state[BUCKET] == after


def test_bucket_is_not_moved_without_a_bucket_key_to_a_key_for_the_bucket_key_only() -> None:
    cloud = a_cloud(encryption(SSE_KMS))
    cloud.keys.policies[K] = {"Statement": FOR_THE_BUCKET}

    deliver(cloud, policy=a_policy())

    assert cloud.buckets.writes == []


@pytest.mark.parametrize(
    ("service", "after"), [("logs.us-east-1", WITHOUT), ("delivery.logs", RAISED)], ids=["exports", "others"]
)
def test_bucket_is_raised_to_dsse_unless_a_writer_cannot_use_it(service: str, after: object) -> None:
    cloud = a_cloud(WITHOUT)
    writes = {"Effect": "Allow", "Action": "s3:PutObject", "Resource": "*"}
    named = {"Service": f"{service}.amazonaws.com"}
    cloud.buckets.access[BUCKET] = BucketAccess(policy={"Statement": [{**writes, "Principal": named}]})

    deliver(cloud, policy=DSSE_REQUIRED)

    assert cloud.buckets.state[BUCKET] == after


@pytest.mark.parametrize(("algorithm", "after"), [("aws:kms", WITHOUT), ("aws:kms:dsse", RAISED)])
def test_bucket_is_raised_to_dsse_unless_its_policy_demands_another_header(
    algorithm: str, after: object
) -> None:
    cloud = a_cloud(WITHOUT)
    cloud.buckets.access[BUCKET] = BucketAccess(policy=demands(algorithm))

    deliver(cloud, policy=DSSE_REQUIRED)

    assert cloud.buckets.state[BUCKET] == after
