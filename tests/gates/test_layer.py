"""The layer: a build of the same source in another folder, umask and time zone gives the same bytes."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from localcloud.client.handle import REPOSITORY
from tests.support.environments import environment_python

SOURCE = REPOSITORY / "layers" / "reseal"
RUNTIME = (3, 13)
"""The Python of the functions."""

UNCHECKED_HASH = 1
"""The flags of bytecode that is valid whatever its source (PEP 552)."""

ZIP = (
    "import sys; from samcli.lib.package.utils import make_zip_with_lambda_permissions as z; z(*sys.argv[1:])"
)


@pytest.fixture(scope="module")
def second_build(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The layer built from a fresh checkout, under another umask and in another time zone."""
    source, target = tmp_path_factory.mktemp("checkout") / "reseal", tmp_path_factory.mktemp("second_build")
    shutil.copytree(SOURCE, source, copy_function=shutil.copy, ignore=shutil.ignore_patterns("__pycache__"))
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    subprocess.run(
        ["make", "--silent", "build-ResealLayer", f"ARTIFACTS_DIR={target}"],
        cwd=source,
        env=os.environ | {"PATH": path, "TZ": "Asia/Tokyo"},
        umask=0o077,
        check=True,
        capture_output=True,
    )
    return target


def manifest(folder: Path) -> dict[str, tuple[int, str]]:
    """Every file with its mode and its content."""
    return {
        str(path.relative_to(folder)): (path.stat().st_mode, hashlib.sha256(path.read_bytes()).hexdigest())
        for path in folder.rglob("*")
        if path.is_file()
    }


def test_two_builds_give_the_same_files(layer: Path, second_build: Path) -> None:
    assert manifest(layer) == manifest(second_build)


def test_two_builds_give_the_same_zip(layer: Path, second_build: Path, tmp_path: Path) -> None:
    hashes = set()
    for name, folder in {"sam": layer, "second_build": second_build}.items():
        subprocess.run([environment_python("sam"), "-c", ZIP, tmp_path / name, folder], check=True)
        hashes.add(hashlib.sha256((tmp_path / f"{name}.zip").read_bytes()).hexdigest())

    assert len(hashes) == 1


def test_all_files_have_the_same_modification_time(second_build: Path) -> None:
    assert len({path.stat().st_mtime for path in second_build.rglob("*")}) == 1


def test_bytecode_is_made_only_by_the_python_of_the_runtime(second_build: Path) -> None:
    compiled = set(second_build.rglob("*.pyc"))
    modules = set(second_build.rglob("*.py"))

    if sys.version_info[:2] == RUNTIME:  # the build runs this Python
        assert len(compiled) == len(modules)
        assert {path.read_bytes()[4] for path in compiled} == {UNCHECKED_HASH}
    else:
        assert {path.suffixes[-2] for path in compiled} <= {f".cpython-{RUNTIME[0]}{RUNTIME[1]}"}


def test_python_of_the_build_is_that_of_the_functions() -> None:
    version = ".".join(map(str, RUNTIME))

    assert f"\nPYTHON_VERSION = {version}\n" in (SOURCE / "Makefile").read_text()
    assert f"    Runtime: python{version}\n" in (REPOSITORY / "template.yaml").read_text()
