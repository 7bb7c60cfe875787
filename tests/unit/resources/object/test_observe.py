"""What the lane reads of an object before it decides, and which write it leaves to another event."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from reseal.core.checks.object_encryption import OBJECT_ENCRYPTION
from reseal.core.decision import Exempt
from reseal.core.errors import AccessDeniedError
from reseal.core.outcome import SkipCause, Skipped
from reseal.core.policy.requirements import Mode
from reseal.core.repairs.objects.method import Methods
from reseal.core.state.bucket_access import BucketAccess
from reseal.core.state.s3_object import Lock
from tests.support.builders import (
    BUCKET,
    DEFAULT_MODES,
    DSSE_KMS,
    OTHER_ACCOUNT,
    SSE_KMS,
    TEAM_KEY,
    a_policy,
    demands,
    object_encryption,
)
from tests.support.fakes.services import NOON
from tests.unit.resources.object.stage import REPAIR, SSE_C, Stage, an_event

IN_PARTS = Methods(largest_copy=1)
NULL_VERSION = {"responseElements": {"x-amz-version-id": "null", "x-amz-server-side-encryption": "AES256"}}


@pytest.mark.parametrize(("seconds", "result"), [(0, "Applied"), (2, "Applied"), (2.001, "Skipped")])
@pytest.mark.parametrize("changes", [{}, NULL_VERSION], ids=["no version", "the version called null"])
def test_a_write_that_clocks_alone_make_look_newer_is_this_one(
    changes: dict[str, Any], seconds: float, result: str
) -> None:
    stage = Stage()
    stage.cloud.objects.put(BUCKET, "a.csv", last_modified=NOON + timedelta(seconds=seconds))

    stage.deliver(an_event("a.csv", **changes))

    assert stage.results == [result]


def test_of_a_newer_write_nothing_is_decided() -> None:
    stage = Stage()
    stage.cloud.objects.put(BUCKET, "a.csv", last_modified=NOON + timedelta(seconds=3))

    stage.deliver(an_event("a.csv"))

    (event_result,) = stage.cloud.cloud.telemetry.recorded
    assert isinstance(event_result.outcome, Skipped)
    assert (event_result.decisions, event_result.outcome.cause) == ({}, SkipCause.NEWER)


@pytest.mark.parametrize(
    ("demanded", "result"), [("AES256", "Manual"), ("aws:kms", "Applied")], ids=["SSE-S3", "SSE-KMS"]
)
def test_header_that_the_bucket_policy_demands_of_every_writer_decides(demanded: str, result: str) -> None:
    stage = Stage()
    stage.cloud.objects.put(BUCKET, "a.csv")
    stage.cloud.cloud.buckets.access[BUCKET] = BucketAccess(policy=demands(demanded))

    stage.deliver(an_event("a.csv"))

    assert stage.results == [result]
    assert len(stage.cloud.objects.writes) == (result == "Applied")


def test_another_accounts_bucket_is_named_as_the_reason() -> None:
    stage = Stage()
    resource = {"accountId": OTHER_ACCOUNT, "type": "AWS::S3::Bucket", "ARN": f"arn:aws:s3:::{BUCKET}"}

    stage.deliver(an_event("a.csv", resources=[resource]))

    outcome = stage.cloud.cloud.telemetry.recorded[0].outcome
    assert isinstance(outcome, Skipped)
    assert outcome.cause is SkipCause.ELSEWHERE
    assert OTHER_ACCOUNT in outcome.reason


def test_an_exempt_write_says_why() -> None:
    stage = Stage()

    stage.deliver(
        an_event("a.csv", userIdentity={"type": "AWSService", "invokedBy": "cloudtrail.amazonaws.com"})
    )

    decision = stage.cloud.cloud.telemetry.recorded[0].decisions[OBJECT_ENCRYPTION]
    assert isinstance(decision, Exempt)


def test_a_gone_object_whose_key_can_be_read_in_one_way_only_is_asked_for_once() -> None:
    stage = Stage()

    stage.deliver(an_event("gone.csv"))

    assert stage.steps == ["read", "telemetry"]


def test_a_key_that_s3_does_not_name_is_not_asked_about() -> None:
    stage = Stage()
    stage.cloud.objects.put(BUCKET, "a.csv", encryption=object_encryption(SSE_KMS))

    failed = stage.deliver(an_event("a.csv"))

    assert (failed, stage.results) == ({}, ["Applied"])


def test_the_finding_names_the_version_that_was_found_where_the_record_names_none() -> None:
    stage = Stage()
    stage.cloud.cloud.buckets.versioned.add(BUCKET)
    written = stage.cloud.objects.put(BUCKET, "a.csv")

    stage.deliver(an_event("a.csv"))

    assert stage.findings[0]["resource"]["version_id"] == written.version_id


def test_of_an_object_of_the_largest_size_that_one_copy_takes_nothing_more_is_read() -> None:
    stage = Stage(policy=a_policy(required=DSSE_KMS), methods=Methods(largest_copy=5))
    stage.cloud.objects.put(BUCKET, "a.csv", body=b"bytes", tags={"class": "internal"})

    stage.deliver(an_event("a.csv"))

    assert stage.steps == [step for step in REPAIR if step != "ledger read last"]  # DSSE: not in place


@pytest.mark.parametrize("tags", [{}, {"class": "internal"}], ids=["untagged", "tagged"])
def test_tags_are_carried_where_parts_would_lose_them(tags: dict[str, str]) -> None:
    stage = Stage(policy=a_policy(required=DSSE_KMS), methods=IN_PARTS)
    stage.cloud.objects.put(BUCKET, "a.csv", tags=tags)

    stage.deliver(an_event("a.csv"))

    read_before = stage.steps[: stage.steps.index("copy in parts")].count("read tags")
    assert read_before == len(tags)
    assert (stage.results, stage.cloud.objects.stored(BUCKET, "a.csv").tags) == (["Applied"], tags)


def test_an_annotated_object_is_reported_where_parts_would_lose_its_annotations() -> None:
    stage = Stage(policy=a_policy(required=DSSE_KMS), methods=IN_PARTS)
    stage.cloud.objects.put(BUCKET, "a.csv", annotations=frozenset({"team"}))

    stage.deliver(an_event("a.csv"))

    assert (stage.results, stage.cloud.objects.writes) == (["Manual"], [])
    assert "annotations" in stage.findings[0]["reason"]


@pytest.mark.parametrize(
    ("name", "result"),
    [
        ("PutObject", "Skipped"),
        ("CopyObject", "Skipped"),
        ("CompleteMultipartUpload", "Applied"),
        ("UpdateObjectEncryption", "Applied"),
    ],
)
def test_an_object_of_parts_is_no_work_of_a_call_that_makes_none(name: str, result: str) -> None:
    """Its LastModified is when its upload began, which may be before the call (S3 User Guide)."""
    stage = Stage()
    stage.cloud.objects.put(BUCKET, "a.csv", etag='"9bb5-2"')

    stage.deliver(an_event("a.csv", eventName=name))

    assert stage.results == [result]


def test_a_retention_that_is_over_does_not_keep_an_object_from_its_repair() -> None:
    stage = Stage()
    stage.cloud.cloud.buckets.versioned.add(BUCKET)
    stage.cloud.objects.put(BUCKET, "a.csv", lock=Lock(mode="COMPLIANCE", until=NOON - timedelta(days=1)))

    stage.deliver(an_event("a.csv"))

    assert stage.results == ["Applied"]


def test_what_was_queued_before_the_check_was_turned_off_is_exempt() -> None:
    stage = Stage(policy=a_policy(check_modes=DEFAULT_MODES | {OBJECT_ENCRYPTION: Mode.OFF}))
    stage.cloud.objects.put(BUCKET, "a.csv")

    stage.deliver(an_event("a.csv"))

    assert (stage.results, stage.steps, stage.findings) == (["Exempt"], ["telemetry"], [])
    assert stage.cloud.cloud.telemetry.recorded[0].decisions == {
        OBJECT_ENCRYPTION: Exempt("this check is off")
    }


@pytest.mark.parametrize(
    ("changes", "head", "result"),
    [
        ({}, {"last_modified": NOON + timedelta(seconds=2)}, "Manual"),
        ({}, {"last_modified": NOON + timedelta(seconds=3)}, "Skipped"),
        ({}, {"etag": '"9bb5-2"'}, "Skipped"),
        ({"eventName": "CompleteMultipartUpload"}, {"etag": '"9bb5-2"'}, "Manual"),
    ],
    ids=["its own", "later", "of parts", "its own, of parts"],
)
def test_under_sse_c_the_list_shows_whose_write_is_there(
    changes: dict[str, Any], head: dict[str, Any], result: str
) -> None:
    stage = Stage()
    stage.cloud.objects.put(BUCKET, "a.csv", encryption=SSE_C, **head)

    stage.deliver(an_event("a.csv", **changes))

    assert stage.results == [result]


def test_a_version_under_sse_c_that_the_record_names_is_its_own_whatever_is_listed() -> None:
    stage = Stage()
    stage.cloud.cloud.buckets.versioned.add(BUCKET)
    ransomed = stage.cloud.objects.put(BUCKET, "a.csv", encryption=SSE_C)
    stage.cloud.objects.put(BUCKET, "a.csv", last_modified=NOON + timedelta(minutes=1))

    stage.deliver(an_event("a.csv", responseElements={"x-amz-version-id": ransomed.version_id}))

    assert stage.results == ["Manual"]
    assert "read listed" not in stage.steps


def test_an_object_under_sse_c_that_is_not_listed_any_more_is_reported() -> None:
    stage = Stage()
    stage.cloud.objects.put(BUCKET, "a.csv", encryption=SSE_C)
    stage.cloud.cloud.steps.after["read"].append(lambda: stage.cloud.objects.delete(BUCKET, "a.csv"))

    stage.deliver(an_event("a.csv"))

    assert [finding["severity"] for finding in stage.findings] == ["CRITICAL"]


FOR_THE_BUCKET = {
    "Effect": "Allow",
    "Principal": "*",
    "Action": "kms:*",
    "Resource": "*",
    "Condition": {"StringEquals": {"kms:EncryptionContext:aws:s3:arn": f"arn:aws:s3:::{BUCKET}"}},
}


@pytest.mark.parametrize(
    ("statements", "bucket_key", "result"),
    [([FOR_THE_BUCKET], True, "Manual"), ([], True, "Applied"), ([FOR_THE_BUCKET], False, "Applied")],
    ids=["for the bucket only", "free", "no Bucket Key to lose"],
)
def test_object_is_raised_to_dsse_unless_its_key_is_for_the_bucket_key_only(
    statements: list[Any], bucket_key: bool, result: str
) -> None:
    stage = Stage(policy=a_policy(required=DSSE_KMS))
    found = object_encryption(SSE_KMS, TEAM_KEY, bucket_key=bucket_key)
    stage.cloud.objects.put(BUCKET, "a.csv", encryption=found)
    stage.cloud.cloud.keys.policies[TEAM_KEY] = {"Statement": statements}

    stage.deliver(an_event("a.csv"))

    assert stage.results == [result]


LAST_YEAR = NOON - timedelta(days=400)
SSE_C_RECORD = {"responseElements": {"x-amz-server-side-encryption-customer-algorithm": "AES256"}}
LIST_IS_DENIED = AccessDeniedError("AccessDenied", "s3:ListBucket", "denied")


# --- keys that the record may spell URL-encoded: an older object is another one ---------------------


def test_an_old_object_with_the_decoded_key_is_left_alone_and_nobody_is_told() -> None:
    stage = Stage()
    stage.cloud.objects.put(BUCKET, "report final.csv", last_modified=LAST_YEAR)

    stage.deliver(an_event("report+final.csv"))

    assert (stage.results, stage.findings, stage.cloud.objects.writes) == (["Skipped"], [], [])


@pytest.mark.parametrize("key", ["report+final.csv", "report%20final.csv"])
def test_an_object_with_the_decoded_key_that_is_as_young_as_the_event_is_repaired(key: str) -> None:
    stage = Stage()
    stage.cloud.objects.put(BUCKET, "report final.csv", last_modified=NOON - timedelta(seconds=1))

    stage.deliver(an_event(key))

    assert stage.results == ["Applied"]


def test_a_delete_marker_under_the_given_key_does_not_lead_to_an_older_object() -> None:
    stage = Stage()
    stage.cloud.cloud.buckets.versioned.add(BUCKET)
    stage.cloud.objects.put(BUCKET, "report+final.csv")
    stage.cloud.objects.delete(BUCKET, "report+final.csv")
    stage.cloud.objects.put(BUCKET, "report final.csv", last_modified=LAST_YEAR)

    stage.deliver(an_event("report+final.csv"))

    assert (stage.results, stage.cloud.objects.writes) == (["Skipped"], [])


@pytest.mark.parametrize(("version", "result"), [("v1", "Applied"), ("null", "Skipped")])
def test_only_a_version_of_its_own_proves_an_older_object_to_be_the_one(version: str, result: str) -> None:
    stage = Stage()
    stage.cloud.cloud.buckets.versioned.add(BUCKET)
    stage.cloud.objects.put(BUCKET, "report final.csv", version_id=version, last_modified=LAST_YEAR)
    response = {"x-amz-version-id": version, "x-amz-server-side-encryption": "AES256"}

    stage.deliver(an_event("report+final.csv", responseElements=response))

    assert stage.results == [result]


def test_a_change_in_place_does_not_make_an_old_object_the_one() -> None:
    stage = Stage()
    stage.cloud.objects.put(BUCKET, "report final.csv", last_modified=LAST_YEAR)

    stage.deliver(an_event("report+final.csv", eventName="UpdateObjectEncryption"))

    assert stage.results == ["Skipped"]


@pytest.mark.parametrize(
    ("age", "result"), [(timedelta(hours=5), "Applied"), (timedelta(days=400), "Skipped")]
)
def test_an_upload_in_parts_may_have_begun_hours_before(age: timedelta, result: str) -> None:
    stage = Stage()
    stage.cloud.objects.put(BUCKET, "a b.iso", etag='"9bb5-2"', last_modified=NOON - age)

    stage.deliver(an_event("a+b.iso", eventName="CompleteMultipartUpload"))

    assert stage.results == [result]


@pytest.mark.parametrize(("written", "result"), [(NOON, "Manual"), (LAST_YEAR, "Skipped")])
def test_under_sse_c_the_list_shows_the_age(written: Any, result: str) -> None:
    stage = Stage()
    stage.cloud.objects.put(BUCKET, "a b.csv", encryption=SSE_C, last_modified=written)

    stage.deliver(an_event("a+b.csv", **SSE_C_RECORD))

    assert stage.results == [result]


@pytest.mark.parametrize(("record", "result"), [(SSE_C_RECORD, "Manual"), ({}, "Skipped")])
def test_under_sse_c_where_listing_is_denied_the_record_is_the_evidence(
    record: dict[str, Any], result: str
) -> None:
    stage = Stage()
    stage.cloud.objects.put(BUCKET, "a b.csv", encryption=SSE_C)
    stage.cloud.objects.failures["read_listed"] += [LIST_IS_DENIED, LIST_IS_DENIED]

    stage.deliver(an_event("a+b.csv", **record))

    assert stage.results == [result]


def test_a_version_under_sse_c_that_the_record_names_is_told_whatever_its_age() -> None:
    stage = Stage()
    stage.cloud.cloud.buckets.versioned.add(BUCKET)
    stage.cloud.objects.put(BUCKET, "a b.csv", encryption=SSE_C, version_id="v1", last_modified=LAST_YEAR)

    stage.deliver(an_event("a+b.csv", responseElements={"x-amz-version-id": "v1"}))

    assert stage.results == ["Manual"]


def test_a_repair_under_the_decoded_key_is_not_repeated_by_a_second_delivery() -> None:
    stage = Stage()
    stage.cloud.objects.put(BUCKET, "a b.csv", encryption=object_encryption())

    stage.deliver(an_event("a+b.csv"))
    stage.deliver(an_event("a+b.csv"), times=2)

    assert stage.results == ["Applied", "Applied"]
    assert len(stage.cloud.objects.writes) == 1
