"""`sam deploy` with the defaults of samconfig.toml: the SAM CLI deploys what the other tests deploy."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from samtranslator.yaml_helper import yaml_parse

from localcloud.client import deploy
from localcloud.client.arrivals import Arrivals
from localcloud.client.handle import LocalCloud
from tests.support import package
from tests.support.deployment import STORAGE_ONLY, Deployment
from tests.support.environments import environment_python

NAME = "reseal"
_UPLOADED = re.compile(r"^s3://.+$")
_LAYERS_PLACE = re.compile(r"(?<=^ResealLayer)[0-9a-f]{10}$")  # SAM names a layer by where it was uploaded


@pytest.fixture(scope="module")
def by_sam(built: Path) -> Iterator[Deployment]:
    """The stack that the SAM CLI deploys, with only the parameters of samconfig.toml."""
    with LocalCloud.start(python=environment_python("cloud")) as cloud:
        stack = deploy.deploy(cloud, NAME)
        s3 = cloud.client("s3", cloud.create_user("engineer", STORAGE_ONLY))
        yield Deployment(cloud, stack, Arrivals(cloud, stack), s3)


@pytest.fixture(scope="module")
def by_the_tests(built: Path) -> Iterator[Deployment]:
    """The stack as the other tests deploy it, with the same parameters."""
    with LocalCloud.start(python=environment_python("cloud")) as cloud:
        stack = package.deploy(cloud, NAME, Mode="enforce")
        yield Deployment(cloud, stack, Arrivals(cloud, stack), cloud.client("s3"))


def template(deployment: Deployment) -> Any:
    """The template that CloudFormation got, without upload locations and the SAM CLI's metadata."""
    answer = deployment.cloud.client("cloudformation").get_template(StackName=NAME, TemplateStage="Original")
    document = yaml_parse(str(answer["TemplateBody"]))
    for resource in document["Resources"].values():
        resource.pop("Metadata", None)
        for place in {"CodeUri", "ContentUri"} & resource.get("Properties", {}).keys():
            resource["Properties"][place] = _UPLOADED.sub("uploaded", resource["Properties"][place])
    return document


def stack_of(deployment: Deployment) -> tuple[Any, Any, Any]:
    """Its parameters, its resources and the names of its outputs."""
    cloudformation = deployment.cloud.client("cloudformation")
    (stack,) = cloudformation.describe_stacks(StackName=NAME)["Stacks"]
    resources = cloudformation.describe_stack_resources(StackName=NAME)["StackResources"]
    return (
        {parameter["ParameterKey"]: parameter["ParameterValue"] for parameter in stack["Parameters"]},
        {
            _LAYERS_PLACE.sub("", resource["LogicalResourceId"]): resource["ResourceType"]
            for resource in resources
        },
        set(deployment.stack.outputs),
    )


def test_sam_cli_deploys_the_template_that_the_tests_deploy(
    by_sam: Deployment, by_the_tests: Deployment
) -> None:
    assert template(by_sam) == template(by_the_tests)
    assert stack_of(by_sam) == stack_of(by_the_tests)


def test_stack_of_the_sam_cli_remediates_a_new_bucket(by_sam: Deployment) -> None:
    queue = by_sam.stack.outputs["BucketQueueUrl"]
    by_sam.cloud.client("sqs").set_queue_attributes(QueueUrl=queue, Attributes={"DelaySeconds": "0"})

    rule = by_sam.rule(by_sam.bucket())

    assert rule["ApplyServerSideEncryptionByDefault"]["KMSMasterKeyID"] == by_sam.key


def test_unchanged_redeploy_succeeds(by_sam: Deployment) -> None:
    again = deploy.deploy(by_sam.cloud, NAME)

    assert again.outputs == by_sam.stack.outputs
