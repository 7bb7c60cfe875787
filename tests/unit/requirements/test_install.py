"""`requirements/install.py`: what it shows, and what it says when the index cannot be reached."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from localcloud.client.handle import REPOSITORY

INSTALL = REPOSITORY / "requirements" / "install.py"
PINNED = "not-there-at-all==1.0 --hash=sha256:" + "0" * 64 + "\n"


def install(folder: Path, pinned: str, **settings: str) -> subprocess.CompletedProcess[str]:
    requirements = folder / "requirements.txt"
    requirements.write_text(pinned)
    return subprocess.run(
        [sys.executable, str(INSTALL), str(folder / "environment"), str(requirements)],
        env={"PATH": "/usr/bin:/bin", "PIP_CONFIG_FILE": "/dev/null", **settings},
        capture_output=True,
        text=True,
        check=False,
    )


def test_environment_is_made_and_counted(tmp_path: Path) -> None:
    done = install(tmp_path, "")

    assert done.returncode == 0, done.stderr
    assert "environment: 0 packages in " in done.stdout
    assert (tmp_path / "environment" / "bin" / "python").exists()


def test_unreachable_index_gives_the_reason_of_pip_and_the_remedy(tmp_path: Path) -> None:
    done = install(tmp_path, PINNED, PIP_INDEX_URL="http://127.0.0.1:9/simple", PIP_RETRIES="0")

    assert done.returncode != 0
    assert "No matching distribution found for not-there-at-all==1.0" in done.stderr
    assert "could not be installed. The packages come once from PyPI" in done.stderr


@pytest.mark.parametrize(("version", "is_told"), [((3, 13, 9), False), ((3, 14, 0), True)], ids=str)
def test_python_that_is_not_tested_is_noticed_before_anything_is_fetched(
    tmp_path: Path, version: tuple[int, ...], is_told: bool
) -> None:
    as_that_python = (
        "import runpy, sys\n"
        f"sys.version_info = {version}\n"
        f"sys.argv = ['install.py', '{tmp_path / 'environment'}', '{tmp_path / 'not-there.txt'}']\n"
        f"runpy.run_path('{INSTALL}', run_name='__main__')"
    )

    done = subprocess.run([sys.executable, "-c", as_that_python], capture_output=True, text=True, check=False)

    assert "not-there.txt" in done.stderr
    assert ("not tested on this Python" in done.stderr) is is_told
