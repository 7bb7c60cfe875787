"""Which caller may use which key by which call: a table of expectations, checked on the deployed policies.

CALLERS really call S3, SNS and KMS of the local cloud, each with its own signature or none.
For SERVICES the same deployed key policies are evaluated, because only AWS can act as a service.
"""

from __future__ import annotations

import json
from typing import Any

import pytest

from localcloud.client.deploy import Stack
from localcloud.client.handle import ACCOUNT, LocalCloud
from tests.cloud.key_policies import callers as callers_module
from tests.cloud.key_policies.allowed_calls import Targets, allowed_calls
from tests.cloud.key_policies.callers import Client
from tests.cloud.key_policies.policy_reasoning import allowed_by_policy

S3 = {"S3 write", "S3 read"}
SNS = {"SNS publish"}
DIRECTLY = {"KMS GenerateDataKey", "KMS Decrypt"}
NOTHING: set[str] = set()

KEYS = ("K", "alerts key", "customer-supplied key", "shared key")
CALLERS = {
    "writer without KMS rights": (S3, SNS, NOTHING, NOTHING),
    "administrator": (S3, SNS, S3 | SNS | DIRECTLY, S3 | SNS | DIRECTLY),
    "role of another account": (NOTHING, NOTHING, NOTHING, S3 | SNS | DIRECTLY),
    "anonymous": (NOTHING, NOTHING, NOTHING, NOTHING),
    "Reseal's function": (NOTHING, SNS, NOTHING, NOTHING),
}
SERVICES = {
    "cloudfront.amazonaws.com": (NOTHING, NOTHING, NOTHING, NOTHING),
    "delivery.logs.amazonaws.com": (NOTHING, NOTHING, NOTHING, NOTHING),
    "logging.s3.amazonaws.com": (NOTHING, NOTHING, NOTHING, NOTHING),
    # AWS documents their statement without kms:ViaService, so both ways are allowed; neither writes objects.
    "cloudwatch.amazonaws.com": (NOTHING, S3 | SNS, NOTHING, NOTHING),
    "events.amazonaws.com": (NOTHING, NOTHING, NOTHING, NOTHING),
}
SOURCES = {
    "cloudfront.amazonaws.com": f"arn:aws:cloudfront::{ACCOUNT}:distribution/E1EXAMPLE",
    "delivery.logs.amazonaws.com": f"arn:aws:logs:us-east-1:{ACCOUNT}:delivery-source:example",
    "logging.s3.amazonaws.com": f"arn:aws:s3:us-east-1:{ACCOUNT}:example",
    "cloudwatch.amazonaws.com": f"arn:aws:cloudwatch:us-east-1:{ACCOUNT}:alarm:example",
    "events.amazonaws.com": f"arn:aws:events:us-east-1:{ACCOUNT}:rule/example",
}


def cells(table: dict[str, tuple[set[str], ...]]) -> list[Any]:
    return [
        pytest.param(who, key, expected, id=f"{who} and {key}")
        for who, row in table.items()
        for key, expected in zip(KEYS, row, strict=True)
    ]


@pytest.fixture(scope="module")
def keys(cloud: LocalCloud, stack: Stack) -> dict[str, str]:
    return callers_module.keys(cloud, stack)


@pytest.fixture(scope="module")
def callers(cloud: LocalCloud, stack: Stack) -> dict[str, Client]:
    return callers_module.callers(cloud, stack)


@pytest.fixture(scope="module")
def targets(cloud: LocalCloud, keys: dict[str, str]) -> Targets:
    return Targets(cloud, keys)


@pytest.fixture(scope="module")
def policies(cloud: LocalCloud, keys: dict[str, str], targets: Targets) -> dict[str, dict[str, Any]]:
    """The key policies in force after every object is written."""
    kms = cloud.client("kms")
    return {
        name: json.loads(kms.get_key_policy(KeyId=arn, PolicyName="default")["Policy"])
        for name, arn in keys.items()
    }


@pytest.mark.parametrize(("who", "key", "expected"), cells(CALLERS))
def test_caller_may_make_exactly_the_expected_calls(
    who: str,
    key: str,
    expected: set[str],
    keys: dict[str, str],
    callers: dict[str, Client],
    targets: Targets,
) -> None:
    found = allowed_calls(callers[who], key, keys[key], targets, signs=who != "anonymous")

    assert found == expected


@pytest.mark.parametrize(("who", "key", "expected"), cells(SERVICES))
def test_service_may_make_exactly_the_expected_calls(
    who: str, key: str, expected: set[str], policies: dict[str, dict[str, Any]]
) -> None:
    found = allowed_by_policy(policies[key], who, SOURCES[who])

    assert found == expected


@pytest.mark.parametrize("service", ["cloudwatch.amazonaws.com", "events.amazonaws.com"])
def test_service_acting_for_another_account_cannot_use_the_alerts_key(
    service: str, policies: dict[str, dict[str, Any]]
) -> None:
    source = SOURCES[service].replace(ACCOUNT, "222222222222")

    assert allowed_by_policy(policies["alerts key"], service, source) == NOTHING
