"""The core is pure: it can decide nothing by what it does not get as an argument."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

CORE = Path("layers/reseal/reseal/core")
ALLOWED = {
    "__future__",
    "base64",
    "collections",
    "collections.abc",
    "dataclasses",
    "datetime",
    "enum",
    "fnmatch",
    "functools",  # `lru_cache` of functions that know nothing but their arguments
    "hashlib",
    "ipaddress",
    "itertools",
    "json",
    "math",
    "re",
    "shlex",
    "typing",
    "unicodedata",
    "urllib.parse",
    "uuid",
}
IMPURE_CALLS = {"open", "print", "input", "eval", "exec", "__import__", "breakpoint", "uuid1", "uuid4"}
IMPURE_ATTRIBUTES = {"now", "utcnow", "today", "environ", "getenv", "uuid1", "uuid4", "getnode"}

Fault = tuple[int, str]


def impurities(source: str) -> list[Fault]:
    faults: list[Fault] = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            faults += [(node.lineno, alias.name) for alias in node.names if not _may_import(alias.name)]
        elif isinstance(node, ast.ImportFrom):
            if node.level or not _may_import(node.module or ""):
                faults.append((node.lineno, node.module or "."))
        elif isinstance(node, ast.Name) and node.id in IMPURE_CALLS:
            faults.append((node.lineno, node.id))
        elif isinstance(node, ast.Attribute) and node.attr in IMPURE_ATTRIBUTES:
            faults.append((node.lineno, node.attr))
    return faults


def _may_import(module: str) -> bool:
    return module in ALLOWED or module.startswith("reseal.core.")


@pytest.mark.parametrize("path", sorted(CORE.rglob("*.py")), ids=lambda path: str(path.relative_to(CORE)))
def test_the_core_is_pure(path: Path) -> None:
    assert impurities(path.read_text()) == []


@pytest.mark.parametrize(
    "source",
    [
        "import boto3",
        "import os",
        "import time, json",
        "from random import choice",
        "from reseal.aws import kms",
        "from reseal.ports import Clock",
        "from . import s3",
        "from datetime import datetime\ndatetime.now()",
        "x = datetime.datetime.utcnow",
        "open('x')",
        "def f():\n    print('x')",
        "uuid.uuid4()",
    ],
)
def test_impurities_are_seen(source: str) -> None:
    assert impurities(source)
