"""The bucket's owner and Region are checked in every call."""

import uuid
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from localcloud.client.handle import Credentials, LocalCloud

OWN, OTHER = "111122223333", "222222222222"
CALLS: dict[str, Callable[..., Any]] = {
    "get encryption": lambda s3, **target: s3.get_bucket_encryption(**target),
    "delete encryption": lambda s3, **target: s3.delete_bucket_encryption(**target),
    "get policy": lambda s3, **target: s3.get_bucket_policy_status(**target),
    "put object": lambda s3, **target: s3.put_object(Key="new", Body=b"x", **target),
    "get object": lambda s3, **target: s3.get_object(Key="k", **target),
    "delete object": lambda s3, **target: s3.delete_object(Key="k", **target),
}


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS.keys())
def test_wrong_expected_owner_is_denied(s3: Any, bucket: str, call: Callable[..., Any]) -> None:
    s3.put_object(Bucket=bucket, Key="k", Body=b"x")

    with pytest.raises(ClientError) as denied:
        call(s3, Bucket=bucket, ExpectedBucketOwner=OTHER)

    assert denied.value.response["Error"]["Code"] == "AccessDenied"
    assert denied.value.response["ResponseMetadata"]["HTTPStatusCode"] == 403


def test_right_expected_owner_passes(s3: Any, bucket: str) -> None:
    s3.get_bucket_encryption(Bucket=bucket, ExpectedBucketOwner=OWN)


def test_wrong_expected_owner_of_a_copy_source_is_denied(s3: Any, bucket: str) -> None:
    s3.put_object(Bucket=bucket, Key="k", Body=b"x")

    with pytest.raises(ClientError, match="AccessDenied"):
        s3.copy_object(
            Bucket=bucket,
            Key="copy",
            CopySource={"Bucket": bucket, "Key": "k"},
            ExpectedSourceBucketOwner=OTHER,
        )


def test_unknown_bucket_is_not_found_for_any_expected_owner(s3: Any) -> None:
    with pytest.raises(ClientError, match="NoSuchBucket"):
        s3.get_bucket_encryption(Bucket="nobody-has-this-bucket", ExpectedBucketOwner=OTHER)


@pytest.fixture
def bucket_elsewhere(s3: Any) -> str:
    name = f"elsewhere-{uuid.uuid4().hex[:8]}"
    s3.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    return name


@pytest.mark.parametrize("call", [CALLS["get encryption"], CALLS["put object"]], ids=["bucket", "object"])
def test_bucket_of_another_region_is_a_redirect(
    local_cloud: LocalCloud, user: Credentials, bucket_elsewhere: str, call: Callable[..., Any]
) -> None:
    client = local_cloud.client("s3", user)
    client.meta.events.unregister("needs-retry.s3", unique_id="retry-config-s3")
    client.meta.events.register_first("needs-retry.s3", lambda **_: False)

    with pytest.raises(ClientError) as redirected:
        call(client, Bucket=bucket_elsewhere)

    metadata = redirected.value.response["ResponseMetadata"]
    assert redirected.value.response["Error"]["Code"] in {"PermanentRedirect", "301"}
    assert (metadata["HTTPStatusCode"], metadata["HTTPHeaders"]["x-amz-bucket-region"]) == (301, "eu-west-1")
