"""Run the repository's SAM CLI without the developer's own AWS settings."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from localcloud.client.handle import REPOSITORY

SAM = REPOSITORY / ".venv" / "sam" / "bin" / "sam"
_LAST_LINES = 20


class DeployError(RuntimeError):
    """A build or a deployment failed; the message says why, and what to do."""


def run_sam(arguments: list[str], environment: Mapping[str, str]) -> None:
    """Run one command of the SAM CLI. Raises DeployError."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    python_first = f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}"
    finished = subprocess.run(  # noqa: S603  # this repository's SAM CLI, a list of arguments, no shell
        [str(SAM), *arguments],
        cwd=REPOSITORY,
        env={
            **inherited,
            **environment,
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
            "NO_PROXY": "127.0.0.1,localhost",
            "PATH": python_first,
            "SAM_CLI_TELEMETRY": "0",
        },
        capture_output=True,
        text=True,
        check=False,
    )
    if finished.returncode:
        reason = tail(finished.stdout + finished.stderr)
        raise DeployError(
            f"'sam {arguments[0]}' failed with exit status {finished.returncode}. The end of its output:\n"
            f"{reason}\n"
            "Correct what it names, then run the command again. 'make clean' removes everything that was "
            "built and installed."
        )


def tail(output: str) -> str:
    """The last lines of a program's output, indented."""
    lines = [line.rstrip() for line in output.splitlines() if line.strip()]
    return "\n".join(f"  {line}" for line in lines[-_LAST_LINES:])
