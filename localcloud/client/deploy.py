"""Deploy the built template, unchanged, onto a local cloud with the real SAM CLI."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from localcloud.client.handle import ROOT, LocalCloud
from localcloud.client.sam import run_sam


@dataclass(frozen=True, slots=True)
class Stack:
    """A deployed stack and its outputs."""

    name: str
    outputs: Mapping[str, str]


def deploy(cloud: LocalCloud, name: str, **parameters: object) -> Stack:
    """`sam deploy` of the built template, as a stack called `name`. Raises DeployError.

    `parameters` override the template's; without any, those of `default` in samconfig.toml apply.
    """
    overrides = [f"{key}={value}" for key, value in parameters.items()]
    arguments = ["deploy", "--stack-name", name, "--no-progressbar"]
    if overrides:
        arguments += ["--parameter-overrides", *overrides]
    run_sam(arguments, _environment(cloud))
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
