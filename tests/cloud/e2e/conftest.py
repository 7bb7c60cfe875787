"""One deployment for each way to configure the stack, made when the first test asks for it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.deployment import Deployment, deployed


@pytest.fixture(scope="session")
def enforcing(built: Path) -> Iterator[Deployment]:
    with deployed() as deployment:
        yield deployment


@pytest.fixture(scope="session")
def detecting(built: Path) -> Iterator[Deployment]:
    with deployed(Mode="detect") as deployment:
        yield deployment


@pytest.fixture(scope="session")
def enforcing_dsse_and_every_check(built: Path) -> Iterator[Deployment]:
    with deployed(
        RequiredEncryption="DSSE-KMS", BucketKeyMode="enforce", SseCBlockMode="enforce"
    ) as deployment:
        yield deployment


@pytest.fixture(autouse=True)
def _no_fault_survives_its_test(request: pytest.FixtureRequest) -> Iterator[None]:
    yield
    for name in {"enforcing", "detecting", "enforcing_dsse_and_every_check"} & set(request.fixturenames):
        request.getfixturevalue(name).cloud.clear_faults()
