"""A key's two policies: its own, and the one of Resource Access Manager (F18)."""

import json
from typing import Any

import pytest

from localcloud.client.handle import Credentials, LocalCloud, LocalCloudError
from tests.cloud.localcloud.keys.refusals import refusal

OTHER = "222222222222"
SHARE = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Principal": {"AWS": OTHER},
            "Action": ["kms:GenerateDataKey", "kms:Decrypt", "kms:DescribeKey"],
            "Resource": "*",
        }
    ],
}


@pytest.fixture
def other_account(local_cloud: LocalCloud) -> Credentials:
    return local_cloud.account_root(OTHER)


def test_unshared_key_has_one_policy(kms: Any, key_arn: str) -> None:
    assert kms.list_key_policies(KeyId=key_arn)["PolicyNames"] == ["default"]
    assert refusal(lambda: kms.get_key_policy(KeyId=key_arn, PolicyName="AWS_RAM")) == "NotFoundException"


def test_shared_key_has_a_second_policy(local_cloud: LocalCloud, kms: Any, key_arn: str) -> None:
    local_cloud.share_key(key_arn, SHARE)

    answer = kms.get_key_policy(KeyId=key_arn, PolicyName="AWS_RAM")

    assert kms.list_key_policies(KeyId=key_arn)["PolicyNames"] == ["default", "AWS_RAM"]
    assert (answer["PolicyName"], json.loads(answer["Policy"])) == ("AWS_RAM", SHARE)
    assert OTHER not in kms.get_key_policy(KeyId=key_arn)["Policy"]


def test_shared_policy_admits_the_other_account(
    local_cloud: LocalCloud, other_account: Credentials, key_arn: str
) -> None:
    guest = local_cloud.client("kms", other_account)
    before = refusal(lambda: guest.generate_data_key(KeyId=key_arn, KeySpec="AES_256"))

    local_cloud.share_key(key_arn, SHARE)

    assert before == "AccessDeniedException"
    assert refusal(lambda: guest.generate_data_key(KeyId=key_arn, KeySpec="AES_256")) is None


def test_shared_policy_admits_the_other_account_through_s3(
    local_cloud: LocalCloud, other_account: Credentials, key_arn: str
) -> None:
    guest = local_cloud.client("s3", other_account)
    bucket = f"guest-{key_arn[-12:]}"
    guest.create_bucket(Bucket=bucket)
    encryption = {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": key_arn}
    before = refusal(lambda: guest.put_object(Bucket=bucket, Key="k", Body=b"x", **encryption))

    local_cloud.share_key(key_arn, SHARE)

    assert before == "AccessDenied"
    assert refusal(lambda: guest.put_object(Bucket=bucket, Key="k", Body=b"x", **encryption)) is None


def test_shared_policy_is_not_changed_by_put_key_policy(
    local_cloud: LocalCloud, kms: Any, key_arn: str
) -> None:
    local_cloud.share_key(key_arn, SHARE)

    act = lambda: kms.put_key_policy(KeyId=key_arn, PolicyName="AWS_RAM", Policy="{}")  # noqa: E731

    assert refusal(act) == "UnsupportedOperationException"


def test_end_of_the_sharing_takes_the_policy_away(local_cloud: LocalCloud, kms: Any, key_arn: str) -> None:
    local_cloud.share_key(key_arn, SHARE)

    local_cloud.share_key(key_arn, None)

    assert kms.list_key_policies(KeyId=key_arn)["PolicyNames"] == ["default"]


def test_key_that_does_not_exist_cannot_be_shared(local_cloud: LocalCloud) -> None:
    with pytest.raises(LocalCloudError, match="there is no key"):
        local_cloud.share_key("arn:aws:kms:us-east-1:111122223333:key/none", SHARE)
