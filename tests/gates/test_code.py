"""The code as a whole: bandit finds nothing, also behind comments; every module with effects is mutated."""

from __future__ import annotations

import json
import subprocess
import sys

from localcloud.client.handle import REPOSITORY
from mutation.score import TESTS, modules

SCANNED = ("layers", "functions")


def test_bandit_finds_nothing_in_what_is_deployed() -> None:
    command = [sys.executable, "-m", "bandit", "--recursive", *SCANNED, "--ignore-nosec", "--format", "json"]
    scan = subprocess.run([*command, "--quiet"], cwd=REPOSITORY, capture_output=True, text=True, check=False)

    report = json.loads(scan.stdout)
    found = [f"{r['filename']}:{r['line_number']} {r['test_id']}" for r in report["results"]]
    modules = [name for name in report["metrics"] if name.endswith(".py")]
    assert (found, report["errors"], len(modules) > 20) == ([], [], True)


def test_mutation_run_names_tests_for_every_module_with_effects_and_they_exist() -> None:
    named = {name.strip(";") for stages in TESTS.values() for name in stages.split()}

    assert [path for path in modules() if not (REPOSITORY / path).is_file()] == []
    assert [name for name in named if not (REPOSITORY / "tests" / name).exists()] == []
