"""S3 and SNS use KMS keys with the caller's rights and under the key's policy."""

import json
import uuid
from typing import Any

import pytest
from botocore.exceptions import ClientError

from localcloud.client.handle import Credentials, LocalCloud
from tests.cloud.localcloud.keys.refusals import refusal

OWN, OTHER = "111122223333", "222222222222"
STORAGE_USER = f"arn:aws:iam::{OWN}:user/storage"
USE = ["kms:GenerateDataKey", "kms:Decrypt"]


def statement(principal: Any, condition: dict[str, Any] | None = None) -> dict[str, Any]:
    return {
        "Effect": "Allow",
        "Principal": principal,
        "Action": USE,
        "Resource": "*",
        **({"Condition": condition} if condition else {}),
    }


def policy(*statements: dict[str, Any], account: str = OWN) -> str:
    root = {
        "Effect": "Allow",
        "Principal": {"AWS": f"arn:aws:iam::{account}:root"},
        "Action": "kms:*",
        "Resource": "*",
    }
    return json.dumps({"Version": "2012-10-17", "Statement": [root, *statements]})


def through(service: str, account: str = OWN) -> dict[str, Any]:
    return {
        "StringEquals": {"kms:ViaService": f"{service}.us-east-1.amazonaws.com", "kms:CallerAccount": account}
    }


@pytest.fixture(scope="session")
def storage(local_cloud: LocalCloud, storage_user: Credentials) -> Any:
    return local_cloud.client("s3", storage_user)


def write(client: Any, bucket: str, key: str) -> Any:
    return client.put_object(
        Bucket=bucket, Key="k", Body=b"x", ServerSideEncryption="aws:kms", SSEKMSKeyId=key
    )


def can_write(client: Any, bucket: str, key: str) -> bool:
    code = refusal(lambda: write(client, bucket, key))
    assert code in {None, "AccessDenied"}
    return code is None


@pytest.mark.parametrize(
    ("statements", "allowed"),
    [
        ([], False),
        ([statement({"AWS": STORAGE_USER})], True),
        ([statement({"AWS": f"arn:aws:iam::{OWN}:user/somebody-else"})], False),
        ([statement("*", through("s3"))], True),
        ([statement({"AWS": "*"}, through("s3"))], True),
        ([statement({"AWS": "*"}, through("ec2"))], False),
        ([statement({"AWS": "*"}, through("s3", OTHER))], False),
    ],
    ids=[
        "account only",
        "named",
        "another named",
        "anyone through S3",
        "any AWS through S3",
        "through EC2",
        "callers of another account",
    ],
)
def test_caller_without_kms_rights_depends_on_the_key_policy(
    kms: Any, storage: Any, bucket: str, statements: list[Any], allowed: bool
) -> None:
    key = kms.create_key(Policy=policy(*statements))["KeyMetadata"]["Arn"]

    assert can_write(storage, bucket, key) is allowed


def test_caller_with_kms_rights_needs_the_key_policy_too(kms: Any, s3: Any, bucket: str) -> None:
    only_another = json.dumps({"Version": "2012-10-17", "Statement": [statement({"AWS": STORAGE_USER})]})
    key = kms.create_key(Policy=only_another)["KeyMetadata"]["Arn"]

    assert not can_write(s3, bucket, key)


def test_refusal_names_caller_action_and_key(storage: Any, bucket: str, key_arn: str) -> None:
    with pytest.raises(
        ClientError,
        match=f"{STORAGE_USER} is not authorized to perform: kms:GenerateDataKey on resource: {key_arn}",
    ):
        write(storage, bucket, key_arn)


def test_reader_needs_decrypt_on_the_objects_key(s3: Any, storage: Any, bucket: str, key_arn: str) -> None:
    write(s3, bucket, key_arn)

    with pytest.raises(ClientError, match="kms:Decrypt"):
        storage.get_object(Bucket=bucket, Key="k")


def test_copier_needs_decrypt_on_the_sources_key(s3: Any, storage: Any, bucket: str, key_arn: str) -> None:
    write(s3, bucket, key_arn)

    with pytest.raises(ClientError, match="kms:Decrypt"):
        storage.copy_object(
            Bucket=bucket,
            Key="copy",
            CopySource={"Bucket": bucket, "Key": "k"},
            ServerSideEncryption="AES256",
        )


