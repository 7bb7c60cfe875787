"""The deployed rule, asked about any event."""

from __future__ import annotations

import pytest

from localcloud.deploy import Stack
from localcloud.handle import LocalCloud
from tests.events.rule import Matches, matcher_of


@pytest.fixture(scope="session")
def matches(cloud: LocalCloud, stack: Stack) -> Matches:
    return matcher_of(cloud, stack)
