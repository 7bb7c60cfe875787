"""Step 2, values: an object's encryption and what else is seen of an object and its bucket."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reseal.core.state.bucket_access import BucketAccess, ReplicationRule
from reseal.core.state.kms_key import KeyDescription, KeyNotFound
from reseal.core.state.object_encryption import CUSTOMER_KEY, ObjectEncryption
from reseal.core.state.s3_object import Found
from tests.support.builders import (
    DSSE_KMS,
    SSE_KMS,
    TEAM_KEY,
    K,
    a_bucket_context,
    a_key,
    an_object,
    object_encryption,
)


@pytest.mark.parametrize(
    ("found", "words", "uses_kms"),
    [
        (object_encryption(None), "not encrypted", False),
        (object_encryption(), "SSE-S3", False),
        (object_encryption(SSE_KMS, K), f"SSE-KMS under {K}", True),
        (object_encryption(SSE_KMS), "SSE-KMS under aws/s3", True),
        (object_encryption(SSE_KMS, K, bucket_key=True), f"SSE-KMS under {K} with Bucket Key", True),
        (object_encryption(DSSE_KMS, K), f"DSSE-KMS under {K}", True),
        (object_encryption("aws:fsx"), "'aws:fsx'", False),
        (CUSTOMER_KEY, "SSE-C", False),
    ],
    ids=["none", "SSE-S3", "SSE-KMS", "aws/s3", "Bucket Key", "DSSE-KMS", "unknown", "SSE-C"],
)
def test_an_encryption_has_words(found: ObjectEncryption, words: str, uses_kms: bool) -> None:
    assert found.in_words == words
    assert found.uses_kms is uses_kms
    assert found.has_customer_key is (found is CUSTOMER_KEY)


ENCRYPTIONS = st.builds(
    ObjectEncryption,
    algorithm=st.none() | st.text(),
    key_id=st.none() | st.text(),
    bucket_key=st.booleans(),
)


@given(ENCRYPTIONS, ENCRYPTIONS)
def test_an_encryption_survives_the_way_through_json_and_fulfils_only_itself(
    one: ObjectEncryption, other: ObjectEncryption
) -> None:
    assert ObjectEncryption.from_document(json.loads(json.dumps(one.to_document()))) == one
    assert one.meets(one)
    assert one.meets(other) is (one == other)


@pytest.mark.parametrize(
    ("changes", "archived"),
    [
        ({"storage_class": "GLACIER"}, True),
        ({"storage_class": "DEEP_ARCHIVE"}, True),
        ({"storage_class": "INTELLIGENT_TIERING", "archive": "DEEP_ARCHIVE_ACCESS"}, True),
        ({"storage_class": "INTELLIGENT_TIERING"}, False),
        ({"storage_class": "GLACIER_IR"}, False),
        ({}, False),
    ],
    ids=str,
)
def test_an_archive_is_what_cannot_be_copied_from(changes: dict[str, Any], archived: bool) -> None:
    assert an_object(**changes).is_archived is archived


@pytest.mark.parametrize(
    ("version_id", "has_version"), [(None, False), ("null", False), ("3HL4kqtJ", True)], ids=str
)
def test_a_null_version_is_overwritten_by_a_copy_and_every_other_stays(
    version_id: str | None, has_version: bool
) -> None:
    assert an_object(version_id=version_id).has_version is has_version


@pytest.mark.parametrize(
    ("key", "is_under_aws_s3"),
    [(None, False), (a_key(TEAM_KEY), False), (a_key(manager="AWS"), True), (KeyNotFound(named=K), False)],
    ids=["not asked", "customer's", "AWS managed", "gone"],
)
def test_aws_s3_is_recognised_by_who_manages_the_key(
    key: KeyDescription | None, is_under_aws_s3: bool
) -> None:
    assert Found(head=an_object(), kms_key=key).is_under_aws_s3 is is_under_aws_s3


@pytest.mark.parametrize("enabled", [True, False])
def test_a_bucket_replicates_where_a_rule_is_on(enabled: bool) -> None:
    off = ReplicationRule(id="off", enabled=False, takes_kms_objects=True)
    rule = ReplicationRule(id="r", enabled=enabled, takes_kms_objects=True)

    assert a_bucket_context(access=BucketAccess(replication=(off, rule))).replicates is enabled


@pytest.mark.parametrize(
    ("other", "equal"),
    [
        (ObjectEncryption(algorithm="aws:kms", key_id=K), True),
        (ObjectEncryption(algorithm="aws:kms", key_id=K, bucket_key=True), False),
        (ObjectEncryption(algorithm="AES256"), False),
    ],
)
def test_encryptions_are_equal_if_all_of_them_is(other: ObjectEncryption, equal: bool) -> None:
    assert ObjectEncryption(algorithm="aws:kms", key_id=K).equals(other) is equal
