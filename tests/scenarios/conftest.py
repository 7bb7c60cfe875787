"""The world of each scenario."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.scenarios.world.world import World


@pytest.fixture
def deploy(monkeypatch: pytest.MonkeyPatch) -> Callable[..., World]:
    """Deploys the stack with these parameters of the template in a new account."""
    return lambda **parameters: World(monkeypatch, **parameters)


@pytest.fixture
def world(deploy: Callable[..., World]) -> World:
    """The stack with the template's defaults, but for the settle time, which is 0."""
    return deploy()
