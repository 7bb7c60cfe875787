"""The command that takes a repair back, and when there is none."""

from __future__ import annotations

import json
import shlex
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reseal.core.repairs.objects.properties import sent_with_copy
from reseal.core.repairs.undo import undo_command
from reseal.core.resource import Resource
from reseal.core.state.bucket_access import AclGrant
from reseal.core.state.object_encryption import ObjectEncryption
from reseal.core.state.s3_object import Checksum, ObjectAcl
from tests.support.builders import (
    ACCOUNT,
    BUCKET,
    DSSE_KMS,
    KEY,
    REGION,
    SSE_KMS,
    STRANGER_KEY,
    UNLISTED_KEY,
    a_policy,
    an_original,
    encryption,
    object_encryption,
)
from tests.support.fakes.services import NOON

SSE_S3_OBJECT = object_encryption()
UNDER_ANOTHER = object_encryption(SSE_KMS, UNLISTED_KEY)
ACL = ObjectAcl(
    owner="me",
    owner_permissions=frozenset({"FULL_CONTROL"}),
    grants=tuple(
        AclGrant(grantee=grantee, permission=permission)
        for grantee, permission in (("a", "READ"), ("b", "READ"), ("a", "READ_ACP"), ("b", "WRITE_ACP"))
    ),
)
UNTOUCHED = "--copy-source-if-unmodified-since=2026-11-23T12:00:02Z"
"""The repair's time, and how far clocks differ: what was written later is not copied back."""
STANDARD = {"StorageClass": "STANDARD", "etag": '"e"'}


def undo(
    before: ObjectEncryption = SSE_S3_OBJECT,
    action: str = "CopyObject",
    *,
    key: str = KEY,
    version_id: str | None = None,
    details: Any = STANDARD,
) -> str | None:
    resource = Resource(bucket=BUCKET, object_key=key, version_id=version_id)
    return undo_command(a_policy(), resource, before, action, details, NOON)


def words_of(command: str | None) -> list[str]:
    assert command is not None
    return shlex.split(command)


ON_OBJECT = ["--region", REGION, "--bucket", BUCKET, f"--key={KEY}", "--expected-bucket-owner", ACCOUNT]
COPY_BACK = ["aws", "s3api", "copy-object", *ON_OBJECT, "--copy-source", f"{BUCKET}/{KEY}"]
COPY_BACK += ["--expected-source-bucket-owner", ACCOUNT, "--server-side-encryption"]


@pytest.mark.parametrize(
    ("before", "encryption_options"),
    [
        (SSE_S3_OBJECT, ["AES256"]),
        (UNDER_ANOTHER, ["aws:kms", "--ssekms-key-id", UNLISTED_KEY]),
        (object_encryption(SSE_KMS), ["aws:kms"]),
        (
            object_encryption(SSE_KMS, UNLISTED_KEY, bucket_key=True),
            ["aws:kms", "--ssekms-key-id", UNLISTED_KEY, "--bucket-key-enabled"],
        ),
        (object_encryption(DSSE_KMS, UNLISTED_KEY), ["aws:kms:dsse", "--ssekms-key-id", UNLISTED_KEY]),
    ],
    ids=["SSE-S3", "SSE-KMS", "aws/s3", "Bucket Key", "DSSE-KMS"],
)
def test_a_copy_is_undone_by_a_copy(before: ObjectEncryption, encryption_options: list[str]) -> None:
    assert words_of(undo(before)) == [*COPY_BACK, *encryption_options, UNTOUCHED, "--storage-class=STANDARD"]


def test_a_copy_back_carries_what_the_copy_carried() -> None:
    original = an_original(
        storage_class="STANDARD_IA",
        website_redirect="/new",
        context="e30=",
        acl=ACL,
        checksum=Checksum(algorithm="SHA256", type="FULL_OBJECT", value="aGk="),
    )

    words = words_of(undo(details={**sent_with_copy(original), "etag": '"e"'}))

    assert words[len(COPY_BACK) + 1 :] == [
        UNTOUCHED,
        "--metadata-directive=COPY",
        "--tagging-directive=COPY",
        "--storage-class=STANDARD_IA",
        "--website-redirect-location=/new",
        '--grant-full-control=id="me"',
        '--grant-read=id="a", id="b"',
        '--grant-read-acp=id="a"',
        '--grant-write-acp=id="b"',
        "--ssekms-encryption-context=e30=",
        "--checksum-algorithm=SHA256",
    ]


def test_a_change_in_place_is_undone_in_place_and_on_the_very_version() -> None:
    words = words_of(undo(UNDER_ANOTHER, "UpdateObjectEncryption", version_id="v1"))

    assert words[:-1] == [
        *("aws", "s3api", "update-object-encryption", *ON_OBJECT, "--version-id", "v1"),
        "--object-encryption",
    ]
    assert json.loads(words[-1]) == {"SSEKMS": {"KMSKeyArn": UNLISTED_KEY, "BucketKeyEnabled": False}}


def test_without_a_version_the_object_itself_is_meant() -> None:
    assert "--version-id" not in words_of(undo(UNDER_ANOTHER, "UpdateObjectEncryption"))


@pytest.mark.parametrize(
    "command",
    [
        pytest.param(undo(details={}), id="a copy would drop unknown properties"),
        pytest.param(undo(object_encryption(None)), id="never encrypted"),
        pytest.param(undo(action="UploadPartCopy"), id="too large for one copy"),
        pytest.param(undo(action="UpdateObjectEncryption"), id="in place, from SSE-S3"),
        pytest.param(
            undo(object_encryption(DSSE_KMS, UNLISTED_KEY), "UpdateObjectEncryption"),
            id="in place, from DSSE",
        ),
        pytest.param(
            undo(object_encryption(SSE_KMS, STRANGER_KEY), "UpdateObjectEncryption"),
            id="another account's key",
        ),
        pytest.param(undo(object_encryption(SSE_KMS), "UpdateObjectEncryption"), id="key not named"),
        pytest.param(undo(key="file:///etc/passwd"), id="the CLI would read a file"),
        pytest.param(undo(key="fileb:///dev/zero"), id="the CLI would read a binary file"),
        pytest.param(undo(key="a?versionId=v1"), id="the CLI would read a version"),
        pytest.param(undo(key="a\x1b[201~\nreboot\n"), id="a terminal would obey"),
        pytest.param(undo(key="salaries\u202evsc.exe"), id="reads backwards"),
        pytest.param(
            undo_command(a_policy(), Resource(bucket=BUCKET), SSE_S3_OBJECT, "CopyObject", STANDARD, NOON),
            id="no object",
        ),
    ],
)
def test_there_is_no_command_where_none_does_only_that(command: str | None) -> None:
    assert command is None


def test_a_buckets_rule_is_set_again() -> None:
    before = encryption(SSE_KMS, "alias/it's")

    command = undo_command(a_policy(), Resource(bucket=BUCKET), before, "PutBucketEncryption", {}, NOON)

    words = words_of(command)
    assert words[:3] == ["aws", "s3api", "put-bucket-encryption"]
    assert json.loads(words[-1]) == before.to_s3()


@given(st.text(alphabet=st.characters(codec="utf-8"), min_size=1, max_size=40))
def test_a_key_is_one_word_of_the_command_whatever_it_is_called(key: str) -> None:
    command = undo(key=key)

    assert command is None or f"--key={key}" in shlex.split(command)
    assert command is None or command.isprintable()
