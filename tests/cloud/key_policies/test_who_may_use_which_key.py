"""Who may use which key, by which way: one table of expectations, and the answers of the deployed policies.

CALLERS are asked of the local cloud: each signs as itself (or not at all), and S3, SNS and KMS answer.
SERVICES are reasoned from the same deployed key policies, since nobody but AWS can act as a service.
"""

from __future__ import annotations

import json
from typing import Any

import pytest

from localcloud.client.deploy import Stack
from localcloud.client.handle import ACCOUNT, LocalCloud
from tests.cloud.key_policies import callers as parties
from tests.cloud.key_policies.asked import Places, asked
from tests.cloud.key_policies.callers import Client
from tests.cloud.key_policies.reasoned import reasoned

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
    # AWS documents their statement without kms:ViaService, so no way is ruled out; neither writes objects.
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
    return parties.keys(cloud, stack)


@pytest.fixture(scope="module")
def callers(cloud: LocalCloud, stack: Stack) -> dict[str, Client]:
    return parties.callers(cloud, stack)


@pytest.fixture(scope="module")
def places(cloud: LocalCloud, keys: dict[str, str]) -> Places:
    return Places(cloud, keys)


@pytest.fixture(scope="module")
def policies(cloud: LocalCloud, keys: dict[str, str], places: Places) -> dict[str, dict[str, Any]]:
    """The policies as they are in force, once every object is written."""
    kms = cloud.client("kms")
    return {
        name: json.loads(kms.get_key_policy(KeyId=arn, PolicyName="default")["Policy"])
        for name, arn in keys.items()
    }


@pytest.mark.parametrize(("who", "key", "expected"), cells(CALLERS))
def test_caller_may_do_with_the_key(
    who: str,
    key: str,
    expected: set[str],
    keys: dict[str, str],
    callers: dict[str, Client],
    places: Places,
) -> None:
    found = asked(callers[who], key, keys[key], places, signs=who != "anonymous")

    assert found == expected


@pytest.mark.parametrize(("who", "key", "expected"), cells(SERVICES))
def test_service_may_do_with_the_key(
    who: str, key: str, expected: set[str], policies: dict[str, dict[str, Any]]
) -> None:
    found = reasoned(policies[key], who, SOURCES[who])

    assert found == expected


@pytest.mark.parametrize("service", ["cloudwatch.amazonaws.com", "events.amazonaws.com"])
def test_service_for_another_account_may_not_use_the_alerts_key(
    service: str, policies: dict[str, dict[str, Any]]
) -> None:
    source = SOURCES[service].replace(ACCOUNT, "222222222222")

    assert reasoned(policies["alerts key"], service, source) == NOTHING