def test_every_caller_may_use_the_aws_managed_key_through_s3(storage: Any, bucket: str) -> None:
    storage.put_object(Bucket=bucket, Key="k", Body=b"x", ServerSideEncryption="aws:kms")

    assert storage.get_object(Bucket=bucket, Key="k")["Body"].read() == b"x"


@pytest.mark.parametrize(("shared", "allowed"), [(False, False), (True, True)], ids=["not shared", "shared"])
def test_key_of_another_account_must_be_shared(
    local_cloud: LocalCloud, s3: Any, bucket: str, shared: bool, allowed: bool
) -> None:
    owner = local_cloud.client("kms", local_cloud.account_root(OTHER))
    share = [statement({"AWS": f"arn:aws:iam::{OWN}:root"})] if shared else []
    key = owner.create_key(Policy=policy(*share, account=OTHER))["KeyMetadata"]["Arn"]

    assert can_write(s3, bucket, key) is allowed


def test_sharing_with_an_account_does_not_admit_its_users_without_rights(
    local_cloud: LocalCloud, storage: Any, bucket: str
) -> None:
    owner = local_cloud.client("kms", local_cloud.account_root(OTHER))
    everyone = policy(statement({"AWS": "*"}, through("s3")), account=OTHER)
    key = owner.create_key(Policy=everyone)["KeyMetadata"]["Arn"]

    assert not can_write(storage, bucket, key)


def test_describe_key_shows_the_owner_of_a_shared_key(local_cloud: LocalCloud, kms: Any) -> None:
    owner = local_cloud.client("kms", local_cloud.account_root(OTHER))
    share = {
        "Effect": "Allow",
        "Principal": {"AWS": f"arn:aws:iam::{OWN}:root"},
        "Action": "kms:DescribeKey",
        "Resource": "*",
    }
    key = owner.create_key(Policy=policy(share, account=OTHER))["KeyMetadata"]["Arn"]

    assert kms.describe_key(KeyId=key)["KeyMetadata"]["AWSAccountId"] == OTHER


def test_describe_key_needs_the_key_policy(local_cloud: LocalCloud, kms: Any) -> None:
    owner = local_cloud.client("kms", local_cloud.account_root(OTHER))
    key = owner.create_key(Policy=policy(account=OTHER))["KeyMetadata"]["Arn"]

    with pytest.raises(ClientError, match="AccessDenied"):
        kms.describe_key(KeyId=key)


def test_role_granted_a_key_by_arn_may_name_it_by_alias(
    local_cloud: LocalCloud, kms: Any, key_arn: str
) -> None:
    alias = f"alias/a{uuid.uuid4().hex[:8]}"
    kms.create_alias(AliasName=alias, TargetKeyId=key_arn)
    reader = local_cloud.create_user(
        f"reader-{alias[6:]}",
        {
            "Version": "2012-10-17",
            "Statement": [{"Effect": "Allow", "Action": "kms:DescribeKey", "Resource": key_arn}],
        },
    )

    described = local_cloud.client("kms", reader).describe_key(KeyId=alias)

    assert described["KeyMetadata"]["Arn"] == key_arn


@pytest.mark.parametrize(
    ("granted", "code"), [(False, "KMSAccessDenied"), (True, None)], ids=["no right", "right"]
)
def test_publishing_to_an_encrypted_topic_needs_its_key(
    local_cloud: LocalCloud, kms: Any, user: Credentials, granted: bool, code: str | None
) -> None:
    name = f"publisher-{uuid.uuid4().hex[:8]}"
    publisher = local_cloud.create_user(
        name,
        {
            "Version": "2012-10-17",
            "Statement": [{"Effect": "Allow", "Action": "sns:Publish", "Resource": "*"}],
        },
    )
    grants = [statement({"AWS": f"arn:aws:iam::{OWN}:user/{name}"}, through("sns"))] if granted else []
    key = kms.create_key(Policy=policy(*grants))["KeyMetadata"]["KeyId"]
    topic = local_cloud.client("sns", user).create_topic(Name=name, Attributes={"KmsMasterKeyId": key})[
        "TopicArn"
    ]

    sns = local_cloud.client("sns", publisher)
    assert refusal(lambda: sns.publish(TopicArn=topic, Message="x")) == code
