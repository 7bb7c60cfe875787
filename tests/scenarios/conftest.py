"""The world of each scenario."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.scenarios.world.world import World


@pytest.fixture
def deploy(monkeypatch: pytest.MonkeyPatch) -> Callable[..., World]:
    """Deploys the stack with these parameters in a new account; it enforces unless they say otherwise."""
    return lambda **parameters: World(monkeypatch, **parameters)


@pytest.fixture
def world(deploy: Callable[..., World]) -> World:
    """The stack with the template's defaults, but enforcing and with a settle time of 0."""
    return deploy()
