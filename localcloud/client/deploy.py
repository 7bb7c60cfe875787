"""Build the repository's template with the real SAM CLI and deploy it, unchanged, onto a local cloud."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from localcloud.client.handle import REPOSITORY, ROOT, LocalCloud

SAM = REPOSITORY / ".venv" / "sam" / "bin" / "sam"
_ERROR_TAIL = 4000


class DeployError(RuntimeError):
    """The SAM CLI failed; the message ends with what it printed."""


@dataclass(frozen=True, slots=True)
class Stack:
    """A deployed stack and its outputs."""

    name: str
    outputs: Mapping[str, str]


def build() -> None:
    """`sam build` of the repository, into its own `.aws-sam`. Raises DeployError."""
    _sam(["build"], {"AWS_DEFAULT_REGION": "us-east-1"})


def deploy(cloud: LocalCloud, name: str, **parameters: object) -> Stack:
    """`sam deploy` of the built template, as a stack called `name`. Raises DeployError.

    `parameters` override the template's; without any, those of `default` in samconfig.toml apply.
    """
    overrides = [f"{key}={value}" for key, value in parameters.items()]
    arguments = ["deploy", "--stack-name", name, "--no-progressbar"]
    if overrides:
        arguments += ["--parameter-overrides", *overrides]
    _sam(arguments, _environment(cloud))
    return describe(cloud, name)


def describe(cloud: LocalCloud, name: str) -> Stack:
    """The outputs of a stack that is already deployed."""
    answer = cloud.client("cloudformation").describe_stacks(StackName=name)
    outputs = answer["Stacks"][0].get("Outputs", [])
    return Stack(name, {output["OutputKey"]: output["OutputValue"] for output in outputs})


def _environment(cloud: LocalCloud) -> dict[str, str]:
    return {
        "AWS_ACCESS_KEY_ID": ROOT.access_key,
        "AWS_SECRET_ACCESS_KEY": ROOT.secret_key,
        "AWS_DEFAULT_REGION": cloud.region,
        "AWS_ENDPOINT_URL": cloud.endpoint,
    }


def _sam(arguments: list[str], environment: Mapping[str, str]) -> None:
    """Run the SAM CLI without the developer's own AWS settings."""
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
        output = (finished.stdout + finished.stderr)[-_ERROR_TAIL:]
        raise DeployError(f"sam {' '.join(arguments)} failed:\n{output}")


if __name__ == "__main__":
    build()
