"""Step 3: which way an object is re-encrypted, as a table."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reseal.core.repairs.objects.method import GIB, LARGEST_COPY, Method, Methods, choose_method
from reseal.core.state.bucket_access import AclGrant, BucketAccess, ReplicationRule
from reseal.core.state.object_encryption import ObjectEncryption
from reseal.core.state.s3_object import BucketContext, Lock, ObjectAcl, Original
from tests.support.builders import (
    DSSE_KMS,
    PARTNER_KEY,
    SSE_KMS,
    SSE_S3,
    UNLISTED_KEY,
    K,
    a_bucket_context,
    an_original,
    object_encryption,
    requirements,
)
from tests.support.fakes.services import NOON

SCHEMA = json.loads(Path("docs/finding.schema.json").read_text())
TO_K = object_encryption(SSE_KMS, K, bucket_key=True)
TO_DSSE = object_encryption(DSSE_KMS, K)
TO_PARTNER = object_encryption(SSE_KMS, PARTNER_KEY)
FROM_DSSE = object_encryption(DSSE_KMS, UNLISTED_KEY)
NEVER_ENCRYPTED = object_encryption(None)
REPLICATED = BucketAccess(replication=(ReplicationRule(id="r", enabled=True, takes_kms_objects=True),))
PAUSED = BucketAccess(replication=(ReplicationRule(id="r", enabled=False, takes_kms_objects=True),))
RETAINED = Lock(mode="GOVERNANCE", until=NOON + timedelta(days=1))
HELD = Lock(legal_hold=True)
PRIVATE = ObjectAcl(owner="o", owner_permissions=frozenset({"FULL_CONTROL"}))
FOREIGN = ObjectAcl(owner="o", owner_permissions=frozenset({"FULL_CONTROL"}), bucket_owner="us")
ODD = ObjectAcl(
    owner="o",
    owner_permissions=frozenset({"FULL_CONTROL"}),
    grants=(AclGrant(grantee="g", permission="WRITE"),),
)
LARGE, TOO_LARGE = LARGEST_COPY + 1, 50 * GIB + 1

COPY, PARTS, IN_PLACE = Method.COPY, Method.PARTS, Method.IN_PLACE
Way = Method | tuple[str, ...]
Row = tuple[str, Original, BucketContext, ObjectEncryption, Way, Way]
"""What it is about, object, bucket, encryption to give; what to do where copies are preferred, and where
changes in place are. Words of the reason stand for: not at all."""

ROWS: list[Row] = [
    ("plain", an_original(), a_bucket_context(), TO_K, COPY, IN_PLACE),
    ("empty object", an_original(size=0), a_bucket_context(), TO_K, COPY, IN_PLACE),
    ("from aws/s3", an_original(encryption=object_encryption(SSE_KMS, UNLISTED_KEY)), a_bucket_context(),
     TO_K, COPY, IN_PLACE),
    ("private ACL", an_original(acl=PRIVATE), a_bucket_context(has_acls=True), TO_K, COPY, IN_PLACE),
    ("largest copy", an_original(size=LARGEST_COPY), a_bucket_context(), TO_K, COPY, IN_PLACE),
    # what makes a copy no whole repair, or one with side effects
    ("versioned", an_original(version_id="v1"), a_bucket_context(versioned=True), TO_K, IN_PLACE, IN_PLACE),
    ("null version, versioned since", an_original(version_id="null"), a_bucket_context(versioned=True), TO_K,
     IN_PLACE, IN_PLACE),
    ("null version, versioning suspended", an_original(version_id="null"), a_bucket_context(), TO_K,
     COPY, IN_PLACE),
    ("version of before the suspension", an_original(version_id="v1"), a_bucket_context(), TO_K,
     IN_PLACE, IN_PLACE),
    ("notifications", an_original(), a_bucket_context(notifies=True), TO_K, IN_PLACE, IN_PLACE),
    ("replication", an_original(), a_bucket_context(access=REPLICATED), TO_K, IN_PLACE, IN_PLACE),
    ("replication that is off", an_original(), a_bucket_context(access=PAUSED), TO_K, COPY, IN_PLACE),
    ("archived", an_original(storage_class="DEEP_ARCHIVE"), a_bucket_context(), TO_K, IN_PLACE, IN_PLACE),
    ("archive tier", an_original(storage_class="INTELLIGENT_TIERING", archive="ARCHIVE_ACCESS"),
     a_bucket_context(), TO_K, IN_PLACE, IN_PLACE),
    # what a copy would bill as retrieval and early deletion, or move to another tier
    *((storage_class, an_original(storage_class=storage_class), a_bucket_context(), TO_K, IN_PLACE, IN_PLACE)
      for storage_class in ("STANDARD_IA", "ONEZONE_IA", "GLACIER_IR", "INTELLIGENT_TIERING")),
    *((f"{storage_class}, to DSSE", an_original(storage_class=storage_class), a_bucket_context(), TO_DSSE,
       COPY, COPY)
      for storage_class in ("STANDARD_IA", "ONEZONE_IA", "GLACIER_IR", "INTELLIGENT_TIERING")),
    ("infrequent access, with context", an_original(storage_class="STANDARD_IA", context="e30="),
     a_bucket_context(), TO_K, COPY, COPY),
    ("reduced redundancy", an_original(storage_class="REDUCED_REDUNDANCY"), a_bucket_context(), TO_K,
     COPY, IN_PLACE),
    # what a copy could not send as it is
    ("redirect that is not UTF-8", an_original(unreadable_headers=("WebsiteRedirectLocation",)),
     a_bucket_context(), TO_K, IN_PLACE, IN_PLACE),
    ("redirect that is not UTF-8, to DSSE", an_original(unreadable_headers=("WebsiteRedirectLocation",)),
     a_bucket_context(), TO_DSSE, ("website redirect",), ("website redirect",)),
    ("header that is not UTF-8", an_original(unreadable_headers=("CacheControl",)), a_bucket_context(), TO_K,
     COPY, IN_PLACE),
    ("large, header that is not UTF-8", an_original(size=LARGE, unreadable_headers=("CacheControl",)),
     a_bucket_context(), TO_DSSE, ("CacheControl",), ("CacheControl",)),
    ("large, metadata that is not ASCII", an_original(size=LARGE, metadata={"café": "x"}),
     a_bucket_context(), TO_DSSE, ("not ASCII",), ("not ASCII",)),
    ("ACL that cannot be stated", an_original(acl=ODD), a_bucket_context(has_acls=True), TO_K,
     IN_PLACE, IN_PLACE),
    ("another account's object", an_original(acl=FOREIGN), a_bucket_context(has_acls=True), TO_K,
     IN_PLACE, IN_PLACE),
    ("metadata that S3 cannot show", an_original(lost_metadata=1), a_bucket_context(), TO_K, COPY, IN_PLACE),
    # what cannot be changed in place
    ("never encrypted", an_original(encryption=NEVER_ENCRYPTED), a_bucket_context(), TO_K, COPY, COPY),
    ("to DSSE", an_original(), a_bucket_context(), TO_DSSE, COPY, COPY),
    ("from DSSE", an_original(encryption=FROM_DSSE), a_bucket_context(), TO_DSSE, COPY, COPY),
    ("key of another account", an_original(), a_bucket_context(), TO_PARTNER, COPY, COPY),
    ("encryption context", an_original(context="e30="), a_bucket_context(), TO_K, COPY, COPY),
    # what is larger than one copy
    ("large", an_original(size=LARGE), a_bucket_context(), TO_K, IN_PLACE, IN_PLACE),
    ("large, to DSSE", an_original(size=LARGE), a_bucket_context(), TO_DSSE, PARTS, PARTS),
    ("large, with context", an_original(size=LARGE, context="e30="), a_bucket_context(), TO_K, PARTS, PARTS),
    ("large, never encrypted", an_original(size=LARGE, encryption=NEVER_ENCRYPTED), a_bucket_context(), TO_K,
     PARTS, PARTS),
    ("largest in parts", an_original(size=50 * GIB), a_bucket_context(), TO_DSSE, PARTS, PARTS),
    # what neither way can do
    ("too large, to DSSE", an_original(size=TOO_LARGE), a_bucket_context(), TO_DSSE,
     ("MultipartCopyLimitGiB", "50.0 of 50 GiB"), ("MultipartCopyLimitGiB",)),
    ("large, metadata that S3 cannot show", an_original(size=LARGE, lost_metadata=2), a_bucket_context(),
     TO_DSSE, ("2 of its metadata entries",), ("2 of its metadata entries",)),
    ("large, odd Expires", an_original(size=LARGE, unreadable_expires=True), a_bucket_context(), TO_DSSE,
     ("Expires",), ("Expires",)),
    ("large, annotated", an_original(size=LARGE, annotated=True), a_bucket_context(), TO_DSSE,
     ("annotations",), ("annotations",)),
    ("versioned, to DSSE", an_original(version_id="v1"), a_bucket_context(versioned=True), TO_DSSE,
     ("keeps versions", "DSSE-KMS"), ("keeps versions", "DSSE-KMS")),
    ("versioned, key of another account", an_original(version_id="v1"), a_bucket_context(versioned=True),
     TO_PARTNER, ("keeps versions", "bucket owner's account"), ("keeps versions", "bucket owner's account")),
    ("versioned, never encrypted", an_original(version_id="null", encryption=NEVER_ENCRYPTED),
     a_bucket_context(versioned=True), TO_K, ("never encrypted",), ("never encrypted",)),
    ("notifications, to DSSE", an_original(), a_bucket_context(notifies=True), TO_DSSE,
     ("event notifications",), ("event notifications",)),
    ("replication, to DSSE", an_original(), a_bucket_context(access=REPLICATED), TO_DSSE,
     ("replicate the object",), ("replicate the object",)),
    ("archived, to DSSE", an_original(storage_class="GLACIER"), a_bucket_context(), TO_DSSE,
     ("archived (GLACIER)",), ("archived (GLACIER)",)),
    ("archived, with context", an_original(storage_class="GLACIER", context="e30="), a_bucket_context(), TO_K,
     ("encryption context could be lost",), ("encryption context could be lost",)),
    ("retained", an_original(lock=RETAINED), a_bucket_context(), TO_K,
     ("GOVERNANCE retention until 2026-11-24 protects it",), ("S3 refuses it while GOVERNANCE",)),
    ("held", an_original(lock=HELD, version_id="v1"), a_bucket_context(versioned=True), TO_K,
     ("a legal hold protects it",), ("a legal hold",)),
    ("another account's object, to DSSE", an_original(acl=FOREIGN), a_bucket_context(has_acls=True), TO_DSSE,
     ("another account",), ("another account",)),
]  # fmt: skip


@pytest.mark.parametrize("prefers_in_place", [False, True], ids=["copy", "in place"])
@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0])
def test_each_object_has_its_way(row: Row, prefers_in_place: bool) -> None:
    _, original, bucket_context, intended, preferring_copies, preferring_in_place = row
    way = preferring_in_place if prefers_in_place else preferring_copies
    methods = Methods(prefers_in_place=prefers_in_place)

    chosen = choose_method(requirements(), methods, original, bucket_context, intended)

    if isinstance(way, Method):
        assert chosen is way
    else:
        assert not isinstance(chosen, Method)
        assert [word for word in way if word not in chosen] == []


def test_a_reason_is_said_once_and_in_whole_sentences() -> None:
    original = an_original(size=LARGE, lock=HELD, version_id="v1")

    chosen = choose_method(requirements(), Methods(), original, a_bucket_context(versioned=True), TO_K)

    assert chosen == (
        "a copy is not a safe repair: the bucket keeps versions, so the badly encrypted version would stay; "
        "a legal hold protects it: a copy would be an additional version and could not replace it. "
        "A change in place is not possible: S3 refuses it while a legal hold protects the object"
    )


def test_two_locks_are_both_named() -> None:
    lock = Lock(mode="COMPLIANCE", until=NOON, legal_hold=True)

    assert lock.in_words == "COMPLIANCE retention until 2026-11-23 and a legal hold"


def test_an_event_hold_is_named_beside_the_others() -> None:
    assert Lock(legal_hold=True, event_hold=True).in_words == "a legal hold and an event hold"


def test_a_retention_that_does_not_say_until_when_is_none() -> None:
    assert Lock(mode="GOVERNANCE").in_words is None


def test_a_copy_is_preferred_and_takes_what_s3_copies_at_once() -> None:
    assert Methods() == Methods(
        prefers_in_place=False, largest_copy=5_368_709_120, largest_in_parts=53_687_091_200
    )


def test_a_method_is_called_as_its_call_is() -> None:
    actions = SCHEMA["$defs"]["finding"]["properties"]["action"]["enum"]

    assert [method.value for method in Method] == ["CopyObject", "UploadPartCopy", "UpdateObjectEncryption"]
    assert {method.value for method in Method} < set(actions)


def test_the_operator_sets_the_size_up_to_which_is_copied() -> None:
    methods = Methods(largest_copy=4, largest_in_parts=5)

    assert choose_method(requirements(), methods, an_original(size=4), a_bucket_context(), TO_DSSE) is COPY
    assert choose_method(requirements(), methods, an_original(size=5), a_bucket_context(), TO_DSSE) is PARTS
    chosen = choose_method(requirements(), methods, an_original(size=6), a_bucket_context(), TO_DSSE)
    assert not isinstance(chosen, Method)


@st.composite
def originals(draw: st.DrawFn) -> Original:
    changes: dict[str, Any] = {
        "size": draw(st.sampled_from([0, LARGEST_COPY, LARGE, TOO_LARGE])),
        "encryption": draw(st.sampled_from([object_encryption(SSE_S3), NEVER_ENCRYPTED, FROM_DSSE])),
        "version_id": draw(st.sampled_from([None, "null", "v1"])),
        "lock": draw(st.sampled_from([Lock(), RETAINED, HELD])),
        "storage_class": draw(st.sampled_from(["STANDARD", "GLACIER"])),
        "acl": draw(st.sampled_from([None, PRIVATE, ODD, FOREIGN])),
        "annotated": draw(st.booleans()),
        "context": draw(st.sampled_from([None, "e30="])),
    }
    return an_original(**changes)


BUCKETS = st.builds(
    a_bucket_context,
    access=st.sampled_from([BucketAccess(), REPLICATED]),
    versioned=st.booleans(),
    notifies=st.booleans(),
)


@given(originals(), BUCKETS, st.sampled_from([TO_K, TO_DSSE, TO_PARTNER]), st.booleans())
def test_what_is_locked_is_never_written(
    original: Original, bucket_context: BucketContext, intended: ObjectEncryption, prefers_in_place: bool
) -> None:
    methods = Methods(prefers_in_place=prefers_in_place)

    chosen = choose_method(requirements(), methods, original, bucket_context, intended)

    assert not (isinstance(chosen, Method) and original.head.lock.in_words)


@given(originals(), BUCKETS, st.sampled_from([TO_K, TO_DSSE, TO_PARTNER]))
def test_the_preference_decides_how_and_never_whether(
    original: Original, bucket_context: BucketContext, intended: ObjectEncryption
) -> None:
    ways = [
        choose_method(requirements(), Methods(prefers_in_place=preferred), original, bucket_context, intended)
        for preferred in (False, True)
    ]

    assert isinstance(ways[0], Method) == isinstance(ways[1], Method)
