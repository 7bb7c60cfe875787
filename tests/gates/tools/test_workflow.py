"""The workflow of the usual host runs what a person runs, pinned and without rights; so do the hooks."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from localcloud.client.handle import REPOSITORY
from tests.support.environments import environment_python

WORKFLOW = REPOSITORY / ".github" / "workflows" / "tests.yml"
HOOKS = REPOSITORY / ".pre-commit-config.yaml"
JOB: dict[str, Any] = yaml.safe_load(WORKFLOW.read_text())["jobs"]["tests"]
TARGETS = set(re.findall(r"^([a-z-]+):", (REPOSITORY / "Makefile").read_text(), re.MULTILINE))


def run(tool: str, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """Run a tool of the gates' environment."""
    command = [environment_python("gates").parent / tool, *arguments]
    return subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=False)


@pytest.mark.parametrize(
    ("tool", "arguments"),
    [
        ("zizmor", ("--offline", "--pedantic", WORKFLOW)),
        ("check-jsonschema", ("--builtin-schema", "vendor.github-workflows", WORKFLOW)),
        ("pre-commit", ("validate-config", HOOKS)),
    ],
    ids=["security", "schema", "hooks"],
)
def test_tool_finds_nothing(tool: str, arguments: tuple[str | Path, ...]) -> None:
    found = run(tool, *arguments)

    assert found.returncode == 0, found.stdout + found.stderr


def test_every_action_is_pinned_to_a_commit() -> None:
    used = [step["uses"] for step in JOB["steps"] if "uses" in step]

    assert [action for action in used if not re.fullmatch(r"[\w-]+/[\w-]+@[0-9a-f]{40}", action)] == []


def test_workflow_runs_the_two_commands_and_no_other() -> None:
    assert [step["run"] for step in JOB["steps"] if "run" in step] == ["make demo", "make test"]


def test_workflow_may_only_read_the_repository() -> None:
    assert yaml.safe_load(WORKFLOW.read_text())["permissions"] == {}
    assert JOB["permissions"] == {"contents": "read"}


def test_workflow_runs_on_every_python_that_the_readme_names() -> None:
    first, last = JOB["strategy"]["matrix"]["python"][:: len(JOB["strategy"]["matrix"]["python"]) - 1]

    assert f"Python {first} to {last}" in (REPOSITORY / "README.md").read_text()


def test_every_hook_is_a_target_of_the_makefile() -> None:
    ((local,),) = [yaml.safe_load(HOOKS.read_text())["repos"]]

    assert local["repo"] == "local"
    assert {hook["entry"] for hook in local["hooks"]} <= {f"make {target}" for target in TARGETS}
