"""`make verify-aws` as a user runs it, on a local cloud that stands for the sandbox account."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from localcloud.settings import SWITCHES
from tests.cloud.verify_aws.sandbox import Sandbox, sandbox

NO_FACT = "--until-stdin-closes"


@pytest.fixture(scope="session")
def as_expected(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    """A local cloud without switches, after a run in two parts: the calls, and later their records."""
    with sandbox(tmp_path_factory.mktemp("as-expected")) as account:
        account.run("--later")
        account.run("--resume")
        yield account


@pytest.fixture(scope="session")
def otherwise(built: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    """A local cloud with every switch, after a run with the stack."""
    switches = [switch for switch in SWITCHES if switch != NO_FACT]
    with sandbox(tmp_path_factory.mktemp("otherwise"), switches) as account:
        account.run("--stack")
        yield account


@pytest.fixture
def fresh(tmp_path: Path) -> Iterator[Sandbox]:
    """A local cloud on which nothing was run."""
    with sandbox(tmp_path) as account:
        yield account
