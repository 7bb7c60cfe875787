"""The tree shows the architecture: small folders, and imports between folders that only point down."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from localcloud.client.handle import REPOSITORY

MOST_MODULES = 12


@dataclass(frozen=True, slots=True)
class House:
    """A package and the order of its folders, from the top. A folder may import those after it."""

    package: str
    path: Path
    floors: tuple[str, ...]

    def modules(self) -> dict[str, Path]:
        found = {}
        for path in self.path.rglob("*.py"):
            parts = (self.package, *path.relative_to(self.path).with_suffix("").parts)
            found[".".join(part for part in parts if part != "__init__")] = path
        return found

    def folder_of(self, path: Path) -> str:
        return path.parent.relative_to(self.path).as_posix().removeprefix(".")

    def imports(self) -> Iterator[tuple[Path, str, str]]:
        """Each import of one folder by another: the importing file, its folder, the imported folder."""
        modules = self.modules()
        for path in modules.values():
            for name in imported(path.read_text()):
                target = modules.get(name) or modules.get(name.rpartition(".")[0])
                if target and self.folder_of(target) != self.folder_of(path):
                    yield path, self.folder_of(path), self.folder_of(target)


def imported(source: str) -> Iterator[str]:
    """Every name that a module imports, with its module's full name before it."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


HOUSES = (
    House(
        "reseal",
        REPOSITORY / "layers" / "reseal" / "reseal",
        (
            "sweep",
            "resources/object",
            "resources/bucket",
            "resources/key",
            "resources/bucket_policy",
            "resources",
            "runtime/wiring",
            "runtime",
            "flow",
            "aws/s3",
            "aws/dynamodb",
            "aws",
            "",  # the ports
            "core/sweep/html",
            "core/sweep",
            "core/alerts",
            "core/findings/render",
            "core/findings",
            "core/guards",
            "core/repairs",
            "core/repairs/objects",
            "core/trail",
            "core/checks",
            "core/checks/buckets",
            "core/checks/keys",
            "core/transit",
            "core/access",
            "core/policy",
            "core/calls/keys",
            "core/calls",
            "core",
            "core/state",
            "core/text",
        ),
    ),
    House(
        "localcloud",
        REPOSITORY / "localcloud",
        (
            "client",
            "",  # the server
            "services",
            "cloudtrail",
            "s3/writes",
            "s3/reads",
            "s3/objects",
            "s3",
            "kms",
            "faults",
            "request",
        ),
    ),
    House(
        "tests",
        REPOSITORY / "tests",
        (
            "",  # conftest.py
            "browser",
            "scale",
            "cloud/sweep",
            "cloud/e2e/operations",
            "cloud/e2e/transit",
            "cloud/e2e",
            "cloud/e2e/keys",
            "cloud/events",
            "cloud/faults",
            "cloud/faults/run",
            "cloud/key_policies",
            "cloud/localcloud",
            "cloud/localcloud/buckets",
            "cloud/localcloud/cloudtrail",
            "cloud/localcloud/keys",
            "cloud/localcloud/objects",
            "cloud/localcloud/recorded",
            "cloud/object_soak",
            "cloud/verify_aws",
            "cloud/object_soak/laws",
            "cloud/object_soak/run",
            "cloud/object_soak/cases",
            "cloud/object_soak/world",
            "gates",
            "gates/artefact",
            "gates/tools",
            "gates/roles",
            "template/policy",
            "template/sweep",
            "template",
            "template/objects",
            "scenarios",
            "scenarios/laws",
            "scenarios/world",
            "scenarios/world/aws",
            "unit/flow",
            "unit/resources/key",
            "unit/resources/bucket_policy",
            "unit/sweep",
            "unit/resources/bucket",
            "unit/resources/object",
            "unit/operations",
            "unit/operations/verify_aws",
            "unit/demo",
            "unit/localcloud",
            "unit/requirements",
            "unit/benchmarks",
            "unit/aws/dynamodb",
            "unit/aws/s3",
            "unit/aws",
            "unit/runtime",
            "unit/functions",
            "unit/core",
            "unit/core/sweep",
            "unit/core/alerts",
            "unit/core/findings/render",
            "unit/core/findings",
            "unit/core/guards",
            "unit/core/repairs",
            "unit/core/repairs/objects",
            "unit/core/checks",
            "unit/core/checks/buckets",
            "unit/core/checks/keys",
            "unit/core/transit",
            "unit/core/access/documented",
            "unit/core/access",
            "unit/core/policy",
            "unit/core/calls",
            "unit/core/trail",
            "unit/core/state",
            "unit/core/text",
            "contract",
            "contract/faults",
            "contract/sweep",
            "contract/policies",
            "contract/aws",
            "contract/keys",
            "contract/recorded",
            "contract/worlds",
            "support",
            "support/fakes",
        ),
    ),
)
BY_NAME = pytest.mark.parametrize("house", HOUSES, ids=[house.package for house in HOUSES])


@BY_NAME
def test_every_folder_has_its_place_in_the_order(house: House) -> None:
    assert {house.folder_of(path) for path in house.modules().values()} == set(house.floors)


@BY_NAME
def test_no_import_points_upward(house: House) -> None:
    upward = [
        f"{path.relative_to(house.path)} imports {target or house.package}"
        for path, folder, target in house.imports()
        if house.floors.index(target) < house.floors.index(folder)
    ]

    assert upward == []


@BY_NAME
def test_no_folder_has_too_many_modules(house: House) -> None:
    counts: dict[str, int] = dict.fromkeys(house.floors, 0)
    for path in house.modules().values():
        counts[house.folder_of(path)] += path.name not in ("__init__.py", "conftest.py")

    assert {folder: count for folder, count in counts.items() if count > MOST_MODULES} == {}


def test_the_local_cloud_and_its_client_do_not_import_each_other() -> None:
    """They run in different environments."""
    _, localcloud, _ = HOUSES

    assert [path for path, *folders in localcloud.imports() if "client" in folders] == []


def test_scenarios_do_not_import_the_product() -> None:
    """They must outlive its next restructuring: only `world/stack.py` knows its handlers, by their names."""
    scenarios = (REPOSITORY / "tests" / "scenarios").rglob("*.py")

    imports = {
        path.name: {name.partition(".")[0] for name in imported(path.read_text())} for path in scenarios
    }

    assert [name for name, packages in imports.items() if "reseal" in packages] == []
