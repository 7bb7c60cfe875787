"""The table of what an object has besides its bytes: what each way sends for it, and what must stay."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reseal.core.repairs.objects.properties import (
    PROPERTIES,
    Fate,
    Property,
    changed,
    lost_in_copy,
    lost_in_parts,
    seen_of,
    sent_with_copy,
    sent_with_parts,
)
from reseal.core.state.bucket_access import AclGrant
from reseal.core.state.s3_object import Checksum, Lock, ObjectAcl, ObservedObject, Original
from tests.support.builders import SSE_KMS, K, an_object, an_original, object_encryption
from tests.support.fakes.services import NOON

KEPT, MANUAL, CHANGES = Fate.KEPT, Fate.MANUAL, Fate.CHANGES
PUBLIC = ObjectAcl(
    owner="me",
    owner_permissions=frozenset({"FULL_CONTROL"}),
    grants=(AclGrant(grantee="http://acs.amazonaws.com/groups/global/AllUsers", permission="READ"),),
)
PUBLIC_READ = {
    "GrantFullControl": 'id="me"',
    "GrantRead": 'uri="http://acs.amazonaws.com/groups/global/AllUsers"',
}
HEADERS = {"ContentType": "text/csv", "CacheControl": "no-store", "Expires": NOON}


def checksum(algorithm: str, kind: str = "FULL_OBJECT", value: str = "aGk=") -> Checksum:
    return Checksum(algorithm=algorithm, type=kind, value=value)


def checksummed(algorithm: str, kind: str) -> Original:
    return an_original(checksum=checksum(algorithm, kind))


@dataclass(frozen=True)
class Row:
    """An object with a property, and what must be sent for it; `lost` is why copies cannot keep it."""

    name: str
    original: Original
    fates: tuple[Fate, Fate, Fate]  # in a copy, in parts, in place
    copy: Mapping[str, Any]
    parts: Mapping[str, Any]
    lost: tuple[str, str] = ("", "")


ROWS = (
    Row("bytes", an_original(size=7), (KEPT, KEPT, KEPT), {}, {}),
    Row(
        "user metadata",
        an_original(metadata={"owner": "alice"}),
        (KEPT, KEPT, KEPT),
        {"MetadataDirective": "COPY"},
        {"Metadata": {"owner": "alice"}},
    ),
    Row(
        "user metadata",  # some of which S3 cannot show
        an_original(lost_metadata=3),
        (KEPT, KEPT, KEPT),
        {"MetadataDirective": "COPY"},
        {"Metadata": {}},
        lost=("", "3 of its metadata entries"),
    ),
    Row(
        "user metadata",  # that no request can carry
        an_original(metadata={"city": "Z\xfcrich"}),
        (KEPT, KEPT, KEPT),
        {"MetadataDirective": "COPY"},
        {"Metadata": {"city": "Z\xfcrich"}},
        lost=("", "not ASCII"),
    ),
    Row("content headers", an_original(headers=HEADERS), (KEPT, KEPT, KEPT), {}, HEADERS),
    Row(
        "content headers",  # with an Expires that is no date
        an_original(unreadable_expires=True),
        (KEPT, KEPT, KEPT),
        {},
        {},
        lost=("", "Expires"),
    ),
    Row(
        "content headers",  # in bytes that are not UTF-8
        an_original(unreadable_headers=("ContentDisposition", "CacheControl")),
        (KEPT, KEPT, KEPT),
        {},
        {},
        lost=("", "not UTF-8 (ContentDisposition, CacheControl)"),
    ),
    Row("tags", an_original(), (KEPT, KEPT, KEPT), {"TaggingDirective": "COPY"}, {}),
    Row(
        "tags",
        an_original(tag_count=2, tags={"cost centre": "4711", "q&a": "ä=1"}),
        (KEPT, KEPT, KEPT),
        {"TaggingDirective": "COPY"},
        {"Tagging": "cost+centre=4711&q%26a=%C3%A4%3D1"},
    ),
    Row(
        "annotations",
        an_original(annotated=True),
        (KEPT, MANUAL, KEPT),
        {"AnnotationDirective": "COPY"},
        {},
        lost=("", "annotations"),
    ),
    Row(
        "storage class",
        an_original(storage_class="STANDARD_IA"),
        (KEPT, KEPT, KEPT),
        {"StorageClass": "STANDARD_IA"},
        {"StorageClass": "STANDARD_IA"},
    ),
    Row("website redirect", an_original(), (KEPT, KEPT, KEPT), {}, {}),
    Row(
        "website redirect",
        an_original(website_redirect="/new"),
        (KEPT, KEPT, KEPT),
        {"WebsiteRedirectLocation": "/new"},
        {"WebsiteRedirectLocation": "/new"},
    ),
    Row(
        "website redirect",  # in bytes that are not UTF-8
        an_original(website_redirect="/caf\xe9", unreadable_headers=("WebsiteRedirectLocation",)),
        (KEPT, KEPT, KEPT),
        {"WebsiteRedirectLocation": "/caf\xe9"},
        {"WebsiteRedirectLocation": "/caf\xe9"},
        lost=("website redirect is not UTF-8", "website redirect is not UTF-8"),
    ),
    Row("ACL", an_original(), (KEPT, KEPT, KEPT), {}, {}),
    Row("ACL", an_original(acl=PUBLIC), (KEPT, KEPT, KEPT), PUBLIC_READ, PUBLIC_READ),
    Row(
        "ACL",  # of another account
        an_original(acl=replace(PUBLIC, bucket_owner="us")),
        (KEPT, KEPT, KEPT),
        PUBLIC_READ,
        PUBLIC_READ,
        lost=("another account", "another account"),
    ),
    Row("Object Lock", an_original(), (MANUAL, MANUAL, MANUAL), {}, {}),
    Row(
        "Object Lock",
        an_original(lock=Lock(legal_hold=True)),
        (MANUAL, MANUAL, MANUAL),
        {},
        {},
        lost=("a legal hold", "a legal hold"),
    ),
    Row("encryption context", an_original(), (KEPT, KEPT, MANUAL), {}, {}),
    Row(
        "encryption context",
        an_original(context="eyJhIjoiYiJ9"),
        (KEPT, KEPT, MANUAL),
        {"SSEKMSEncryptionContext": "eyJhIjoiYiJ9"},
        {"SSEKMSEncryptionContext": "eyJhIjoiYiJ9"},
    ),
    Row("checksum", an_original(), (KEPT, KEPT, KEPT), {}, {}),
    *(
        Row(
            "checksum",
            checksummed(algorithm, kind),
            (KEPT, KEPT, KEPT),
            {"ChecksumAlgorithm": algorithm},
            {"ChecksumAlgorithm": algorithm, "ChecksumType": kind_of_parts},
        )
        for algorithm, kind, kind_of_parts in (
            ("CRC64NVME", "FULL_OBJECT", "FULL_OBJECT"),
            ("CRC32", "FULL_OBJECT", "FULL_OBJECT"),
            ("CRC32C", "COMPOSITE", "COMPOSITE"),
            ("SHA1", "COMPOSITE", "COMPOSITE"),
            ("SHA256", "FULL_OBJECT", "COMPOSITE"),
        )
    ),
    Row("ETag", an_original(etag='"other"'), (CHANGES, CHANGES, KEPT), {}, {}),
    Row("last modified", an_original(), (CHANGES, CHANGES, KEPT), {}, {}),
    Row("part structure", an_original(), (CHANGES, CHANGES, KEPT), {}, {}),
    Row("access tier", an_original(), (CHANGES, CHANGES, KEPT), {}, {}),
)


def property_called(name: str) -> Property:
    (row,) = (row for row in PROPERTIES if row.name == name)
    return row


@pytest.mark.parametrize("row", ROWS, ids=[f"{number}-{row.name}" for number, row in enumerate(ROWS)])
def test_each_way_sends_what_carries_the_property_or_says_that_it_cannot(row: Row) -> None:
    found = property_called(row.name)
    original = row.original

    assert (found.copy, found.parts, found.in_place) == row.fates
    assert (found.sent_with_copy(original) if found.sent_with_copy else {}) == row.copy
    assert (found.sent_with_parts(original) if found.sent_with_parts else {}) == row.parts
    for reasons, word in zip((lost_in_copy(original), lost_in_parts(original)), row.lost, strict=True):
        assert len(reasons) == (1 if word else 0)
        assert word in "".join(reasons)


def test_every_property_is_in_the_table() -> None:
    assert list(dict.fromkeys(row.name for row in ROWS)) == [row.name for row in PROPERTIES]


def test_a_plain_copy_sends_only_what_s3_would_not_keep_by_itself() -> None:
    assert sent_with_copy(an_original()) == {
        "MetadataDirective": "COPY",
        "TaggingDirective": "COPY",
        "AnnotationDirective": "COPY",
        "StorageClass": "STANDARD",
    }


def test_a_plain_copy_in_parts_sends_everything_there_is() -> None:
    assert sent_with_parts(an_original()) == {"Metadata": {}, "StorageClass": "STANDARD"}


TEXT = st.text(min_size=1, max_size=12)
ORIGINALS = st.builds(
    an_original,
    metadata=st.dictionaries(TEXT, TEXT, max_size=3),
    headers=st.dictionaries(
        st.sampled_from(
            ["ContentType", "CacheControl", "ContentDisposition", "ContentEncoding", "ContentLanguage"]
        ),
        TEXT,
    ),
    tags=st.dictionaries(TEXT, TEXT, max_size=3),
    storage_class=st.sampled_from(["STANDARD", "STANDARD_IA", "INTELLIGENT_TIERING", "GLACIER_IR"]),
    website_redirect=st.none() | TEXT,
    acl=st.sampled_from([None, PUBLIC]),
    context=st.none() | TEXT,
    checksum=st.none()
    | st.builds(
        checksum,
        st.sampled_from(["CRC32", "CRC32C", "CRC64NVME", "SHA1", "SHA256"]),
        st.sampled_from(["FULL_OBJECT", "COMPOSITE"]),
    ),
)


def clashes(rows: Iterable[Mapping[str, Any]]) -> list[str]:
    names = [name for row in rows for name in row]
    return sorted({name for name in names if names.count(name) > 1})


@given(ORIGINALS)
def test_no_two_properties_speak_through_the_same_parameter(original: Original) -> None:
    copied = [row.sent_with_copy(original) for row in PROPERTIES if row.sent_with_copy]
    in_parts = [row.sent_with_parts(original) for row in PROPERTIES if row.sent_with_parts]

    assert (clashes(copied), clashes(in_parts)) == ([], [])
    assert len(sent_with_copy(original)) == sum(map(len, copied))
    assert len(sent_with_parts(original)) == sum(map(len, in_parts))


@given(ORIGINALS)
def test_a_copy_in_parts_sends_no_directive(original: Original) -> None:
    assert [name for name in sent_with_parts(original) if name.endswith("Directive")] == []


BEFORE = an_object(
    metadata={"owner": "alice"},
    headers=HEADERS,
    tag_count=1,
    website_redirect="/new",
    checksum=checksum("SHA256"),
)
DIFFERENCES: dict[str, tuple[dict[str, Any], tuple[str, ...]]] = {
    "nothing": ({}, ()),
    "what every copy changes": (
        {
            "etag": '"new"',
            "last_modified": NOON + timedelta(minutes=1),
            "version_id": "v2",
            "encryption": object_encryption(SSE_KMS, K),
        },
        (),
    ),
    "size": ({"size": 6}, ("bytes",)),
    "metadata": ({"metadata": {}}, ("user metadata",)),
    "metadata's value": ({"metadata": {"owner": "bob"}}, ("user metadata",)),
    "header": ({"headers": {**HEADERS, "ContentType": "text/html"}}, ("content headers",)),
    "Expires": ({"headers": {**HEADERS, "Expires": NOON + timedelta(days=1)}}, ("content headers",)),
    "tags": ({"tag_count": 0}, ("tags",)),
    "storage class": ({"storage_class": "GLACIER_IR"}, ("storage class",)),
    "redirect": ({"website_redirect": None}, ("website redirect",)),
    "checksum": ({"checksum": checksum("SHA256", value="b2g=")}, ("checksum",)),
    "checksum of another algorithm": ({"checksum": checksum("CRC64NVME", value="b2g=")}, ()),
    "checksum of another type": ({"checksum": checksum("SHA256", "COMPOSITE", "b2g=")}, ()),
    "no checksum": ({"checksum": None}, ()),
    "two": ({"size": 6, "checksum": checksum("SHA256", value="b2g=")}, ("bytes", "checksum")),
}


@pytest.mark.parametrize(("changes", "names"), DIFFERENCES.values(), ids=DIFFERENCES)
def test_exactly_what_differs_is_named(changes: dict[str, Any], names: tuple[str, ...]) -> None:
    assert changed(seen_of(BEFORE), replace(BEFORE, **changes)) == names


def test_a_checksum_of_parts_that_end_at_other_places_is_no_difference() -> None:
    two, three = (checksum("CRC32", "COMPOSITE", value) for value in ("b2g=-2", "aGE=-3"))

    assert changed(seen_of(an_object(checksum=two)), an_object(checksum=three)) == ()


def test_a_checksum_that_an_object_gains_is_no_difference() -> None:
    assert changed(seen_of(an_object()), an_object(checksum=checksum("CRC64NVME"))) == ()


OBJECTS = st.builds(
    an_object,
    size=st.sampled_from([1, 2]),
    metadata=st.sampled_from([{}, {"a": "b"}]),
    headers=st.sampled_from([{}, {"ContentType": "text/csv"}]),
    tag_count=st.sampled_from([0, 1]),
    storage_class=st.sampled_from(["STANDARD", "GLACIER_IR"]),
    website_redirect=st.sampled_from([None, "/"]),
    checksum=st.sampled_from([None, checksum("SHA1"), checksum("SHA1", value="b2g=")]),
)


@given(OBJECTS, OBJECTS)
def test_a_difference_is_one_from_either_side(one: ObservedObject, other: ObservedObject) -> None:
    assert changed(seen_of(one), one) == ()
    assert changed(seen_of(one), other) == changed(seen_of(other), one)
