"""bandit over everything that is deployed: no finding, and none hidden by a comment."""

from __future__ import annotations

import json
import subprocess
import sys

from localcloud.client.handle import REPOSITORY

SCANNED = ("layers", "functions")


def test_bandit_finds_nothing_in_what_is_deployed() -> None:
    command = [sys.executable, "-m", "bandit", "--recursive", *SCANNED, "--ignore-nosec", "--format", "json"]
    scan = subprocess.run([*command, "--quiet"], cwd=REPOSITORY, capture_output=True, text=True, check=False)

    report = json.loads(scan.stdout)
    found = [f"{r['filename']}:{r['line_number']} {r['test_id']}" for r in report["results"]]
    modules = [name for name in report["metrics"] if name.endswith(".py")]
    assert (found, report["errors"], len(modules) > 20) == ([], [], True)
