"""A separate process for each measurement: a bare interpreter without the developer's settings."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks.packages import Packages
from benchmarks.world import CREDENTIALS, REPOSITORY

CUSTODIANS, RESEALS, BARE = "custodian", "reseal", "bare"
"""The product whose packages a process finds."""

ERROR_TAIL = 9000


class MeasurementError(RuntimeError):
    """A child failed; the message ends with its error output."""


def run_child(
    title: str, module: str, order: Mapping[str, Any], directory: Path, environment: Mapping[str, str]
) -> Any:
    """Run `module` with `order` on its standard input, and return its answer. Raises MeasurementError."""
    finished = subprocess.run(  # noqa: S603  # a module of this repository, no shell
        command_of(module),
        cwd=directory,
        env=environment,
        input=json.dumps(order),
        capture_output=True,
        text=True,
        check=False,
    )
    if finished.returncode:
        raise MeasurementError(f"{title}:\n{finished.stderr[-ERROR_TAIL:]}")
    return json.loads(finished.stdout)


def environment_of(
    packages: Packages, whose: str, endpoint: str, settings: Mapping[str, str], *, compiled: bool = False
) -> dict[str, str]:
    """No developer settings, and only this product on the path, by default without compiled files."""
    paths: dict[str, Sequence[Path]] = {
        RESEALS: [packages.layer],
        CUSTODIANS: [packages.custodian, packages.boto3],
        BARE: [packages.boto3],
    }
    found = [packages.compiled(path) if compiled else path for path in paths[whose]]
    return {
        **CREDENTIALS,
        **settings,
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONPATH": os.pathsep.join(map(str, [*found, REPOSITORY])),
    }


def command_of(module: str) -> list[str]:
    """Run a module of this repository without packages installed by the developer or on the machine."""
    return [bare_python(), "-S", "-m", module]


def bare_python() -> str:
    """This interpreter without its environment's packages; `-S` also excludes those of the machine."""
    return str(Path(sys.base_prefix) / "bin" / f"python{sys.version_info.major}.{sys.version_info.minor}")
