"""The licences of everything the layer ships, and of the tools."""

from __future__ import annotations

import re
from importlib.metadata import distributions
from pathlib import Path

import pytest

from localcloud.client.handle import REPOSITORY
from tests.gates.tools.licences import is_allowed, licence_of
from tests.support.environments import environment_python

SHIPPED = frozenset({"Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "MIT", "MIT-0", "PSF-2.0"})
TOOLS = SHIPPED | {"Artistic-1.0", "CNRI-Python", "ISC", "MPL-2.0", "ZPL-2.1"}  # used, never passed on
UNSTATED = {"axe-playwright-python": "MIT AND MPL-2.0", "cookiecutter": "BSD-3-Clause"}  # from their files
ENVIRONMENTS = sorted(path.stem for path in (REPOSITORY / "requirements").glob("*.txt"))
NOT_EVERYWHERE = {"browser", "custodian", "localemu"}  # for `make bench` and `make prove`
PAGE = (REPOSITORY / "docs" / "development" / "licences.md").read_text()
ROW = re.compile(r"^\| `([^`]+)` \| ([^|]+) \|$", re.MULTILINE)


def licences(folder: Path) -> dict[str, str]:
    """The licence of every distribution in a folder, by name."""
    found = {d.name: licence_of(d) for d in distributions(path=[str(folder)])}
    return {name: licence or UNSTATED.get(name, "") for name, licence in found.items()}


def site_packages(environment: str) -> Path:
    if environment in NOT_EVERYWHERE and not (REPOSITORY / ".venv" / environment).exists():
        pytest.skip(f"{environment} is not installed")
    (folder,) = environment_python(environment).parent.parent.glob("lib/python*/site-packages")
    return folder


def pinned() -> set[str]:
    lock = (REPOSITORY / "layers" / "reseal" / "requirements.txt").read_text()
    return set(re.findall(r"^([a-z0-9-]+)==", lock, re.MULTILINE))


def test_layer_ships_exactly_the_pinned_distributions(layer: Path) -> None:
    assert {name.replace("_", "-") for name in licences(layer / "python")} == pinned()


def test_everything_shipped_has_an_allowed_licence(layer: Path) -> None:
    found = licences(layer / "python")

    assert {name: text for name, text in found.items() if not is_allowed(text, SHIPPED)} == {}


def test_everything_shipped_includes_its_licence_text(layer: Path) -> None:
    folders = (layer / "python").glob("*.dist-info")

    assert [folder.name for folder in folders if not list(folder.rglob("LICENSE*"))] == []


def test_licence_page_lists_what_is_shipped(layer: Path) -> None:
    found = {name.replace("_", "-"): text for name, text in licences(layer / "python").items()}

    assert dict(ROW.findall(PAGE)) == found


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_every_tool_has_an_allowed_licence(environment: str) -> None:
    found = licences(site_packages(environment))

    assert {name: text for name, text in found.items() if not is_allowed(text, TOOLS)} == {}
    assert found


@pytest.mark.parametrize(
    ("expression", "allowed"),
    [
        ("MIT", True),
        ("GPL-3.0-only", False),
        ("MIT OR GPL-3.0-only", True),
        ("MIT AND GPL-3.0-only", False),
        ("MPL-2.0 AND (Apache-2.0 OR MIT)", False),
        ("", False),
    ],
)
def test_licence_expression_is_evaluated(expression: str, allowed: bool) -> None:
    assert is_allowed(expression, SHIPPED) is allowed
