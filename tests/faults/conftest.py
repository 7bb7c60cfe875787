"""One local cloud with one deployed stack for all of this folder, and the table's run on it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.deployment import deployed
from tests.faults.barrage import Barrage, fire
from tests.faults.field import HIDDEN_SECONDS, WORKERS, Field


@pytest.fixture(scope="session")
def ground(built: Path) -> Iterator[Field]:
    with deployed(BucketKeyMode="enforce") as deployment:
        yield Field(deployment)


@pytest.fixture(scope="session")
def barrage(ground: Field, request: pytest.FixtureRequest) -> Barrage:
    """Every row that this session selected, run at once."""
    selected = [item for item in request.session.items if isinstance(item, pytest.Function)]
    rows = [item.callspec.params["row"] for item in selected if hasattr(item, "callspec") and "row" in item.callspec.params]
    ground.hide(HIDDEN_SECONDS)
    ground.batches(1, WORKERS)
    return fire(ground, rows)
