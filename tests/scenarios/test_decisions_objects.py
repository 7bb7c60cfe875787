"""Which object an event stands for, whether it may be written, and how."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from tests.scenarios.world import records
from tests.scenarios.world.names import BUCKET, KEY, PARTNER
from tests.scenarios.world.world import World

Deploy = Callable[..., World]
IN_PLACE, COPY = "UpdateObjectEncryption", "CopyObject"
GIB = 1024**3


def methods(world: World) -> list[str]:
    """The operations by which objects were written."""
    return [operation for operation, _ in world.objects.writes]


# --- which object a key in a record means --------------------------------------------------------

SPELT = [
    pytest.param("report+final.csv", "report final.csv", id="plus"),
    pytest.param("report%20final.csv", "report final.csv", id="percent"),
    pytest.param("r%C3%A9sum%C3%A9.csv", "résumé.csv", id="beyond ASCII"),
]


def record_of(world: World, key: str) -> records.Record:
    return records.object_call("PutObject", BUCKET, key, world.clock.now())


@pytest.mark.parametrize("days", [400, 1])
@pytest.mark.parametrize(("spelt", "other"), SPELT)
def test_d4_older_object_of_a_similar_key_is_left_alone(
    world: World, spelt: str, other: str, days: float
) -> None:
    world.objects.put(BUCKET, other, modified=world.clock.now() - timedelta(days=days))

    world.happens(record_of(world, spelt))

    assert not world.was_written
    assert world.messages == []


@pytest.mark.parametrize(("spelt", "meant"), SPELT)
def test_d4_object_as_young_as_the_event_is_remediated_under_the_key_it_has(
    world: World, spelt: str, meant: str
) -> None:
    world.objects.put(BUCKET, meant)

    world.happens(record_of(world, spelt))

    assert world.object(meant).key_id == world.k.arn
    assert world.only_finding["resource"]["name"] == f"{BUCKET}/{meant}"


def test_d4_key_that_is_spelt_as_in_the_record_comes_first(world: World) -> None:
    world.objects.put(BUCKET, "report final.csv", modified=world.clock.now() - timedelta(days=400))
    world.objects.put(BUCKET, "report+final.csv")

    world.happens(record_of(world, "report+final.csv"))

    assert world.object("report+final.csv").key_id == world.k.arn
    assert world.object("report final.csv").algorithm == "AES256"


# --- Object Lock ---------------------------------------------------------------------------------

EVENT_HOLDS = [
    pytest.param({"ObjectLockEventHold": "ON"}, id="event hold"),
    pytest.param(
        {"ObjectLockEventHold": "ON", "ObjectLockEventHoldDurationDays": 30},
        id="event hold for days",
    ),
]
LEGAL_HOLD = pytest.param({"ObjectLockLegalHoldStatus": "ON"}, id="legal hold")


def locked(deploy: Deploy, lock: dict[str, Any], method: str) -> World:
    world = deploy(ReencryptionMethod=method)
    world.bucket.versioned = world.bucket.locked = True
    world.writes(lock=lock)
    return world


@pytest.mark.parametrize("method", ["in-place", "copy"])
@pytest.mark.parametrize("lock", [LEGAL_HOLD, *EVENT_HOLDS])
def test_d5_object_under_a_hold_is_manual_and_no_write_is_tried(
    deploy: Deploy, lock: dict[str, Any], method: str
) -> None:
    world = locked(deploy, lock, method)

    assert world.only_finding["status"] == "MANUAL"
    assert world.account.count("s3:UpdateObjectEncryption") == world.account.count("s3:CopyObject") == 0


@pytest.mark.parametrize("lock", [{}, {"ObjectLockEventHold": "OFF"}], ids=["none", "off"])
def test_d5_object_without_a_hold_is_remediated_in_place(deploy: Deploy, lock: dict[str, Any]) -> None:
    world = deploy(ReencryptionMethod="in-place")

    world.writes()

    assert methods(world) == [IN_PLACE]


# --- FSx access points and odd hosts -------------------------------------------------------------

FSX = "arn:aws:s3:us-east-1:111122223333:accesspoint/fsx-ap"


def through_fsx(world: World, bucket: str, **changes: Any) -> records.Record:
    record = records.object_call("PutObject", bucket, "a/b.csv", world.clock.now(), algorithm="aws:fsx")
    record["requestParameters"] = {"bucketName": bucket, "key": "a/b.csv"}
    record["resources"] = [{"accountId": "111122223333", "type": "AWS::S3::AccessPoint", "ARN": FSX}]
    return record | changes


@pytest.mark.parametrize(
    "bucket",
    [
        pytest.param(FSX, id="ARN"),
        pytest.param("fsx-ap-abcdefghijklmnop-ext-s3alias", id="alias"),  # UNCONFIRMED that a record names it
    ],
)
def test_d6_write_through_an_access_point_of_fsx_is_exempt(world: World, bucket: str) -> None:
    world.happens(through_fsx(world, bucket))

    assert [line["result"] for line in world.log] == ["Exempt"]
    assert not world.messages
    assert not world.returned


HOSTS = [
    pytest.param("logs.s3express-archive.example.com", id="s3express"),
    pytest.param("logs.s3-outposts.example.com", id="s3-outposts"),
]


@pytest.mark.parametrize("bucket", HOSTS)
def test_d6_bucket_whose_host_is_its_bare_name_is_judged(world: World, bucket: str) -> None:
    world.buckets.add(bucket)
    world.objects.put(bucket, "x", algorithm="SSE-C")
    record = records.object_call("PutObject", bucket, "x", world.clock.now(), algorithm="SSE-C")
    record["requestParameters"]["Host"] = bucket

    world.happens(record)

    assert world.only_finding["severity"] == "CRITICAL"


@pytest.mark.parametrize("bucket", HOSTS)
def test_d6_bucket_whose_host_begins_with_its_name_is_judged(world: World, bucket: str) -> None:
    world.buckets.add(bucket)
    world.objects.put(bucket, "x", algorithm="SSE-C")

    world.happens(records.object_call("PutObject", bucket, "x", world.clock.now(), algorithm="SSE-C"))

    assert world.only_finding["severity"] == "CRITICAL"


def test_d6_directory_bucket_is_exempt(world: World) -> None:
    bucket = "logs--use1-az4--x-s3"
    record = records.object_call("PutObject", bucket, "x", world.clock.now())
    record["requestParameters"]["Host"] = f"{bucket}.s3express-use1-az4.us-east-1.amazonaws.com"

    world.happens(record)

    assert [line["result"] for line in world.log] == ["Exempt"]


# --- events of other accounts --------------------------------------------------------------------

FOREIGN = {"recipientAccountId": PARTNER, "userIdentity": records.role("Theirs", PARTNER)}


def call(world: World, name: str, **changes: Any) -> records.Record:
    """A call on another account's bucket, by a record that names no resource."""
    at = world.clock.now()
    if name == "PutObject":
        return records.object_call(name, "their-bucket", KEY, at, resources=None, **changes)
    return records.bucket_call(name, "their-bucket", at, resources=None, **changes)


