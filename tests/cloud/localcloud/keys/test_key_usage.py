"""When a key was last used (F19)."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from localcloud.client.handle import Credentials, LocalCloud


def last(kms: Any, key: str) -> Any:
    return kms.get_key_last_usage(KeyId=key)["KeyLastUsage"]


def test_unused_key_has_no_last_usage(kms: Any, key_arn: str) -> None:
    answer = kms.get_key_last_usage(KeyId=key_arn)

    assert (answer["KeyId"], answer["KeyLastUsage"]) == (key_arn, {})
    assert answer["TrackingStartDate"] == datetime(2026, 4, 23, tzinfo=UTC)
    assert answer["KeyCreationDate"] == kms.describe_key(KeyId=key_arn)["KeyMetadata"]["CreationDate"]


def test_direct_use_is_noted_with_time_and_event(kms: Any, key_arn: str) -> None:
    kms.encrypt(KeyId=key_arn, Plaintext=b"x")

    usage = last(kms, key_arn)

    assert usage["Operation"] == "Encrypt"
    assert abs(usage["Timestamp"] - datetime.now(UTC)) < timedelta(minutes=5)
    assert len(usage["CloudTrailEventId"]) == 36


@pytest.mark.parametrize(("reads", "operation"), [(False, "GenerateDataKey"), (True, "Decrypt")])
def test_use_through_s3_is_noted(
    kms: Any, s3: Any, bucket: str, key_arn: str, reads: bool, operation: str
) -> None:
    s3.put_object(Bucket=bucket, Key="k", Body=b"x", ServerSideEncryption="aws:kms", SSEKMSKeyId=key_arn)
    if reads:
        s3.get_object(Bucket=bucket, Key="k")

    assert last(kms, key_arn)["Operation"] == operation


def test_refused_use_is_not_noted(
    local_cloud: LocalCloud, storage_user: Credentials, kms: Any, bucket: str, key_arn: str
) -> None:
    storage = local_cloud.client("s3", storage_user)

    with pytest.raises(storage.exceptions.ClientError, match="AccessDenied"):
        storage.put_object(
            Bucket=bucket, Key="k", Body=b"x", ServerSideEncryption="aws:kms", SSEKMSKeyId=key_arn
        )

    assert last(kms, key_arn) == {}


def test_management_is_no_use(kms: Any, key_arn: str) -> None:
    kms.enable_key_rotation(KeyId=key_arn)
    kms.describe_key(KeyId=key_arn)

    assert last(kms, key_arn) == {}
