"""The backends of the contract tests, with clients of an account of their own.

On the local cloud these tests use a separate account, so that the stack of other tests gets no events
of their buckets, and their faults affect no other test.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from moto import mock_aws

from localcloud.client.clients import make_client
from localcloud.client.handle import Credentials, LocalCloud
from reseal.ports import AlertWindows, BucketNotes, Ledger, PolicyWrites, Watchlist
from tests.contract.worlds import evidence, known_gaps, localemu_server, objects, services, snapshot
from tests.contract.worlds.calls import ACCOUNT, Calls
from tests.contract.worlds.services import Backend
from tests.support.fakes.services import (
    FakeBucketNotes,
    FakeLedger,
    FakePolicyWrites,
    FakeWatchlist,
    FakeWindows,
)

SERVICES = ("s3", "kms", "dynamodb", "sns", "sqs")
MOTO_ACCOUNT = "123456789012"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the tests that must fail on LocalEmu."""
    for item in items:
        if mark := known_gaps.expected_to_fail(item):
            item.add_marker(mark)


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip here and not in a fixture, so that the summary has one line and not one for each test."""
    if known_gaps.in_world(item) and not localemu_server.PYTHON.exists():
        pytest.skip(
            "no .venv/localemu: LocalEmu needs Python 3.12 or 3.13, and `make localemu` found neither"
        )


@pytest.fixture(scope="session")
def owner(cloud: LocalCloud) -> Credentials:
    """The root user of this folder's account."""
    return cloud.account_root(ACCOUNT)


@pytest.fixture(scope="session")
def user(cloud: LocalCloud, owner: Credentials) -> Credentials:
    """The user that makes the adapters' calls; journal and faults select it by CALLER."""
    actions = [f"{service}:*" for service in SERVICES]
    statement = {"Effect": "Allow", "Action": actions, "Resource": "*"}
    return cloud.create_user("adapters", {"Version": "2012-10-17", "Statement": [statement]}, owner)


@pytest.fixture
def cloud_backend(cloud: LocalCloud, user: Credentials) -> Backend:
    return Backend(client=lambda service: cloud.client(service, user), account=ACCOUNT)


@pytest.fixture
def moto_backend() -> Iterator[Backend]:
    def client(service: str) -> Any:
        return boto3.client(
            service, region_name="us-east-1", aws_access_key_id="moto", aws_secret_access_key="moto"
        )

    with mock_aws():
        yield Backend(client=client, account=MOTO_ACCOUNT)


@pytest.fixture(scope="session")
def localemu() -> Iterator[str]:
    """The endpoint of LocalEmu."""
    with localemu_server.running() as endpoint:
        yield endpoint


@pytest.fixture
def localemu_backend(localemu: str) -> Backend:
    """LocalEmu takes an access key that is an account number for a caller of that account."""
    root = LocalCloud.account_root(ACCOUNT)
    return Backend(client=lambda service: make_client(service, root, localemu, "us-east-1"), account=ACCOUNT)


BACKENDS = {"moto": "moto_backend", "local cloud": "cloud_backend", known_gaps.WORLD: "localemu_backend"}


def _backend(request: pytest.FixtureRequest) -> Backend | None:
    if request.param == "fake":
        return None
    found: Backend = request.getfixturevalue(BACKENDS[request.param])
    return found


@pytest.fixture(params=["fake", *BACKENDS])
def backend(request: pytest.FixtureRequest) -> Backend | None:
    """None for the fake."""
    return _backend(request)


@pytest.fixture(params=["fake", "local cloud", known_gaps.WORLD])
def cloud_or_fake(request: pytest.FixtureRequest) -> Backend | None:
    """Without moto, whose answers are wrong here or whose limits are outdated. None for the fake."""
    return _backend(request)


@pytest.fixture(params=["local cloud", known_gaps.WORLD])
def emulator(request: pytest.FixtureRequest) -> Backend:
    """The emulators that have a server of their own."""
    found = _backend(request)
    assert found is not None
    return found


@pytest.fixture
def bucket_world(backend: Backend | None) -> services.BucketWorld:
    return services.AwsBucketWorld(backend) if backend else services.FakeBucketWorld()


@pytest.fixture
def key_world(backend: Backend | None) -> services.KeyWorld:
    return services.AwsKeyWorld(backend) if backend else services.FakeKeyWorld()


@pytest.fixture
def ledger(backend: Backend | None) -> Ledger:
    return evidence.aws_ledger(backend) if backend else FakeLedger()


@pytest.fixture
def watchlist(backend: Backend | None) -> Watchlist:
    return evidence.aws_watchlist(backend) if backend else FakeWatchlist()


@pytest.fixture
def snapshots(backend: Backend | None) -> snapshot.SnapshotWorld:
    return snapshot.AwsSnapshotWorld(backend) if backend else snapshot.FakeSnapshotWorld()


@pytest.fixture
def bucket_notes(backend: Backend | None) -> BucketNotes:
    return evidence.aws_bucket_notes(backend) if backend else FakeBucketNotes()


@pytest.fixture
def policy_writes(backend: Backend | None) -> PolicyWrites:
    return evidence.aws_policy_writes(backend) if backend else FakePolicyWrites()


@pytest.fixture
def topic_world(backend: Backend | None) -> evidence.TopicWorld:
    return evidence.AwsTopicWorld(backend) if backend else evidence.FakeTopicWorld()


@pytest.fixture
def windows(backend: Backend | None) -> AlertWindows:
    return evidence.aws_windows(backend) if backend else FakeWindows()


@pytest.fixture
def object_world(request: pytest.FixtureRequest, cloud_or_fake: Backend | None) -> objects.ObjectWorld:
    if cloud_or_fake is None:
        return objects.FakeObjectWorld()
    if request.node.callspec.params["cloud_or_fake"] == known_gaps.WORLD:
        return objects.AwsObjectWorld(cloud_or_fake)
    return objects.CloudObjectWorld(cloud_or_fake, request.getfixturevalue("cloud"))


@pytest.fixture
def calls(cloud: LocalCloud, user: Credentials) -> Iterator[Calls]:
    """Faults, cleared afterwards, and the calls since the test began."""
    yield Calls(cloud)
    cloud.clear_faults()
