"""One local cloud with one deployed stack for all of this folder, and the table's run on it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.deployment import deployed
from tests.faults.barrage import Barrage, fire
from tests.faults.field import WORKERS, Field
from tests.faults.table import KILLED


@pytest.fixture(scope="session")
def ground(built: Path) -> Iterator[Field]:
    with deployed(BucketKeyMode="enforce") as deployment:
        field = Field(deployment)
        field.warm_up(5)
        field.wait_until_idle()
        yield field


@pytest.fixture(scope="session")
def barrage(ground: Field, request: pytest.FixtureRequest) -> Barrage:
    """Every row that this session selected, run at once."""
    cases = [getattr(item, "callspec", None) for item in request.session.items]
    rows = [case.params["row"] for case in cases if case and "row" in case.params]
    ground.batches(1, WORKERS)
    deaths = [row for row in rows if row.fault is KILLED]
    return fire(ground, deaths, [row for row in rows if row.fault is not KILLED])
