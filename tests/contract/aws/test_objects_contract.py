"""The contract of `Objects`, for the fake and for the adapter on the local cloud and LocalEmu."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from reseal.core.errors import ChangedError, CustomerKeyError, NotFoundError, RefusalError, TransientError
from reseal.core.repairs.objects.properties import changed, seen_of, sent_with_copy, sent_with_parts
from reseal.core.state.object_encryption import ObjectEncryption
from reseal.core.state.s3_object import ObservedObject, Original
from tests.contract.worlds.objects import MIB, ObjectWorld

KEY = "2026/ä b+c%2F.csv"
PROPERTIES: dict[str, Any] = {
    "ContentType": "text/csv",
    "CacheControl": "no-cache",
    "ContentDisposition": "attachment",
    "ContentEncoding": "gzip",
    "ContentLanguage": "de",
    "Metadata": {"team": "data"},
    "Tagging": "cost=42",
    "StorageClass": "STANDARD_IA",
    "WebsiteRedirectLocation": "/elsewhere",
    "ChecksumAlgorithm": "CRC32",
}
EXPIRY: dict[str, Any] = {"Expires": datetime(2027, 1, 1, tzinfo=UTC)}
SSE_C = {"SSECustomerAlgorithm": "AES256", "SSECustomerKey": "0" * 32}
LARGE = b"012345" * MIB
"""Two parts."""

METHODS = ["copy", "copy_in_parts"]


def under_k(world: ObjectWorld) -> ObjectEncryption:
    return ObjectEncryption(algorithm="aws:kms", key_id=world.k, bucket_key=True)


def an_object_in(world: ObjectWorld, *, versioned: bool = False, **properties: Any) -> ObservedObject:
    """An object that was written a minute ago."""
    bucket = world.new_bucket(versioned=versioned)
    world.put(bucket, KEY, **properties)
    world.age(bucket, KEY)
    return world.objects.read(bucket, KEY, None)


def write(world: ObjectWorld, method: str, head: ObservedObject, **more: Any) -> None:
    if method == "copy":
        world.objects.copy(head, under_k(world), sent_with_copy(Original(head=head)))
        return
    tags = world.objects.read_tags(head) if head.tag_count else {}
    sent = sent_with_parts(Original(head=head, tags=tags))
    steps: dict[str, Any] = {"seconds_left": lambda: 300.0, "confirm": lambda: None}
    world.objects.copy_in_parts(head, under_k(world), sent, **(steps | more))


def now(world: ObjectWorld, head: ObservedObject) -> ObservedObject:
    return world.objects.read(head.bucket, head.object_key, None)


# --- reads -------------------------------------------------------------------------------------------


def test_object_is_read_with_all_its_properties(object_world: ObjectWorld) -> None:
    properties = PROPERTIES | EXPIRY
    head = an_object_in(object_world, **properties)

    headers = {name: properties[name] for name in head.headers}
    assert (head.size, head.storage_class, head.website_redirect) == (5, "STANDARD_IA", "/elsewhere")
    assert (len(headers), dict(head.headers)) == (6, headers)
    assert (dict(head.metadata), head.tag_count) == ({"team": "data"}, 1)
    assert head.encryption == ObjectEncryption(algorithm="AES256")
    assert head.checksum is not None
    assert (head.checksum.algorithm, head.checksum.type) == ("CRC32", "FULL_OBJECT")
    assert object_world.objects.read_tags(head) == {"cost": "42"}


def test_plain_object_has_default_properties(object_world: ObjectWorld) -> None:
    head = an_object_in(object_world)

    assert (head.storage_class, head.archive, head.version_id) == ("STANDARD", None, None)
    assert (dict(head.metadata), head.tag_count, head.lock.in_words) == ({}, 0, None)
    assert not object_world.objects.has_annotations(head)


def test_object_of_the_buckets_owner_is_private(object_world: ObjectWorld) -> None:
    acl = object_world.objects.read_acl(an_object_in(object_world))

    assert (acl.owner_permissions, acl.grants, acl.foreign) == ({"FULL_CONTROL"}, (), False)


def test_object_never_written_is_not_found(object_world: ObjectWorld) -> None:
    with pytest.raises(NotFoundError):
        object_world.objects.read(object_world.new_bucket(), KEY, None)


def test_deleted_object_and_its_marker_are_not_found(object_world: ObjectWorld) -> None:
    head = an_object_in(object_world, versioned=True)
    marker = object_world.delete(head.bucket, KEY)

    for version in (None, marker):
        with pytest.raises(NotFoundError):
            object_world.objects.read(head.bucket, KEY, version)


def test_old_version_can_still_be_read(object_world: ObjectWorld) -> None:
    head = an_object_in(object_world, versioned=True)
    object_world.put(head.bucket, KEY, Body=b"newer")

    assert object_world.objects.read(head.bucket, KEY, head.version_id) == head
    assert now(object_world, head).version_id != head.version_id


def test_object_under_sse_c_raises_customer_key_error(object_world: ObjectWorld) -> None:
    bucket = object_world.new_bucket()
    object_world.put(bucket, KEY, **SSE_C)

    with pytest.raises(CustomerKeyError):
        object_world.objects.read(bucket, KEY, None)
    assert object_world.objects.read_listed(bucket, KEY) is not None


@pytest.mark.parametrize("versioned", [False, True], ids=["unversioned", "versioned"])
def test_object_is_listed_as_it_is_read(object_world: ObjectWorld, *, versioned: bool) -> None:
    head = an_object_in(object_world, versioned=versioned)
    object_world.put(head.bucket, f"{KEY}.old")

    listed = object_world.objects.read_listed(head.bucket, KEY)

    assert listed is not None
    assert listed.etag == head.etag
    assert listed.last_modified.replace(microsecond=0) == head.last_modified.replace(microsecond=0)


@pytest.mark.parametrize("versioned", [False, True], ids=["unversioned", "versioned"])
def test_missing_object_is_not_listed(object_world: ObjectWorld, *, versioned: bool) -> None:
    head = an_object_in(object_world, versioned=versioned)
    object_world.put(head.bucket, f"{KEY}.old")
    object_world.delete(head.bucket, KEY)

    assert object_world.objects.read_listed(head.bucket, KEY) is None


# --- copies ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("method", METHODS)
def test_copy_changes_the_encryption_and_keeps_the_rest(object_world: ObjectWorld, method: str) -> None:
    head = an_object_in(object_world, Body=LARGE, **PROPERTIES)

    write(object_world, method, head)

    after = now(object_world, head)
    assert (after.encryption, changed(seen_of(head), after)) == (under_k(object_world), ())
    assert object_world.objects.read_tags(after) == {"cost": "42"}
    assert object_world.body(head.bucket, KEY) == LARGE


@pytest.mark.parametrize("method", METHODS)
def test_copy_keeps_the_expires_header(object_world: ObjectWorld, method: str) -> None:
    head = an_object_in(object_world, **EXPIRY)

    write(object_world, method, head)

    assert now(object_world, head).headers["Expires"] == EXPIRY["Expires"]


def test_property_not_sent_with_a_copy_is_lost(object_world: ObjectWorld) -> None:
    head = an_object_in(object_world, **PROPERTIES)

    object_world.objects.copy(head, under_k(object_world), {})

    after = now(object_world, head)
    assert (after.storage_class, after.website_redirect) == ("STANDARD", None)
    assert (after.metadata, after.headers, after.tag_count) == (head.metadata, head.headers, 1)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("body", [b"bytes", b"other"], ids=["the same bytes", "other bytes"])
def test_copy_does_not_replace_a_newer_write(object_world: ObjectWorld, method: str, body: bytes) -> None:
    head = an_object_in(object_world, Body=b"bytes")
    object_world.put(head.bucket, KEY, Body=body, Metadata={"write": "2"})

    with pytest.raises(ChangedError):
        write(object_world, method, head)

    assert now(object_world, head).metadata == {"write": "2"}
    assert object_world.uploads(head.bucket) == 0


@pytest.mark.parametrize("method", METHODS)
def test_copy_does_not_replace_a_newer_write_under_kms(object_world: ObjectWorld, method: str) -> None:
    kms = {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": object_world.k}
    head = an_object_in(object_world, **kms)
    object_world.put(head.bucket, KEY, Metadata={"write": "2"}, **kms)

    with pytest.raises(ChangedError):
        write(object_world, method, head)

    assert now(object_world, head).metadata == {"write": "2"}


@pytest.mark.parametrize("method", METHODS)
def test_copy_does_not_recreate_a_deleted_object(object_world: ObjectWorld, method: str) -> None:
    head = an_object_in(object_world)
    object_world.delete(head.bucket, KEY)

    with pytest.raises(NotFoundError):
        write(object_world, method, head)

    with pytest.raises(NotFoundError):
        now(object_world, head)
    assert object_world.uploads(head.bucket) == 0


@pytest.mark.parametrize("method", METHODS)
def test_old_version_is_not_copied_over_the_latest(object_world: ObjectWorld, method: str) -> None:
    head = an_object_in(object_world, versioned=True)
    object_world.put(head.bucket, KEY, Body=b"newer")
    latest = now(object_world, head)

    with pytest.raises(ChangedError):
        write(object_world, method, head)

    assert now(object_world, head) == latest


@pytest.mark.parametrize("written", [False, True], ids=["found changed", "written meanwhile"])
def test_unconfirmed_copy_changes_nothing(object_world: ObjectWorld, *, written: bool) -> None:
    head = an_object_in(object_world)

    def confirm() -> None:
        if not written:
            raise TransientError("the tags were changed meanwhile")
        object_world.put(head.bucket, KEY, Body=b"newer")

    with pytest.raises(ChangedError if written else TransientError):
        write(object_world, "copy_in_parts", head, confirm=confirm)

    assert object_world.body(head.bucket, KEY) == (b"newer" if written else b"bytes")
    assert object_world.uploads(head.bucket) == 0


def test_copy_in_parts_needs_time(object_world: ObjectWorld) -> None:
    head = an_object_in(object_world)

    with pytest.raises(TransientError):
        write(object_world, "copy_in_parts", head, seconds_left=lambda: 59.0)

    assert now(object_world, head) == head


# --- in place ----------------------------------------------------------------------------------------


def test_change_in_place_changes_only_the_encryption(object_world: ObjectWorld) -> None:
    head = an_object_in(object_world, **PROPERTIES, **EXPIRY)

    object_world.objects.update_encryption(head, under_k(object_world))

    assert now(object_world, head) == replace(head, encryption=under_k(object_world))


def test_change_in_place_changes_exactly_the_version(object_world: ObjectWorld) -> None:
    head = an_object_in(object_world, versioned=True)
    object_world.put(head.bucket, KEY, Body=b"newer")
    latest = now(object_world, head)

    object_world.objects.update_encryption(head, under_k(object_world))

    found = object_world.objects.read(head.bucket, KEY, head.version_id)
    assert (found.encryption, now(object_world, head)) == (under_k(object_world), latest)


def test_deleted_object_is_not_changed_in_place(object_world: ObjectWorld) -> None:
    head = an_object_in(object_world)
    object_world.delete(head.bucket, KEY)

    with pytest.raises(NotFoundError):
        object_world.objects.update_encryption(head, under_k(object_world))


def test_dsse_is_not_changed_in_place(object_world: ObjectWorld) -> None:
    dsse = {"ServerSideEncryption": "aws:kms:dsse", "SSEKMSKeyId": object_world.k}
    head = an_object_in(object_world, **dsse)

    with pytest.raises(RefusalError, match="InvalidRequest"):
        object_world.objects.update_encryption(head, under_k(object_world))
