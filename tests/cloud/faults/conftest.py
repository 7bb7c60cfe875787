"""One deployed stack for each lane, shared by this folder, and one run of the lane's table on it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cloud.faults.run.bucket_steps import BucketScenario
from tests.cloud.faults.run.bucket_table import KILLED, Row
from tests.cloud.faults.run.lanes import OBJECTS
from tests.cloud.faults.run.object_steps import ObjectScenario
from tests.cloud.faults.run.object_table import KILLED as KILLED_AT_OBJECTS
from tests.cloud.faults.run.queues import start_trail_of_all_writes
from tests.cloud.faults.run.runner import TableRun, run_rows
from tests.cloud.faults.run.stack import WORKERS, Resources
from tests.support.deployment import deployed


@pytest.fixture(scope="session")
def resources(built: Path) -> Iterator[Resources]:
    with deployed(BucketKeyMode="enforce", AlertWindowSeconds=5) as deployment:
        resources = Resources(deployment)
        resources.warm_up(5)
        resources.wait_until_idle()
        yield resources


@pytest.fixture(scope="session")
def table_run(resources: Resources, request: pytest.FixtureRequest) -> TableRun:
    """Runs every row that this session selected, all at once."""
    rows = _selected(request, "row")
    resources.batches(1, WORKERS)
    deaths = [row for row in rows if row.fault is KILLED]
    return run_rows(BucketScenario(resources), deaths, [row for row in rows if row.fault is not KILLED])


@pytest.fixture(scope="session")
def object_resources(built: Path) -> Iterator[Resources]:
    """A deployment whose bucket lane gets no events; a trail logs the function's own writes too."""
    with deployed(ObjectBuckets="*", AlertWindowSeconds=5) as deployment:
        outputs = deployment.stack.outputs
        deployment.cloud.client("events").disable_rule(Name=outputs["BucketRuleName"])
        start_trail_of_all_writes(deployment)
        resources = Resources(deployment, OBJECTS)
        resources.warm_up(5)
        resources.wait_until_idle()
        yield resources


@pytest.fixture(scope="session")
def object_table_run(object_resources: Resources, request: pytest.FixtureRequest) -> TableRun:
    """Runs every selected row of the object lane."""
    rows = _selected(request, "written")
    object_resources.batches(1, WORKERS)
    kinds: dict[str, list[Row]] = {"killed": [], "late": [], "": []}
    for row in rows:
        late = row.fault.kind == "delay" and row.fault is not KILLED_AT_OBJECTS
        kinds["killed" if row.fault is KILLED_AT_OBJECTS else "late" if late else ""].append(row)
    return run_rows(ObjectScenario(object_resources), kinds["killed"], kinds[""], kinds["late"])


def _selected(request: pytest.FixtureRequest, name: str) -> list[Row]:
    cases = [getattr(item, "callspec", None) for item in request.session.items]
    return [case.params[name] for case in cases if case and name in case.params]
