"""A local cloud of this folder's own: its limits are so low that small objects cross them."""

from __future__ import annotations

from collections.abc import Iterator
from types import SimpleNamespace

import pytest

from localcloud.client.handle import LocalCloud
from tests.cloud.object_soak.world.lanes import Lanes
from tests.cloud.object_soak.world.resources import SWITCHES, Ground
from tests.support.environments import environment_python


@pytest.fixture(scope="session")
def lanes() -> Iterator[Lanes]:
    with LocalCloud.start(python=environment_python("cloud"), switches=SWITCHES) as cloud:
        yield Lanes(Ground(cloud))


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """botocore pauses between its attempts; here they follow at once."""
    monkeypatch.setattr("botocore.endpoint.time", SimpleNamespace(sleep=lambda _seconds: None))
