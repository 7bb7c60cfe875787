"""What HeadObject and GetObject show, by the caller's permissions (C22, C23)."""

import uuid
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from localcloud.client.handle import LocalCloud, LocalCloudError

LATER = "2099-01-01T00:00:00Z"
Reader = Callable[..., Any]


@pytest.fixture
def reader(local_cloud: LocalCloud) -> Reader:
    """``reader("s3:GetObject")`` is the S3 client of a user with only this permission."""

    def make(*actions: str) -> Any:
        allow = {"Effect": "Allow", "Action": list(actions), "Resource": "*"}
        name = f"reader-{uuid.uuid4().hex[:8]}"
        user = local_cloud.create_user(name, {"Version": "2012-10-17", "Statement": [allow]})
        return local_cloud.client("s3", user)

    return make


def status(act: Callable[[], object]) -> int:
    with pytest.raises(ClientError) as refused:
        act()
    return int(refused.value.response["ResponseMetadata"]["HTTPStatusCode"])


@pytest.mark.parametrize(
    ("permission", "expected"),
    [
        ("s3:GetObject", set()),
        ("s3:GetObjectRetention", {"ObjectLockMode", "ObjectLockRetainUntilDate"}),
        ("s3:GetObjectLegalHold", {"ObjectLockLegalHoldStatus"}),
    ],
)
@pytest.mark.parametrize("call", ["head_object", "get_object"])
def test_lock_is_shown_only_with_the_permission_to_read_it(
    s3: Any, lock_bucket: str, reader: Reader, call: str, permission: str, expected: set[str]
) -> None:
    s3.put_object(
        Bucket=lock_bucket,
        Key="k",
        Body=b"x",
        ObjectLockMode="GOVERNANCE",
        ObjectLockRetainUntilDate=LATER,
        ObjectLockLegalHoldStatus="ON",
    )

    found = getattr(reader("s3:GetObject", permission), call)(Bucket=lock_bucket, Key="k")

    assert {name for name in found if name.startswith("ObjectLock")} == expected


@pytest.mark.parametrize(
    ("permissions", "count"),
    [
        (["s3:GetObject"], None),
        (["s3:GetObject", "s3:GetObjectTagging"], 1),
        (["s3:GetObject", "s3:GetObjectVersionTagging"], None),
    ],
)
@pytest.mark.parametrize("call", ["head_object", "get_object"])
def test_tag_count_is_shown_only_with_the_permission_to_read_tags(
    s3: Any, bucket: str, reader: Reader, call: str, permissions: list[str], count: int | None
) -> None:
    s3.put_object(Bucket=bucket, Key="k", Body=b"x", Tagging="a=b")

    assert getattr(reader(*permissions), call)(Bucket=bucket, Key="k").get("TagCount") == count


def test_tags_of_a_named_version_need_their_own_permission(
    s3: Any, versioned_bucket: str, reader: Reader
) -> None:
    version = s3.put_object(Bucket=versioned_bucket, Key="k", Body=b"x", Tagging="a=b")["VersionId"]
    named = {"Bucket": versioned_bucket, "Key": "k", "VersionId": version}

    without = reader("s3:GetObjectVersion", "s3:GetObjectTagging").head_object(**named)
    permitted = reader("s3:GetObjectVersion", "s3:GetObjectVersionTagging").head_object(**named)

    assert (without.get("TagCount"), permitted["TagCount"]) == (None, 1)


def test_head_needs_the_kms_key_only_for_a_checksum(
    s3: Any, bucket: str, key_arn: str, reader: Reader
) -> None:
    s3.put_object(Bucket=bucket, Key="k", Body=b"x", ServerSideEncryption="aws:kms", SSEKMSKeyId=key_arn)
    keyless, permitted = reader("s3:GetObject"), reader("s3:GetObject", "kms:Decrypt")

    assert keyless.head_object(Bucket=bucket, Key="k")["SSEKMSKeyId"] == key_arn
    assert status(lambda: keyless.head_object(Bucket=bucket, Key="k", ChecksumMode="ENABLED")) == 403
    assert "ChecksumType" in permitted.head_object(Bucket=bucket, Key="k", ChecksumMode="ENABLED")


def without_md5(read: Callable[..., object], client: Any) -> Callable[..., object]:
    """The same call without the MD5 of the key, which the SDK adds."""

    def remove(params: dict[str, Any], **_: Any) -> None:
        params["headers"].pop("x-amz-server-side-encryption-customer-key-MD5")

    def call(**arguments: Any) -> object:
        client.meta.events.register("before-call.s3.*", remove, unique_id="md5")
        try:
            return read(**arguments)
        finally:
            client.meta.events.unregister("before-call.s3.*", unique_id="md5")

    return call


