"""The layer without unused service models still has everything it needs."""

from __future__ import annotations

import importlib.util
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.unit.functions.test_enforce_bucket import SETTINGS

MODELS = "service-2.json.gz"
REGIONS = ("us-east-1", "cn-north-1", "us-gov-west-1")
TRIMMED_SIZE = 12_000_000


def run_beside_the_layer(layer: Path, function: Path, program: str, **environment: str) -> str:
    """The output of a program in an interpreter that finds only the layer and the function."""
    finished = subprocess.run(
        [sys.executable, "-S", "-B", "-c", program],
        env={"PYTHONPATH": os.pathsep.join([str(layer / "python"), str(function)]), **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    assert finished.returncode == 0, finished.stderr[-3000:]
    return finished.stdout


def kept(layer: Path) -> list[str]:
    return sorted(path.name for path in (layer / "python/botocore/data").iterdir() if path.is_dir())


def files_outside_services(botocore: Path) -> set[str]:
    """Botocore's modules and the data of no service: endpoints, partitions, retries, defaults."""
    files = {path.relative_to(botocore) for path in botocore.rglob("*") if path.is_file()}
    services = {path.parent.parent.relative_to(botocore) for path in botocore.rglob(f"data/*/*/{MODELS}")}
    files_without_services = {
        path for path in files if path.suffix != ".pyc" and not services & set(path.parents)
    }
    return {str(path) for path in files_without_services}


def test_layer_has_exactly_the_services_that_reseal_calls(layer: Path) -> None:
    sources = [
        path.read_text()
        for tree in ("layers/reseal/reseal", "functions")
        for path in Path(tree).rglob("*.py")
    ]
    made = re.compile(r'(?:client|clients\.of|clients\.later)\(\s*"(\w+)"')
    called = {name for text in sources for name in made.findall(text)}

    assert kept(layer) == sorted(called)


@pytest.mark.parametrize("region", REGIONS)
def test_reseal_can_create_each_of_its_clients(layer: Path, function: Path, region: str) -> None:
    settings = SETTINGS | {"AWS_REGION": region}

    run_beside_the_layer(layer, function, "import app; app.flow()", **settings)


@pytest.mark.parametrize("region", REGIONS)
def test_each_kept_service_has_an_endpoint_in_every_partition(
    layer: Path, function: Path, region: str
) -> None:
    program = (
        "import botocore.session, json\n"
        "make = botocore.session.get_session().create_client\n"
        f"clients = [make(name, region_name={region!r}) for name in {kept(layer)!r}]\n"
        "print(json.dumps([client.meta.endpoint_url for client in clients]))"
    )

    endpoints = json.loads(run_beside_the_layer(layer, function, program))

    assert [endpoint for endpoint in endpoints if region not in endpoint] == (
        ["https://s3.amazonaws.com"] if region == "us-east-1" else []
    )


def test_only_other_services_are_removed_from_botocore(layer: Path) -> None:
    spec = importlib.util.find_spec("botocore")
    assert spec is not None
    assert spec.origin is not None

    whole = files_outside_services(Path(spec.origin).parent)

    assert files_outside_services(layer / "python/botocore") == whole


def test_trimmed_layer_is_small(layer: Path) -> None:
    assert sum(path.stat().st_size for path in layer.rglob("*") if path.is_file()) < TRIMMED_SIZE
