"""UpdateObjectEncryption: a new key without a copy, and what it refuses (D)."""

import json
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from localcloud.client.handle import Credentials, LocalCloud

OWN, OTHER = "111122223333", "222222222222"
LATER = "2099-01-01T00:00:00Z"
USE = ["kms:GenerateDataKey", "kms:Encrypt", "kms:Decrypt", "kms:ReEncrypt*"]


def update(s3: Any, bucket: str, key_arn: str, *, bucket_key: bool | None = None, **more: Any) -> None:
    wanted: dict[str, Any] = {"KMSKeyArn": key_arn}
    if bucket_key is not None:
        wanted["BucketKeyEnabled"] = bucket_key
    s3.update_object_encryption(Bucket=bucket, Key="k", ObjectEncryption={"SSEKMS": wanted}, **more)


def refusal(act: Callable[[], object]) -> tuple[str, int]:
    with pytest.raises(ClientError) as refused:
        act()
    answer = refused.value.response
    return answer["Error"]["Code"], answer["ResponseMetadata"]["HTTPStatusCode"]


def encryption(answer: dict[str, Any]) -> tuple[Any, Any, Any]:
    return answer.get("ServerSideEncryption"), answer.get("SSEKMSKeyId"), answer.get("BucketKeyEnabled")


def under(key_arn: str, **more: Any) -> dict[str, Any]:
    return {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": key_arn, **more}


@pytest.mark.parametrize(
    ("bucket_key", "expected"), [(None, None), (True, True), (False, None)], ids=["unset", "on", "off"]
)
def test_sse_s3_becomes_sse_kms(
    s3: Any, bucket: str, key_arn: str, bucket_key: bool | None, expected: bool | None
) -> None:
    s3.put_object(Bucket=bucket, Key="k", Body=b"x")

    update(s3, bucket, key_arn, bucket_key=bucket_key)

    found = s3.get_object(Bucket=bucket, Key="k")
    assert (encryption(found), found["Body"].read()) == (("aws:kms", key_arn, expected), b"x")


def test_new_key_replaces_the_old_one(s3: Any, kms: Any, bucket: str, key_arn: str) -> None:
    old = kms.create_key()["KeyMetadata"]["Arn"]
    s3.put_object(Bucket=bucket, Key="k", Body=b"x", **under(old, BucketKeyEnabled=True))

    update(s3, bucket, key_arn)

    assert encryption(s3.head_object(Bucket=bucket, Key="k")) == ("aws:kms", key_arn, None)


def test_update_changes_nothing_else(local_cloud: LocalCloud, s3: Any, bucket: str, key_arn: str) -> None:
    s3.put_object(
        Bucket=bucket,
        Key="k",
        Body=b"x",
        Metadata={"a": "b"},
        Tagging="a=b",
        StorageClass="STANDARD_IA",
        WebsiteRedirectLocation="/elsewhere",
        SSEKMSEncryptionContext="e30=",
        **under(key_arn),
    )
    before = s3.head_object(Bucket=bucket, Key="k", ChecksumMode="ENABLED")

    update(s3, bucket, key_arn, bucket_key=True)

    after = s3.head_object(Bucket=bucket, Key="k", ChecksumMode="ENABLED")
    changed = {name for name in before.keys() | after.keys() if before.get(name) != after.get(name)}
    assert changed <= {"BucketKeyEnabled", "ResponseMetadata"}
    assert local_cloud.encryption_context(bucket, "k") == "e30="


@pytest.mark.parametrize("storage_class", ["GLACIER", "DEEP_ARCHIVE"])
def test_archived_object_is_updated(s3: Any, bucket: str, key_arn: str, storage_class: str) -> None:
    s3.put_object(Bucket=bucket, Key="k", Body=b"x", StorageClass=storage_class)

    update(s3, bucket, key_arn)

    found = s3.head_object(Bucket=bucket, Key="k")
    assert (found["SSEKMSKeyId"], found["StorageClass"]) == (key_arn, storage_class)


def test_only_the_named_old_version_is_updated(s3: Any, versioned_bucket: str, key_arn: str) -> None:
    old = s3.put_object(Bucket=versioned_bucket, Key="k", Body=b"x")["VersionId"]
    s3.put_object(Bucket=versioned_bucket, Key="k", Body=b"y")

    update(s3, versioned_bucket, key_arn, VersionId=old)

    versions = s3.list_object_versions(Bucket=versioned_bucket)["Versions"]
    current = s3.head_object(Bucket=versioned_bucket, Key="k")
    assert s3.head_object(Bucket=versioned_bucket, Key="k", VersionId=old)["SSEKMSKeyId"] == key_arn
    assert (current["ServerSideEncryption"], len(versions)) == ("AES256", 2)


def test_current_version_can_be_updated_by_its_id(s3: Any, versioned_bucket: str, key_arn: str) -> None:
    version = s3.put_object(Bucket=versioned_bucket, Key="k", Body=b"x")["VersionId"]

    update(s3, versioned_bucket, key_arn)

    found = s3.head_object(Bucket=versioned_bucket, Key="k", VersionId=version)
    assert found["SSEKMSKeyId"] == key_arn


def put_dsse(s3: Any, bucket: str, key_arn: str) -> None:
    s3.put_object(Bucket=bucket, Key="k", Body=b"x", **under(key_arn, ServerSideEncryption="aws:kms:dsse"))


def put_under_customer_key(s3: Any, bucket: str, key_arn: str) -> None:
    key = {"SSECustomerAlgorithm": "AES256", "SSECustomerKey": "k" * 32}
    s3.put_object(Bucket=bucket, Key="k", Body=b"x", **key)


@pytest.mark.parametrize("put", [put_dsse, put_under_customer_key])
def test_object_with_other_encryption_is_not_updated(
    s3: Any, unblocked_bucket: str, key_arn: str, put: Callable[[Any, str, str], None]
) -> None:
    put(s3, unblocked_bucket, key_arn)

    assert refusal(lambda: update(s3, unblocked_bucket, key_arn)) == ("InvalidRequest", 400)


@pytest.mark.parametrize("form", ["id", "alias", "alias ARN", "another service's ARN"])
def test_key_must_be_named_by_its_full_arn(s3: Any, kms: Any, bucket: str, key_arn: str, form: str) -> None:
    alias = f"alias/{bucket}"
    kms.create_alias(AliasName=alias, TargetKeyId=key_arn)
    s3.put_object(Bucket=bucket, Key="k", Body=b"x")
    names = {
        "id": key_arn.rpartition("/")[2],
        "alias": alias,
        "alias ARN": f"arn:aws:kms:us-east-1:{OWN}:{alias}",
        "another service's ARN": f"arn:aws:s3:::{bucket}",
    }

    assert refusal(lambda: update(s3, bucket, names[form])) == ("InvalidRequest", 400)


LOCKS = [
    {"ObjectLockMode": "GOVERNANCE", "ObjectLockRetainUntilDate": LATER},
    {"ObjectLockMode": "COMPLIANCE", "ObjectLockRetainUntilDate": LATER},
    {"ObjectLockLegalHoldStatus": "ON"},
]


@pytest.mark.parametrize("lock", LOCKS, ids=str)
def test_locked_object_is_not_updated(s3: Any, lock_bucket: str, key_arn: str, lock: dict[str, str]) -> None:
    s3.put_object(Bucket=lock_bucket, Key="k", Body=b"x", **lock)

    with pytest.raises(ClientError, match=r"AccessDenied.*protected by S3 Object Lock"):
        update(s3, lock_bucket, key_arn)


def test_object_is_updated_after_its_legal_hold_ends(s3: Any, lock_bucket: str, key_arn: str) -> None:
    s3.put_object(Bucket=lock_bucket, Key="k", Body=b"x", ObjectLockLegalHoldStatus="ON")
    s3.put_object_legal_hold(Bucket=lock_bucket, Key="k", LegalHold={"Status": "OFF"})

    update(s3, lock_bucket, key_arn)

    assert s3.head_object(Bucket=lock_bucket, Key="k")["SSEKMSKeyId"] == key_arn


def test_key_of_another_account_is_refused(local_cloud: LocalCloud, s3: Any, bucket: str) -> None:
    theirs = local_cloud.client("kms", local_cloud.account_root(OTHER))
    root = {"AWS": [f"arn:aws:iam::{account}:root" for account in (OWN, OTHER)]}
    statement = {"Effect": "Allow", "Principal": root, "Action": "kms:*", "Resource": "*"}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    foreign = theirs.create_key(Policy=policy)["KeyMetadata"]["Arn"]
    s3.put_object(Bucket=bucket, Key="k", Body=b"x")

    assert refusal(lambda: update(s3, bucket, foreign)) == ("AccessDenied", 403)


def test_unexpected_bucket_owner_is_refused(s3: Any, bucket: str, key_arn: str) -> None:
    s3.put_object(Bucket=bucket, Key="k", Body=b"x")

    act = refusal(lambda: update(s3, bucket, key_arn, ExpectedBucketOwner=OTHER))

    assert act == ("AccessDenied", 403)


def test_disabled_key_is_refused(s3: Any, kms: Any, bucket: str, key_arn: str) -> None:
    s3.put_object(Bucket=bucket, Key="k", Body=b"x")
    kms.disable_key(KeyId=key_arn)

    assert refusal(lambda: update(s3, bucket, key_arn)) == ("KMS.DisabledException", 400)


def test_missing_object_or_version_is_not_found(s3: Any, versioned_bucket: str, key_arn: str) -> None:
    s3.put_object(Bucket=versioned_bucket, Key="k", Body=b"x")
    marker = s3.delete_object(Bucket=versioned_bucket, Key="k")["VersionId"]

    def answer(**more: Any) -> tuple[str, int]:
        return refusal(lambda: update(s3, versioned_bucket, key_arn, **more))

    assert answer() == ("NoSuchKey", 404)
    assert answer(VersionId=marker) == ("MethodNotAllowed", 405)
    assert answer(VersionId=str(uuid.uuid4())) == ("NoSuchVersion", 404)


def caller(cloud: LocalCloud, *actions: str) -> Any:
    """The S3 client of a user with only these permissions."""
    allow = {"Effect": "Allow", "Action": list(actions), "Resource": "*"}
    user: Credentials = cloud.create_user(
        f"updater-{uuid.uuid4().hex[:8]}", {"Version": "2012-10-17", "Statement": [allow]}
    )
    return cloud.client("s3", user)


NEEDED = ["s3:UpdateObjectEncryption", "s3:PutObject", *USE]


@pytest.mark.parametrize("missing", NEEDED)
def test_each_documented_permission_is_needed(
    local_cloud: LocalCloud, s3: Any, kms: Any, bucket: str, key_arn: str, missing: str
) -> None:
    old = kms.create_key()["KeyMetadata"]["Arn"]
    s3.put_object(Bucket=bucket, Key="k", Body=b"x", **under(old))

    update(caller(local_cloud, *NEEDED), bucket, key_arn)
    without = caller(local_cloud, *(action for action in NEEDED if action != missing))

    assert refusal(lambda: update(without, bucket, key_arn)) == ("AccessDenied", 403)


def test_update_sends_no_bucket_notification(
    s3: Any, bucket: str, key_arn: str, make_queue: Callable[[], Any]
) -> None:
    s3.put_object(Bucket=bucket, Key="k", Body=b"x")
    queue = make_queue()
    queue.admit("s3.amazonaws.com", f"arn:aws:s3:::{bucket}")
    wanted = {"QueueArn": queue.arn, "Events": ["s3:ObjectCreated:*"]}
    s3.put_bucket_notification_configuration(
        Bucket=bucket, NotificationConfiguration={"QueueConfigurations": [wanted]}
    )

    update(s3, bucket, key_arn)

    assert [message.get("Event") for message in queue.receive_json(2, within=0.5)] == ["s3:TestEvent"]