FORWARDED = pytest.mark.parametrize("name", ["CreateBucket", "DeleteBucketPolicy", "PutObject"])


@FORWARDED
def test_d9_event_of_another_account_is_dropped(world: World, name: str) -> None:
    world.buckets.add("their-bucket", owner=PARTNER)

    world.happens(call(world, name, **FOREIGN))

    assert world.account.calls == []
    assert world.messages == []


@FORWARDED
def test_d9_event_of_another_account_that_was_queued_already_is_skipped(world: World, name: str) -> None:
    world.buckets.add("their-bucket", owner=PARTNER)

    world.is_delivered(call(world, name, **FOREIGN), routed_as=call(world, name))

    assert [line["result"] for line in world.log] == ["Skipped"]
    assert not world.account.calls
    assert not world.messages


@FORWARDED
def test_d9_call_on_another_accounts_bucket_in_an_own_record_is_a_failure(world: World, name: str) -> None:
    world.buckets.add("their-bucket", owner=PARTNER)

    world.happens(call(world, name))

    assert world.only_finding["status"] == "FAILED"


def test_d9_event_of_this_account_is_not_dropped(world: World) -> None:
    world.buckets.add("new-bucket")

    world.happens(records.bucket_call("CreateBucket", "new-bucket", world.clock.now()))

    assert world.is_under_k(world.buckets.buckets["new-bucket"])


# --- storage classes ----------------------------------------------------------------------------


@pytest.mark.parametrize("storage_class", ["STANDARD_IA", "ONEZONE_IA", "GLACIER_IR"])
def test_d10_object_of_a_class_with_a_retrieval_price_is_remediated_in_place(
    world: World, storage_class: str
) -> None:
    world.writes(storage_class=storage_class)

    assert methods(world) == [IN_PLACE]
    assert world.object().storage_class == storage_class


