"""Environments with only the Lambda runtime client: that of `make`, and one of the deployed Python."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from filelock import FileLock

from localcloud.client.handle import REPOSITORY

RUNTIME = "3.13"
REQUIREMENTS = REPOSITORY / "requirements" / "ric.txt"


def found() -> dict[str, Path | None]:
    """By name: None for the environment of `make`, otherwise the interpreter for a new environment."""
    runtime = next(_interpreters(), None)
    return {"python of make": None} | ({f"python{RUNTIME}": runtime} if runtime else {})


def environment(base: Path | None) -> Path:
    """The interpreter of the environment, which is created once and kept in `.local`."""
    if base is None:
        return REPOSITORY / ".venv" / "ric" / "bin" / "python"
    pins = hashlib.sha256(REQUIREMENTS.read_bytes()).hexdigest()[:12]
    home = REPOSITORY / ".local" / f"ric-{RUNTIME}-{pins}"
    home.parent.mkdir(exist_ok=True)
    with FileLock(f"{home}.lock"):  # tests run in several processes
        if not (home / ".ready").exists():
            _make(base, home)
    return home / "bin" / "python"


def _make(base: Path, home: Path) -> None:
    """Create an environment with only the pinned packages, installed by this environment's pip."""
    shutil.rmtree(home, ignore_errors=True)
    _run(str(base), "-m", "venv", "--without-pip", str(home))
    pip = (sys.executable, "-m", "pip", "--python", str(home / "bin" / "python"))
    _run(*pip, "install", "-qq", "--disable-pip-version-check", "--no-deps", "--require-hashes",
         "-r", str(REQUIREMENTS))  # fmt: skip
    (home / ".ready").touch()


def _interpreters() -> Iterator[Path]:
    name = f"python{RUNTIME}"
    on_path = shutil.which(name)
    candidates = [Path(on_path)] if on_path else []
    candidates += sorted((Path.home() / ".pyenv" / "versions").glob(f"{RUNTIME}*/bin/{name}"), reverse=True)
    for candidate in candidates:  # a pyenv shim of an inactive version does not run
        if subprocess.run([str(candidate), "-c", ""], capture_output=True, check=False).returncode == 0:
            yield candidate


def _run(*command: str) -> None:
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    subprocess.run(command, check=True, env=environment)
