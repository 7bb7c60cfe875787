"""The KMS adapter's cache, and its handling of faults of the local cloud."""

from __future__ import annotations

import pytest

from localcloud.client.handle import Credentials, LocalCloud
from reseal.aws.kms import KmsKeys
from reseal.core.state.kms_key import KeyUnreadable, KmsKey
from tests.contract.worlds.calls import AS_DEPLOYED, Calls
from tests.support.fakes.services import FakeClock


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def keys(cloud: LocalCloud, user: Credentials, clock: FakeClock) -> KmsKeys:
    return KmsKeys(cloud.client("kms", user, **AS_DEPLOYED), clock)


@pytest.fixture(scope="module")
def key_arn(cloud: LocalCloud, user: Credentials) -> str:
    return str(cloud.client("kms", user).create_key()["KeyMetadata"]["Arn"])


def test_key_description_is_cached_for_a_minute(
    calls: Calls, keys: KmsKeys, clock: FakeClock, key_arn: str
) -> None:
    keys.describe(key_arn)
    clock.sleep(59)
    keys.describe(key_arn)

    assert calls.made("DescribeKey") == 1


def test_key_description_is_not_cached_longer(
    calls: Calls, keys: KmsKeys, clock: FakeClock, key_arn: str
) -> None:
    keys.describe(key_arn)
    clock.sleep(60)
    keys.describe(key_arn)

    assert calls.made("DescribeKey") == 2


def test_denied_description_is_unreadable_and_not_retried(calls: Calls, keys: KmsKeys, key_arn: str) -> None:
    calls.fail("kms", "DescribeKey", status=400, code="AccessDeniedException", times=None)

    assert (keys.describe(key_arn), calls.made("DescribeKey")) == (KeyUnreadable(named=key_arn), 1)


def test_denied_description_is_not_cached(calls: Calls, keys: KmsKeys, key_arn: str) -> None:
    calls.fail("kms", "DescribeKey", status=400, code="AccessDeniedException")
    keys.describe(key_arn)

    assert isinstance(keys.describe(key_arn), KmsKey)


def test_missing_key_is_not_cached(calls: Calls, keys: KmsKeys, key_arn: str) -> None:
    calls.fail("kms", "DescribeKey", status=400, code="NotFoundException")
    keys.describe(key_arn)

    assert isinstance(keys.describe(key_arn), KmsKey)


@pytest.mark.parametrize("code", ["ThrottlingException", "KMSInternalException"])
def test_temporary_failure_of_kms_is_retried(calls: Calls, keys: KmsKeys, key_arn: str, code: str) -> None:
    calls.fail("kms", "DescribeKey", status=400 if "Thr" in code else 500, code=code)

    assert isinstance(keys.describe(key_arn), KmsKey)
