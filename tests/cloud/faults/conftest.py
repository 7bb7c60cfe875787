"""One local cloud with one deployed stack for all of this folder, and the table's run on it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cloud.faults.run.bucket_steps import BucketPlay
from tests.cloud.faults.run.lanes import OBJECTS
from tests.cloud.faults.run.object_steps import ObjectPlay
from tests.cloud.faults.run.object_table import KILLED as KILLED_AT_OBJECTS
from tests.cloud.faults.run.queues import witness
from tests.cloud.faults.run.runner import Barrage, fire
from tests.cloud.faults.run.stack import WORKERS, Field
from tests.cloud.faults.run.table import KILLED, Row
from tests.support.deployment import deployed


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
    rows = _selected(request, "row")
    ground.batches(1, WORKERS)
    deaths = [row for row in rows if row.fault is KILLED]
    return fire(BucketPlay(ground), deaths, [row for row in rows if row.fault is not KILLED])


@pytest.fixture(scope="session")
def object_ground(built: Path) -> Iterator[Field]:
    """Another deployment, whose bucket lane is deaf, and a trail that sees the function's own writes too."""
    with deployed(ObjectBuckets="*", AlertWindowSeconds=5) as deployment:
        outputs = deployment.stack.outputs
        deployment.cloud.client("events").disable_rule(Name=outputs["BucketRuleName"])
        witness(deployment)
        field = Field(deployment, OBJECTS)
        field.warm_up(5)
        field.wait_until_idle()
        yield field


@pytest.fixture(scope="session")
def object_barrage(object_ground: Field, request: pytest.FixtureRequest) -> Barrage:
    """The same for the rows of the object lane."""
    rows = _selected(request, "written")
    object_ground.batches(1, WORKERS)
    kinds: dict[str, list[Row]] = {"killed": [], "late": [], "": []}
    for row in rows:
        late = row.fault.kind == "delay" and row.fault is not KILLED_AT_OBJECTS
        kinds["killed" if row.fault is KILLED_AT_OBJECTS else "late" if late else ""].append(row)
    return fire(ObjectPlay(object_ground), kinds["killed"], kinds[""], kinds["late"])


def _selected(request: pytest.FixtureRequest, name: str) -> list[Row]:
    cases = [getattr(item, "callspec", None) for item in request.session.items]
    return [case.params[name] for case in cases if case and name in case.params]
