"""Keys of every kind."""

from collections.abc import Callable
from typing import Any

import pytest

from localcloud.client.handle import Credentials, LocalCloud

MakeKey = Callable[..., str]


@pytest.fixture
def make_key(kms: Any) -> MakeKey:
    """The ARN of a new key: ``make_key(KeySpec="RSA_2048", KeyUsage="SIGN_VERIFY")``."""

    def make(**properties: Any) -> str:
        return str(kms.create_key(**properties)["KeyMetadata"]["Arn"])

    return make


@pytest.fixture
def kms_in(local_cloud: LocalCloud, user: Credentials) -> Callable[[str], Any]:
    """KMS in another Region."""
    return lambda region: local_cloud.client("kms", user, region)