def test_head_of_an_object_under_a_customer_key_needs_it(s3: Any, unblocked_bucket: str) -> None:
    place = {"Bucket": unblocked_bucket, "Key": "k"}
    key, other = ({"SSECustomerAlgorithm": "AES256", "SSECustomerKey": letter * 32} for letter in "kx")
    s3.put_object(**place, Body=b"x", **key)
    s3.put_object(Bucket=unblocked_bucket, Key="plain", Body=b"x")

    assert status(lambda: s3.head_object(**place)) == 400
    assert status(lambda: s3.head_object(**place, **other)) == 403
    assert status(lambda: without_md5(s3.head_object, s3)(**place, **key)) == 403
    assert status(lambda: without_md5(s3.get_object, s3)(**place, **key)) == 400
    assert status(lambda: s3.head_object(Bucket=unblocked_bucket, Key="plain", **key)) == 400
    assert s3.head_object(**place, **key)["SSECustomerAlgorithm"] == "AES256"


def test_delete_marker_is_404_and_under_its_own_id_405(s3: Any, versioned_bucket: str) -> None:
    s3.put_object(Bucket=versioned_bucket, Key="k", Body=b"x")
    marker = s3.delete_object(Bucket=versioned_bucket, Key="k")["VersionId"]

    assert status(lambda: s3.head_object(Bucket=versioned_bucket, Key="k")) == 404
    assert status(lambda: s3.head_object(Bucket=versioned_bucket, Key="k", VersionId=marker)) == 405


@pytest.mark.parametrize(
    ("permissions", "expected"),
    [(["s3:GetObject"], 403), (["s3:GetObject", "s3:ListBucket"], 404)],
)
@pytest.mark.parametrize("call", ["head_object", "get_object"])
def test_missing_object_is_404_only_with_the_permission_to_list(
    bucket: str, reader: Reader, call: str, permissions: list[str], expected: int
) -> None:
    client = reader(*permissions)

    assert status(lambda: getattr(client, call)(Bucket=bucket, Key="nowhere")) == expected


@pytest.mark.parametrize(("state", "expected"), [(None, None), ("Enabled", "null"), ("Suspended", "null")])
def test_null_version_is_shown_once_the_bucket_has_versions(
    s3: Any, bucket: str, state: str | None, expected: str | None
) -> None:
    s3.put_object(Bucket=bucket, Key="k", Body=b"x")
    if state:
        s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": state})

    assert s3.head_object(Bucket=bucket, Key="k").get("VersionId") == expected


def test_object_from_before_2023_shows_no_encryption(local_cloud: LocalCloud, s3: Any, bucket: str) -> None:
    s3.put_object(Bucket=bucket, Key="k", Body=b"x")

    local_cloud.set_object_state(bucket, "k", unencrypted=True)

    assert "ServerSideEncryption" not in s3.head_object(Bucket=bucket, Key="k")


def test_unencrypted_object_is_copied_but_not_updated(
    local_cloud: LocalCloud, s3: Any, bucket: str, key_arn: str
) -> None:
    s3.put_object(Bucket=bucket, Key="k", Body=b"x")
    local_cloud.set_object_state(bucket, "k", unencrypted=True)
    wanted = {"SSEKMS": {"KMSKeyArn": key_arn}}

    assert status(lambda: s3.update_object_encryption(Bucket=bucket, Key="k", ObjectEncryption=wanted)) == 400
    s3.copy_object(Bucket=bucket, Key="k", CopySource={"Bucket": bucket, "Key": "k"})

    assert s3.head_object(Bucket=bucket, Key="k")["ServerSideEncryption"] == "AES256"


def test_tiered_object_shows_its_archive_and_is_not_copied(
    local_cloud: LocalCloud, s3: Any, bucket: str
) -> None:
    s3.put_object(Bucket=bucket, Key="k", Body=b"x", StorageClass="INTELLIGENT_TIERING")
    local_cloud.set_object_state(bucket, "k", archive_status="ARCHIVE_ACCESS")
    source = {"Bucket": bucket, "Key": "k"}

    shown = s3.head_object(Bucket=bucket, Key="k")["ArchiveStatus"]
    refused = status(
        lambda: s3.copy_object(Bucket=bucket, Key="k", CopySource=source, StorageClass="STANDARD")
    )

    assert (shown, refused) == ("ARCHIVE_ACCESS", 403)


def test_missing_object_has_no_state(local_cloud: LocalCloud, bucket: str) -> None:
    with pytest.raises(LocalCloudError, match="there is no object"):
        local_cloud.set_object_state(bucket, "k", unencrypted=True)
