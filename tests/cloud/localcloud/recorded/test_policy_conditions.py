"""Conditions on an object's tags and on a copy's source (F14, F20), and what an update needs (D8)."""

import json
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from localcloud.client.handle import LocalCloud

Deny = Callable[..., None]
SECRET = {"StringEquals": {"s3:ExistingObjectTag/class": "secret"}}


def is_refused(act: Callable[[], object]) -> bool:
    try:
        act()
    except ClientError as error:
        assert error.response["ResponseMetadata"]["HTTPStatusCode"] == 403  # noqa: PT017
        return True
    return False


@pytest.fixture
def deny(s3: Any, bucket: str) -> Deny:
    """Deny an action on the bucket's objects to everybody, under a condition."""

    def put(action: str, condition: dict[str, Any]) -> None:
        statement = {
            "Effect": "Deny",
            "Principal": "*",
            "Action": action,
            "Resource": f"arn:aws:s3:::{bucket}/*",
            "Condition": condition,
        }
        document = {"Version": "2012-10-17", "Statement": [statement]}
        s3.put_bucket_policy(Bucket=bucket, Policy=json.dumps(document))

    return put


@pytest.fixture
def objects(s3: Any, bucket: str) -> None:
    s3.put_object(Bucket=bucket, Key="tagged", Body=b"x", Tagging="class=secret")
    s3.put_object(Bucket=bucket, Key="plain", Body=b"x")


@pytest.mark.parametrize(
    ("action", "call", "arguments"),
    [
        ("s3:GetObject", "get_object", {}),
        ("s3:GetObject", "head_object", {}),
        ("s3:GetObjectTagging", "get_object_tagging", {}),
        ("s3:PutObjectTagging", "put_object_tagging", {"Tagging": {"TagSet": []}}),
        ("s3:DeleteObjectTagging", "delete_object_tagging", {}),
        ("s3:GetObjectAcl", "get_object_acl", {}),
    ],
)
def test_condition_on_existing_tags_stops_only_objects_with_them(
    s3: Any, bucket: str, objects: None, deny: Deny, action: str, call: str, arguments: dict[str, Any]
) -> None:
    deny(action, SECRET)

    refused = {
        key: is_refused(lambda key=key: getattr(s3, call)(Bucket=bucket, Key=key, **arguments))
        for key in ("tagged", "plain")
    }

    assert refused == {"tagged": True, "plain": False}


def test_condition_on_existing_tags_holds_for_the_source_of_a_copy(
    s3: Any, bucket: str, objects: None, deny: Deny
) -> None:
    deny("s3:GetObject", SECRET)

    refused = [
        is_refused(lambda key=key: s3.copy_object(Bucket=bucket, Key="copy", CopySource=f"{bucket}/{key}"))
        for key in ("tagged", "plain")
    ]

    assert refused == [True, False]


def test_condition_on_existing_tags_asks_the_version_that_is_read(
    s3: Any, versioned_bucket: str, deny: Deny
) -> None:
    tagged = s3.put_object(Bucket=versioned_bucket, Key="k", Body=b"x", Tagging="class=secret")["VersionId"]
    plain = s3.put_object(Bucket=versioned_bucket, Key="k", Body=b"x")["VersionId"]
    deny("s3:GetObjectVersion", SECRET)

    refused = [
        is_refused(lambda version=version: s3.get_object(Bucket=versioned_bucket, Key="k", VersionId=version))
        for version in (tagged, plain)
    ]

    assert refused == [True, False]


def test_right_under_a_condition_on_tags_admits_only_objects_with_them(
    local_cloud: LocalCloud, bucket: str, objects: None
) -> None:
    allow = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*", "Condition": SECRET}
    name = f"reader-{uuid.uuid4().hex[:8]}"
    reader = local_cloud.client(
        "s3", local_cloud.create_user(name, {"Version": "2012-10-17", "Statement": [allow]})
    )

    assert not is_refused(lambda: reader.get_object(Bucket=bucket, Key="tagged"))
    assert is_refused(lambda: reader.get_object(Bucket=bucket, Key="plain"))


@pytest.mark.parametrize("call", ["copy_object", "upload_part_copy"])
def test_condition_on_the_source_of_a_copy(
    s3: Any, bucket: str, objects: None, deny: Deny, call: str
) -> None:
    deny("s3:PutObject", {"StringLike": {"s3:x-amz-copy-source": f"{bucket}/tag*"}})
    upload = s3.create_multipart_upload(Bucket=bucket, Key="copy")["UploadId"]
    part = {"UploadId": upload, "PartNumber": 1} if call == "upload_part_copy" else {}

    refused = [
        is_refused(
            lambda key=key: getattr(s3, call)(Bucket=bucket, Key="copy", CopySource=f"{bucket}/{key}", **part)
        )
        for key in ("tagged", "plain")
    ]

    assert refused == [True, False]


def test_write_that_is_no_copy_has_no_source(s3: Any, bucket: str, deny: Deny) -> None:
    deny("s3:PutObject", {"Null": {"s3:x-amz-copy-source": "false"}})

    assert not is_refused(lambda: s3.put_object(Bucket=bucket, Key="k", Body=b"x"))


@pytest.mark.parametrize(
    ("actions", "refused"),
    [(["s3:UpdateObjectEncryption"], True), (["s3:UpdateObjectEncryption", "s3:PutObject"], False)],
    ids=["alone", "with s3:PutObject"],
)
def test_update_of_the_encryption_needs_the_right_to_write_too(
    local_cloud: LocalCloud, bucket: str, key_arn: str, objects: None, actions: list[str], refused: bool
) -> None:
    """AWS's pages disagree (D8): the stricter reading, until it is tried on AWS."""
    use = ["kms:Encrypt", "kms:Decrypt", "kms:GenerateDataKey", "kms:ReEncryptFrom", "kms:ReEncryptTo"]
    allow = {"Effect": "Allow", "Action": [*actions, *use], "Resource": "*"}
    name = f"updater-{uuid.uuid4().hex[:8]}"
    updater = local_cloud.client(
        "s3", local_cloud.create_user(name, {"Version": "2012-10-17", "Statement": [allow]})
    )
    encryption = {"SSEKMS": {"KMSKeyArn": key_arn, "BucketKeyEnabled": True}}

    act = lambda: updater.update_object_encryption(  # noqa: E731
        Bucket=bucket, Key="plain", ObjectEncryption=encryption
    )

    assert is_refused(act) is refused
