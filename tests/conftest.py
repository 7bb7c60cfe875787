"""Shared by the slower tests: one local cloud, one build and one deployed stack for the whole run."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from filelock import FileLock
from hypothesis import HealthCheck, settings

from localcloud.client import build, deploy
from localcloud.client.handle import REPOSITORY, LocalCloud
from tests.contract.worlds import known_gaps
from tests.support import package
from tests.support.environments import environment_python

# No test may reach AWS or use a developer's settings. This must run before a client is imported.
for name in [name for name in os.environ if name.startswith("AWS_")]:
    del os.environ[name]
os.environ |= {
    "AWS_CONFIG_FILE": os.devnull,
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_EC2_METADATA_DISABLED": "true",
    "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
}

# Property tests give the same result every time and leave no files behind.
settings.register_profile(
    "reseal",
    deadline=None,
    max_examples=100,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("reseal")

DEPLOYMENTS = ("enforcing", "detecting", "enforcing_dsse_and_every_check")
KEEP_TOGETHER = (
    "cloud/events",
    "cloud/faults",
    "cloud/key_policies",
    "cloud/localcloud",
    "cloud/object_soak",
    "cloud/verify_aws",
    "contract",
    "gates/artefact",
    "gates",
)
LONGEST_FIRST = (
    "cloud/object_soak",
    known_gaps.WORLD,
    "gates of EnforceObjectRole",
    "cloud/e2e/operations/test_redrive.py",
    "enforcing",
    "cloud/verify_aws",
    "cloud/localcloud",
    "cloud/events",
    "contract",
    "cloud/key_policies",
    "cloud/e2e/test_object_lane.py",
    "cloud/e2e/test_sam_deploy.py",
)
"""A long group that starts last would make the whole run longer."""


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """If tests run in several processes, keep those that share a local cloud in one of them.

    The id must contain the group too: xdist 3.8 writes it where pytest 9.2 no longer looks
    (https://github.com/pytest-dev/pytest-xdist/issues/1386), and so would group nothing.
    """
    groups = {item: _group(item) for item in items}
    for item, group in groups.items():
        item.add_marker(pytest.mark.xdist_group(group))
        if getattr(config.option, "loadgroup", False):
            item._id = item.id.parse(f"{item.nodeid}@{group}")
    items.sort(key=lambda item: _turn(groups[item]))


def _turn(group: str) -> int:
    return LONGEST_FIRST.index(group) if group in LONGEST_FIRST else len(LONGEST_FIRST)


def _group(item: pytest.Item) -> str:
    path = item.path.relative_to(REPOSITORY / "tests").as_posix()
    parameters = getattr(getattr(item, "callspec", None), "params", {})
    if path.startswith("gates/roles/") and "role" in parameters:
        return f"gates of {parameters['role']}"
    if known_gaps.in_world(item):
        return known_gaps.WORLD
    deployment = next((name for name in DEPLOYMENTS if name in getattr(item, "fixturenames", ())), None)
    folder = next((folder for folder in KEEP_TOGETHER if path.startswith(f"{folder}/")), None)
    return deployment or folder or path


@pytest.fixture(scope="session")
def cloud() -> Iterator[LocalCloud]:
    """A shared local cloud. A test that injects faults clears them."""
    with LocalCloud.start(python=environment_python("cloud")) as running:
        yield running


@pytest.fixture(scope="session")
def built(testrun_uid: str) -> Path:
    """The output of `sam build`, built and packed once for all processes of this run."""
    environment_python("sam")
    scratch = REPOSITORY / ".local"
    scratch.mkdir(exist_ok=True)
    with FileLock(scratch / "build.lock"):
        stamp = scratch / "built-for"
        if not stamp.exists() or stamp.read_text() != testrun_uid:
            build.build()
            package.pack(environment_python("cloud"))
            stamp.write_text(testrun_uid)
    return package.BUILD


@pytest.fixture(scope="session")
def stack(cloud: LocalCloud, built: Path) -> deploy.Stack:
    """The unchanged template, deployed once as `reseal`, with no settle time; it may make every write.

    It sweeps as fast as it may: the buckets of all tests are here. A bucket without a policy
    violates nothing, as in `Deployment`.
    """
    quick = {"SettleSeconds": 0, "SweepCallsPerSecond": 400, "TlsMode": "off"}
    return package.deploy(cloud, "reseal", Mode="enforce", KeyDeletionMode="enforce", **quick)
