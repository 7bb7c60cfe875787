"""The patterns of the deployed rules, as predicates for events."""

from __future__ import annotations

from pathlib import Path

import pytest

from localcloud.client.deploy import Stack
from localcloud.client.handle import LocalCloud
from tests.cloud.events.modes import MODES
from tests.cloud.events.rule import (
    BUCKET,
    KEY,
    KEY_END,
    OBJECT,
    URGENT,
    Matches,
    deployed_pattern,
    matcher_of,
    one_of,
)
from tests.support import package
from tests.support.environments import environment_python


@pytest.fixture(scope="session")
def matches(cloud: LocalCloud, stack: Stack) -> Matches:
    """The bucket rule of a stack with the template's defaults."""
    return matcher_of(cloud, deployed_pattern(cloud, stack, BUCKET))


@pytest.fixture(scope="session")
def object_matches(cloud: LocalCloud, stack: Stack) -> Matches:
    """The two object rules of the same stack."""
    return one_of(*(matcher_of(cloud, deployed_pattern(cloud, stack, rule)) for rule in (OBJECT, URGENT)))


@pytest.fixture(scope="session")
def key_matches(cloud: LocalCloud, stack: Stack) -> Matches:
    """The two rules of the key lane of the same stack."""
    calls, ends = (matcher_of(cloud, deployed_pattern(cloud, stack, lane)) for lane in (KEY, KEY_END))
    return lambda event: calls(event) or ends(event)


@pytest.fixture(scope="session")
def object_modes(cloud: LocalCloud, built: Path) -> dict[str, Matches]:
    """The object rules of stacks with other parameters, by mode; deployed on a separate local cloud."""
    assert built.is_dir()
    with LocalCloud.start(python=environment_python("cloud")) as apart:
        stacks = {
            name: package.deploy(apart, f"rule-{number}", **parameters)
            for number, (name, parameters) in enumerate(MODES.items())
        }
        patterns = {
            name: [deployed_pattern(apart, stack, rule) for rule in (OBJECT, URGENT)]
            for name, stack in stacks.items()
        }
    return {name: one_of(*(matcher_of(cloud, one) for one in pair)) for name, pair in patterns.items()}
