"""The bucket adapter, with a client configured as in the function, under faults of the local cloud."""

from __future__ import annotations

import pytest

from localcloud.client.handle import Credentials, LocalCloud
from reseal.aws.s3.buckets import S3Buckets
from reseal.core.errors import AccessDeniedError, RefusalError, TransientError, WrongRegionError
from reseal.core.state.bucket_encryption import BucketEncryption
from tests.contract.worlds.calls import ACCOUNT, AS_DEPLOYED, Calls
from tests.support.fakes.services import FakeClock
from tests.support.names import unique

SSE_S3 = BucketEncryption(algorithm="AES256", blocked=("SSE-C",))


@pytest.fixture(scope="module")
def bucket(cloud: LocalCloud, user: Credentials) -> str:
    name = unique("faults")
    cloud.client("s3", user).create_bucket(Bucket=name)
    return name


@pytest.fixture(scope="module")
def buckets(cloud: LocalCloud, user: Credentials) -> S3Buckets:
    return S3Buckets(cloud.client("s3", user, **AS_DEPLOYED), ACCOUNT, FakeClock())


def test_temporary_conflict_is_retried(calls: Calls, buckets: S3Buckets, bucket: str) -> None:
    calls.fail("s3", "PutBucketEncryption", status=409, code="OperationAborted")

    buckets.put_encryption(bucket, SSE_S3)

    assert calls.made("PutBucketEncryption") == 2


def test_permanent_conflict_is_transient_after_three_retries(
    calls: Calls, buckets: S3Buckets, bucket: str
) -> None:
    calls.fail("s3", "PutBucketEncryption", status=409, code="OperationAborted", times=None)

    with pytest.raises(TransientError, match="OperationAborted"):
        buckets.put_encryption(bucket, SSE_S3)

    assert calls.made("PutBucketEncryption") == 4


@pytest.mark.parametrize(
    ("status", "code"),
    [(503, "SlowDown"), (400, "Throttling"), (500, "InternalError"), (503, "ServiceUnavailable")],
)
def test_temporary_failure_of_s3_is_retried(
    calls: Calls, buckets: S3Buckets, bucket: str, status: int, code: str
) -> None:
    calls.fail("s3", "GetBucketEncryption", status=status, code=code)

    buckets.read_encryption(bucket)

    assert calls.made("GetBucketEncryption") == 2


def test_write_with_a_lost_answer_is_retried(calls: Calls, buckets: S3Buckets, bucket: str) -> None:
    calls.fail("s3", "PutBucketEncryption", kind="lost_response", status=500)

    buckets.put_encryption(bucket, SSE_S3)

    assert (calls.made("PutBucketEncryption"), buckets.read_encryption(bucket)) == (2, SSE_S3)


def test_denial_is_not_retried(calls: Calls, buckets: S3Buckets, bucket: str) -> None:
    calls.fail("s3", "PutBucketEncryption", status=403, code="AccessDenied", times=None)

    with pytest.raises(AccessDeniedError):
        buckets.put_encryption(bucket, SSE_S3)

    assert calls.made("PutBucketEncryption") == 1


def test_refusal_is_not_retried(calls: Calls, buckets: S3Buckets, bucket: str) -> None:
    calls.fail("s3", "PutBucketEncryption", status=400, code="MalformedXML", times=None)

    with pytest.raises(RefusalError, match="MalformedXML"):
        buckets.put_encryption(bucket, SSE_S3)

    assert calls.made("PutBucketEncryption") == 1


@pytest.mark.parametrize(
    ("status", "code"),
    [(301, "PermanentRedirect"), (307, "TemporaryRedirect"), (400, "AuthorizationHeaderMalformed")],
)
def test_redirect_is_not_followed(
    calls: Calls, buckets: S3Buckets, bucket: str, status: int, code: str
) -> None:
    calls.fail("s3", "PutBucketEncryption", status=status, code=code)

    with pytest.raises(WrongRegionError):
        buckets.put_encryption(bucket, SSE_S3)

    assert (calls.made("PutBucketEncryption"), calls.made("HeadBucket")) == (1, 0)


def test_bucket_of_another_account_is_denied(cloud: LocalCloud, calls: Calls, buckets: S3Buckets) -> None:
    foreign = unique("foreign")
    cloud.client("s3", cloud.account_root("333344445555")).create_bucket(Bucket=foreign)

    with pytest.raises(AccessDeniedError):
        buckets.read_encryption(foreign)

    assert calls.made("GetBucketEncryption") == 1
