"""`python requirements/install.py FOLDER FILE [PIP OPTION ...]`: a virtual environment with pinned packages.

Shows how far it is. Needs only the standard library. FOLDER is complete when this ends with status 0.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import time
import venv
from collections import deque
from collections.abc import Iterable, Iterator
from pathlib import Path

_PIP = (
    "-m",
    "pip",
    "install",
    "--disable-pip-version-check",
    "--no-deps",
    "--require-hashes",
    "--progress-bar=off",
)
_PINNED = re.compile(r"^[A-Za-z0-9][\w.-]*==", re.MULTILINE)
_LAST_LINES = 12
_UNTESTED = (3, 14)
_EVERY = 20  # packages, between two lines where there is no terminal
_NOTICE = (
    "Reseal is not tested on this Python. If a package has no wheel for it, pip may need a compiler; "
    "PYTHON=python3.13 is tested."
)
_REMEDY = (
    "The packages come once from PyPI, or from the index that PIP_INDEX_URL names. Behind a proxy, set "
    "HTTPS_PROXY. Then run the same command again."
)


def main(folder: Path, requirements: Path, options: list[str]) -> int:
    """Make the environment; pip's exit status."""
    if sys.version_info >= _UNTESTED:
        print(f"{folder}: {_NOTICE}", file=sys.stderr)
    count = len(_PINNED.findall(requirements.read_text()))
    started = time.monotonic()
    shutil.rmtree(folder, ignore_errors=True)
    venv.EnvBuilder(with_pip=True, symlinks=True).create(folder)
    command = [str(folder / "bin" / "python"), *_PIP, *options, "-r", str(requirements)]
    last: deque[str] = deque(maxlen=_LAST_LINES)
    with subprocess.Popen(  # noqa: S603  # the new environment's own pip, a list of arguments, no shell
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as pip:
        _show(_steps(pip.stdout or (), count, last), f"{folder}: ")
    if pip.returncode:
        why = "".join(last)
        print(f"{why}The packages of {requirements} could not be installed. {_REMEDY}", file=sys.stderr)
    else:
        print(f"{folder}: {count} packages in {time.monotonic() - started:.0f} s", flush=True)
    return pip.returncode


def _steps(lines: Iterable[str], count: int, last: deque[str]) -> Iterator[str]:
    """Each step of pip in words; `last` keeps the end of what pip printed."""
    fetched = 0
    for line in lines:
        last.append(line)
        if line.startswith("Collecting "):
            fetched += 1
            yield f"fetching package {fetched} of {count}"
        elif line.startswith("Installing collected packages"):
            yield f"unpacking {count} packages"


def _show(steps: Iterator[str], title: str) -> None:
    """On one line of a terminal that is written over; elsewhere now and then a line."""
    for number, step in enumerate(steps):
        if sys.stdout.isatty():
            print(f"\r\033[K{title}{step}", end="", flush=True)
        elif number % _EVERY == 0:
            print(f"{title}{step}", flush=True)
    if sys.stdout.isatty():
        print("\r\033[K", end="")


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3:]))
