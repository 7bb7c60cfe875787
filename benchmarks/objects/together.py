"""Processes that start each run at the same moment, as Lambda runs two batches at once."""

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
"""The line that a child prints before each run, and the line that it waits for."""


def run_together(
    title: str,
    module: str,
    orders: Sequence[Mapping[str, Any]],
    directory: Path,
    environment: Mapping[str, str],
) -> list[Any]:
    """Run `module` once for each order, all in step; their answers. Raises MeasurementError."""
    with ExitStack() as stack:
        errors = stack.enter_context(TemporaryFile("w+"))  # a pipe could fill up and block
        children = [stack.enter_context(_started(module, directory, environment, errors)) for _ in orders]
        for child, order in zip(children, orders, strict=True):
            _send(child, json.dumps(order))
        lines = [_line(child) for child in children]
        while all(line.strip() == READY for line in lines):
            for child in children:
                _send(child, GO)
            lines = [_line(child) for child in children]
        for child in children:
            child.communicate()  # one that still waits ends
        if any(child.returncode for child in children):
            errors.seek(0)
            raise MeasurementError(f"{title}:\n{errors.read()[-ERROR_TAIL:]}")
        return [json.loads(line) for line in lines]


def _started(
    module: str, directory: Path, environment: Mapping[str, str], errors: IO[str]
) -> subprocess.Popen[str]:
    return subprocess.Popen(  # noqa: S603  # a module of this repository, no shell
        command_of(module),
        cwd=directory,
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=errors,
        text=True,
    )


def _send(child: subprocess.Popen[str], line: str) -> None:
    if child.stdin and child.poll() is None:
        child.stdin.write(f"{line}\n")
        child.stdin.flush()


def _line(child: subprocess.Popen[str]) -> str:
    return child.stdout.readline() if child.stdout else ""