@pytest.mark.parametrize("storage_class", ["STANDARD", "REDUCED_REDUNDANCY"])
def test_d10_object_of_a_class_without_one_is_copied(world: World, storage_class: str) -> None:
    world.writes(storage_class=storage_class)

    assert methods(world) == [COPY]
    assert world.object().storage_class == storage_class


def test_d10_object_keeps_its_class_by_either_method(world: World) -> None:
    world.writes(storage_class="INTELLIGENT_TIERING")

    assert world.object().key_id == world.k.arn
    assert world.object().storage_class == "INTELLIGENT_TIERING"


# --- a copy changes the ETag --------------------------------------------------------------------


@pytest.mark.parametrize("minutes", [1, 20, 600])
def test_d11_object_that_is_written_again_after_a_copy_is_remediated_in_place(
    world: World, minutes: float
) -> None:
    world.writes()
    world.wait(60 * minutes)
    etag = world.objects.put(BUCKET, KEY).etag

    world.happens(record_of(world, KEY))

    assert methods(world) == [COPY, IN_PLACE]
    assert world.object().etag == etag


def test_d11_finding_of_a_copy_says_that_the_etag_changed(world: World) -> None:
    world.writes()

    assert methods(world) == [COPY]
    assert "ETag" in str(world.only_finding)


def test_d11_other_objects_are_copied(world: World) -> None:
    world.writes("one.csv")
    world.wait(60)

    world.writes("two.csv")

    assert methods(world) == [COPY, COPY]


# --- headers beyond ASCII -----------------------------------------------------------------------

NOT_ASCII = [
    pytest.param({"headers": {"ContentDisposition": 'inline; filename="Gehälter.csv"'}}, id="disposition"),
    pytest.param({"headers": {"CacheControl": 'max-age=60, note="日本語"'}}, id="cache control"),
    pytest.param({"headers": {"ContentLanguage": "français"}}, id="language"),
    pytest.param({"redirect": "/gehälter.html"}, id="redirect"),
]
ASCII = [
    pytest.param({"headers": {"ContentDisposition": 'inline; filename="salaries.csv"'}}, id="disposition"),
    pytest.param({"redirect": "/salaries.html"}, id="redirect"),
]
UNDECODABLE = b"attachment; filename=\xe9t\xe9.csv"


def kept(world: World, properties: dict[str, Any]) -> bool:
    now = world.object()
    return all(getattr(now, name) == value for name, value in properties.items())


def large_object(deploy: Deploy, properties: dict[str, Any]) -> World:
    """An object that must be copied in parts: too large for a copy, and DSSE-KMS cannot be set in place."""
    world = deploy(RequiredEncryption="DSSE-KMS")
    world.writes(size=6 * GIB, **properties)
    return world


@pytest.mark.parametrize("properties", NOT_ASCII)
def test_d12_large_object_keeps_headers_beyond_ascii(deploy: Deploy, properties: dict[str, Any]) -> None:
    world = large_object(deploy, properties)

    assert methods(world) == ["CompleteMultipartUpload"]
    assert kept(world, properties)


@pytest.mark.parametrize(
    "properties",
    [
        *NOT_ASCII[:-1],
        pytest.param(
            {"redirect": "/gehälter.html"},
            id="redirect",
        ),
    ],
)
def test_d12_small_object_keeps_headers_beyond_ascii(world: World, properties: dict[str, Any]) -> None:
    world.writes(**properties)

    assert methods(world) == [COPY]
    assert kept(world, properties)


@pytest.mark.parametrize("properties", ASCII)
def test_d12_small_object_keeps_ascii_headers(world: World, properties: dict[str, Any]) -> None:
    world.writes(**properties)

    assert methods(world) == [COPY]
    assert kept(world, properties)


@pytest.mark.parametrize("properties", ASCII)
def test_d12_large_object_keeps_ascii_headers(deploy: Deploy, properties: dict[str, Any]) -> None:
    world = large_object(deploy, properties)

    assert methods(world) == ["CompleteMultipartUpload"]
    assert kept(world, properties)
    assert world.only_finding["status"] == "REMEDIATED"


def test_d12_large_object_whose_header_cannot_be_decoded_is_not_written(deploy: Deploy) -> None:
    world = large_object(deploy, {"headers": {"ContentDisposition": UNDECODABLE}})

    assert not world.was_written
    assert world.only_finding["status"] == "MANUAL"
