"""A key that the record may spell URL-encoded: an older object is not taken for the one written."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from reseal.core.errors import AccessDeniedError
from tests.support.builders import BUCKET, object_encryption
from tests.support.fakes.services import NOON
from tests.unit.resources.object.stage import SSE_C, Stage, an_event

LAST_YEAR = NOON - timedelta(days=400)
SSE_C_RECORD = {"responseElements": {"x-amz-server-side-encryption-customer-algorithm": "AES256"}}
LIST_IS_DENIED = AccessDeniedError("AccessDenied", "s3:ListBucket", "denied")


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
