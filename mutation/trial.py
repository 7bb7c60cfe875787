"""The trial of one mutant: a forked process imports it instead of the real module and runs the tests."""

from __future__ import annotations

import importlib.abc
import importlib.machinery
import os
import signal
import sys
from collections.abc import Sequence
from types import CodeType, FrameType, ModuleType

import pytest

from mutation.operators import Mutant

PACKAGE = "layers/reseal/"
_KILLED, _SURVIVED = 1, 0


class _Loader(importlib.machinery.SourceFileLoader):
    """Loads the mutant's code under the real module's name and file."""

    def __init__(self, fullname: str, path: str, source: str) -> None:
        super().__init__(fullname, path)
        self._source = source

    def get_code(self, fullname: str) -> CodeType:
        """The mutant, compiled."""
        return compile(self._source, self.path, "exec")


class _Finder(importlib.abc.MetaPathFinder):
    """Precedes Python's own finders, for this one module."""

    def __init__(self, mutant: Mutant) -> None:
        self._mutant = mutant
        self._name = str(mutant.path).removeprefix(PACKAGE).removesuffix(".py").replace("/", ".")

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        """The mutant's module; None for any other."""
        if fullname != self._name:
            return None
        loader = _Loader(fullname, str(self._mutant.path.absolute()), self._mutant.source)
        return importlib.machinery.ModuleSpec(fullname, loader, origin=loader.path)


def survives(mutant: Mutant, arguments: Sequence[str], seconds: int) -> bool:
    """Whether the tests pass with the mutant; one that makes them hang counts as killed."""
    child = os.fork()
    if child == 0:
        os._exit(_run(mutant, arguments, seconds))
    _, status = os.waitpid(child, 0)
    return os.waitstatus_to_exitcode(status) == _SURVIVED


def _run(mutant: Mutant, arguments: Sequence[str], seconds: int) -> int:
    os.setpgid(0, 0)
    signal.signal(signal.SIGALRM, _give_up)
    signal.alarm(seconds)
    nothing = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nothing, 1)
    os.dup2(nothing, 2)
    sys.meta_path.insert(0, _Finder(mutant))
    options = [
        "-x",
        "-q",
        "-p",
        "no:cacheprovider",
        "-W",
        "ignore::pytest.PytestAssertRewriteWarning",
        *arguments,
    ]
    passed = pytest.main(options) == pytest.ExitCode.OK
    return _SURVIVED if passed else _KILLED


def _give_up(_signal: int, _frame: FrameType | None) -> None:
    """The time limit is reached: end the tests and the processes that they started."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    os.killpg(0, signal.SIGTERM)
    os._exit(_KILLED)
