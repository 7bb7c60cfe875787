"""A local cloud for this folder only, with limits so low that small objects exceed them."""

from __future__ import annotations

from collections.abc import Iterator
from types import SimpleNamespace

import pytest

from localcloud.client.handle import LocalCloud
from tests.cloud.object_soak.world.lanes import Lanes
from tests.cloud.object_soak.world.resources import SWITCHES, Resources
from tests.support.environments import environment_python


@pytest.fixture(scope="session")
def lanes() -> Iterator[Lanes]:
    with LocalCloud.start(python=environment_python("cloud"), switches=SWITCHES) as cloud:
        yield Lanes(Resources(cloud))


@pytest.fixture
def without_retry_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    """botocore pauses between retries; here it does not."""
    monkeypatch.setattr("botocore.endpoint.time", SimpleNamespace(sleep=lambda _seconds: None))
