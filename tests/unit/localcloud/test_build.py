"""When the template is built again, and what a failed download says."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from localcloud.client import build
from localcloud.client.sam import DeployError, tail


@pytest.fixture
def source(tmp_path: Path) -> Path:
    (tmp_path / "code" / "inner").mkdir(parents=True)
    (tmp_path / "code" / "inner" / "a.py").write_text("a = 1\n")
    (tmp_path / "template.yaml").write_text("Resources: {}\n")
    return tmp_path


def hash_of(source: Path) -> str:
    return build.digest(source, ["template.yaml", "code"])


CHANGES: dict[str, Callable[[Path], object]] = {
    "another content": lambda root: (root / "code/inner/a.py").write_text("a = 2\n"),
    "another mode": lambda root: (root / "code/inner/a.py").chmod(0o700),
    "a new file": lambda root: (root / "code/b.py").write_text(""),
    "a file renamed": lambda root: (root / "code/inner/a.py").rename(root / "code/inner/c.py"),
    "a file removed": lambda root: (root / "code/inner/a.py").unlink(),
    "another template": lambda root: (root / "template.yaml").write_text("Resources: {A: {}}\n"),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_change_of_a_source_needs_a_build(source: Path, change: Callable[[Path], object]) -> None:
    before = hash_of(source)

    change(source)

    assert hash_of(source) != before


def test_bytecode_of_a_run_needs_no_build(source: Path) -> None:
    before = hash_of(source)

    (source / "code" / "__pycache__").mkdir()
    (source / "code" / "__pycache__" / "a.pyc").write_bytes(b"x")

    assert hash_of(source) == before


def test_failed_download_gives_the_reason_of_pip_and_the_remedy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    unreachable = {"INDEX_URL": "http://127.0.0.1:9/simple", "CONFIG_FILE": "/dev/null", "RETRIES": "0"}
    for name, value in unreachable.items():
        monkeypatch.setenv(f"PIP_{name}", value)

    with pytest.raises(DeployError) as failed:
        build.fetched_packages(tmp_path / "wheels")

    assert "No matching distribution found for" in str(failed.value)
    assert "PIP_INDEX_URL" in str(failed.value)
    assert not list((tmp_path / "wheels").iterdir())


def test_tail_keeps_the_end_of_a_long_output_without_empty_lines() -> None:
    output = "\n\n".join(f"line {number}" for number in range(100))

    assert tail(output).splitlines() == [f"  line {number}" for number in range(80, 100)]
