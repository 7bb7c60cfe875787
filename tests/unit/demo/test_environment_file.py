"""The file that `make local` writes for another shell, read by a real one."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from demo.local import settings_for_shells

SHELLS = [shell for shell in ("sh", "bash", "zsh", "dash") if shutil.which(shell)]
WANTED = {"AWS_REGION": "us-east-1", "AWS_SECRET_ACCESS_KEY": "it's $a `secret`"}
LEFT_OVER = {
    "AWS_PROFILE": "work",
    "AWS_SESSION_TOKEN": "an old one",
    "AWS_ENDPOINT_URL_S3": "https://elsewhere",
    "AWS_REGION": "eu-west-1",
}


def after_reading(file: Path, shell: str, environment: dict[str, str]) -> dict[str, str]:
    """The AWS variables of a shell with this environment that has read the file."""
    shown = subprocess.run(
        [shell, "-c", '. "$1"; env', shell, str(file)],
        env={"PATH": "/usr/bin:/bin", **environment},
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    return dict(line.split("=", 1) for line in shown.splitlines() if line.startswith("AWS_"))


@pytest.mark.parametrize("shell", SHELLS)
@pytest.mark.parametrize("environment", [{}, LEFT_OVER], ids=["fresh", "left over"])
def test_shell_has_the_settings_of_the_file_and_no_other(
    tmp_path: Path, shell: str, environment: dict[str, str]
) -> None:
    file = tmp_path / "with a space"
    file.write_text(settings_for_shells(WANTED))

    assert after_reading(file, shell, environment) == WANTED
