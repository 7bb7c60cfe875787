"""The contents of the built layer and function."""

from __future__ import annotations

from pathlib import Path

import pytest

from localcloud.client.handle import REPOSITORY

UNZIPPED_LIMIT = 250 * 1024 * 1024
PACKAGE = REPOSITORY / "layers" / "reseal" / "reseal"


def modules(package: Path) -> dict[str, bytes]:
    return {str(path.relative_to(package)): path.read_bytes() for path in package.rglob("*.py")}


@pytest.mark.parametrize(
    "pattern", ["*.so", "*.so.*", "*.pyd", "__pycache__", "*.pyc", "bin"], ids=lambda pattern: pattern
)
def test_layer_has_no_native_or_compiled_file(layer: Path, pattern: str) -> None:
    assert list((layer / "python").rglob(pattern)) == []


def test_layer_has_no_tests(layer: Path) -> None:
    assert [path for path in layer.rglob("*") if path.name in {"tests", "conftest.py"}] == []


def test_layer_has_the_package_of_the_repository(layer: Path) -> None:
    assert modules(layer / "python" / "reseal") == modules(PACKAGE)


def test_layer_fits_lambdas_size_limit(layer: Path) -> None:
    size = sum(path.stat().st_size for path in layer.rglob("*") if path.is_file())

    assert size < UNZIPPED_LIMIT / 2


def test_function_has_one_module(function: Path) -> None:
    assert [path.name for path in function.glob("*") if path.name != "__pycache__"] == ["app.py"]
