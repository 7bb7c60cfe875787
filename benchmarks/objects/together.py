"""Processes that begin each of their runs at the same moment, as Lambda runs two batches at once."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, Any

from benchmarks.processes import ERROR_TAIL, MeasurementError, command_of

READY, GO = "ready", "go"
"""What a child says before each run, and what it waits for."""


def run_together(
    title: str,
    module: str,
    orders: Sequence[Mapping[str, Any]],
    directory: Path,
    environment: Mapping[str, str],
) -> list[Any]:
    """Run `module` once for each order, all in step; their answers. Raises MeasurementError."""
    with ExitStack() as held:
        said = held.enter_context(TemporaryFile("w+"))  # a pipe would fill up
        children = [held.enter_context(_started(module, directory, environment, said)) for _ in orders]
        for child, order in zip(children, orders, strict=True):
            _tell(child, json.dumps(order))
        lines = [_line(child) for child in children]
        while all(line.strip() == READY for line in lines):
            for child in children:
                _tell(child, GO)
            lines = [_line(child) for child in children]
        for child in children:
            child.communicate()  # one that still waits ends
        if any(child.returncode for child in children):
            said.seek(0)
            raise MeasurementError(f"{title}:\n{said.read()[-ERROR_TAIL:]}")
        return [json.loads(line) for line in lines]


def _started(
    module: str, directory: Path, environment: Mapping[str, str], said: IO[str]
) -> subprocess.Popen[str]:
    return subprocess.Popen(  # noqa: S603  # our own module, no shell
        command_of(module),
        cwd=directory,
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=said,
        text=True,
    )


def _tell(child: subprocess.Popen[str], line: str) -> None:
    if child.stdin and child.poll() is None:
        child.stdin.write(f"{line}\n")
        child.stdin.flush()


def _line(child: subprocess.Popen[str]) -> str:
    return child.stdout.readline() if child.stdout else ""
