"""The four outsides, and clients of an account of this folder's own.

On the local cloud these tests live in an account apart: the stack that other tests deploy hears
nothing of their buckets, and their faults strike nobody else.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from moto import mock_aws

from localcloud.client.clients import make_client
from localcloud.client.handle import Credentials, LocalCloud
from reseal.ports import AlertWindows, Ledger
from tests.contract.worlds import evidence, known_gaps, localemu_server, objects, services
from tests.contract.worlds.calls import ACCOUNT, Calls
from tests.contract.worlds.services import Outside
from tests.support.fakes.batches import FakeWindows
from tests.support.fakes.services import FakeLedger

SERVICES = ("s3", "kms", "dynamodb", "sns", "sqs")
MOTO_ACCOUNT = "123456789012"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What LocalEmu cannot do is expected to fail there."""
    for item in items:
        if mark := known_gaps.expected_to_fail(item):
            item.add_marker(mark)


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Here and in no fixture, so that the summary says it once and not for each test."""
    if known_gaps.in_world(item) and not localemu_server.PYTHON.exists():
        pytest.skip("no .venv/localemu: LocalEmu needs Python 3.12 or 3.13, and `make test` found neither")


@pytest.fixture(scope="session")
def owner(cloud: LocalCloud) -> Credentials:
    """The root user of this folder's account."""
    return cloud.account_root(ACCOUNT)


@pytest.fixture(scope="session")
def user(cloud: LocalCloud, owner: Credentials) -> Credentials:
    """Who makes the adapters' calls; the journal and the faults know him by CALLER."""
    actions = [f"{service}:*" for service in SERVICES]
    statement = {"Effect": "Allow", "Action": actions, "Resource": "*"}
    return cloud.create_user("adapters", {"Version": "2012-10-17", "Statement": [statement]}, owner)


@pytest.fixture
def cloud_outside(cloud: LocalCloud, user: Credentials) -> Outside:
    return Outside(client=lambda service: cloud.client(service, user), account=ACCOUNT)


@pytest.fixture
def moto_outside() -> Iterator[Outside]:
    def client(service: str) -> Any:
        return boto3.client(
            service, region_name="us-east-1", aws_access_key_id="moto", aws_secret_access_key="moto"
        )

    with mock_aws():
        yield Outside(client=client, account=MOTO_ACCOUNT)


@pytest.fixture(scope="session")
def localemu() -> Iterator[str]:
    """The endpoint of LocalEmu."""
    with localemu_server.running() as endpoint:
        yield endpoint


@pytest.fixture
def localemu_outside(localemu: str) -> Outside:
    """Whoever calls LocalEmu with an account's number for an access key is of that account."""
    root = LocalCloud.account_root(ACCOUNT)
    return Outside(client=lambda service: make_client(service, root, localemu, "us-east-1"), account=ACCOUNT)


OUTSIDES = {"moto": "moto_outside", "local cloud": "cloud_outside", known_gaps.WORLD: "localemu_outside"}


def _outside(request: pytest.FixtureRequest) -> Outside | None:
    if request.param == "fake":
        return None
    found: Outside = request.getfixturevalue(OUTSIDES[request.param])
    return found


@pytest.fixture(params=["fake", *OUTSIDES])
def outside(request: pytest.FixtureRequest) -> Outside | None:
    """None for the fake."""
    return _outside(request)


@pytest.fixture(params=["fake", "local cloud", known_gaps.WORLD])
def cloud_or_fake(request: pytest.FixtureRequest) -> Outside | None:
    """Without moto, where its answers are wrong or its limits are old. None for the fake."""
    return _outside(request)


@pytest.fixture
def bucket_world(outside: Outside | None) -> services.BucketWorld:
    return services.AwsBucketWorld(outside) if outside else services.FakeBucketWorld()


@pytest.fixture
def key_world(outside: Outside | None) -> services.KeyWorld:
    return services.AwsKeyWorld(outside) if outside else services.FakeKeyWorld()


@pytest.fixture
def ledger(outside: Outside | None) -> Ledger:
    return evidence.aws_ledger(outside) if outside else FakeLedger()


@pytest.fixture
def topic_world(outside: Outside | None) -> evidence.TopicWorld:
    return evidence.AwsTopicWorld(outside) if outside else evidence.FakeTopicWorld()


@pytest.fixture
def object_ledger_world(cloud_or_fake: Outside | None) -> objects.ObjectLedgerWorld:
    if cloud_or_fake is None:
        return objects.fake_object_ledger()
    return objects.aws_object_ledger(cloud_or_fake)


@pytest.fixture
def windows(cloud_or_fake: Outside | None) -> AlertWindows:
    return objects.aws_windows(cloud_or_fake) if cloud_or_fake else FakeWindows()


@pytest.fixture
def object_world(request: pytest.FixtureRequest, cloud_or_fake: Outside | None) -> objects.ObjectWorld:
    if cloud_or_fake is None:
        return objects.FakeObjectWorld()
    if request.node.callspec.params["cloud_or_fake"] == known_gaps.WORLD:
        return objects.AwsObjectWorld(cloud_or_fake)
    return objects.CloudObjectWorld(cloud_or_fake, request.getfixturevalue("cloud"))


@pytest.fixture
def calls(cloud: LocalCloud, user: Credentials) -> Iterator[Calls]:
    """Faults, cleared afterwards, and the number of calls since the test began."""
    yield Calls(cloud)
    cloud.clear_faults()
