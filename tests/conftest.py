"""What the slower tests share: one local cloud, one build and one deployed stack for the whole run."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from localcloud import deploy
from localcloud.handle import REPOSITORY, LocalCloud

# No test may reach AWS, or see a developer's settings: set before anything imports a client.
for name in [name for name in os.environ if name.startswith("AWS_")]:
    del os.environ[name]
os.environ |= {
    "AWS_CONFIG_FILE": os.devnull,
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_EC2_METADATA_DISABLED": "true",
    "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
}


def environment_python(name: str) -> Path:
    """The interpreter of one of the environments that `make test` sets up."""
    python = REPOSITORY / ".venv" / name / "bin" / "python"
    if not python.exists():
        pytest.fail(f"{python.relative_to(REPOSITORY)} is missing: run `make test`, which sets it up once")
    return python


@pytest.fixture(scope="session")
def cloud() -> Iterator[LocalCloud]:
    """A local cloud, shared: a test that injects faults clears them."""
    with LocalCloud.start(python=environment_python("cloud")) as running:
        yield running


@pytest.fixture(scope="session")
def built() -> Path:
    """What `sam build` made of the repository, built once."""
    environment_python("sam")
    deploy.build()
    return REPOSITORY / ".aws-sam" / "build"


@pytest.fixture(scope="session")
def stack(cloud: LocalCloud, built: Path) -> deploy.Stack:
    """The unchanged template, deployed once as `reseal` with its defaults, but without the wait."""
    return deploy.deploy(cloud, "reseal", SettleSeconds=0)
