"""The translated template against AWS's own schemas, which find more than `sam validate`."""

from __future__ import annotations

import json
import re

import pytest
from cfnlint.api import lint

from tests.support.translated import SOURCE, of_type, resolved, statements, translated

NAMES = {"BucketName", "FunctionName", "LogGroupName", "Name", "QueueName", "RoleName", "RuleName"}
NAMED_AFTER_A_FUNCTION = {"AWS::Lambda::EventInvokeConfig", "AWS::Lambda::EventSourceMapping"}
UNIQUE = re.compile(r"AWS::StackId|\$\{KeyAliasPrefix\}")
"""What a name may be made of: the id of the stack, or what the operator chooses for this stack."""
NAMES |= {"TableName", "TopicName", "AlarmName", "AliasName", "ManagedPolicyName"}


def test_cfn_lint_finds_nothing_in_any_region() -> None:
    # one call for all, because each call loads the rules
    regions = ["us-east-1", "eu-central-1", "cn-north-1", "us-gov-west-1"]

    found = lint(json.dumps(translated()), None, regions)

    assert [f"{match.rule.id}: {match.message}" for match in found] == []


def test_no_resource_has_a_fixed_name() -> None:
    named = {
        (name, key)
        for name, resource in translated()["Resources"].items()
        for key in NAMES & resource.get("Properties", {}).keys()
        if resource["Type"] not in NAMED_AFTER_A_FUNCTION
        and not UNIQUE.search(str(resource["Properties"][key]))
    }

    assert named == set()


def test_arns_use_the_partition_pseudo_parameter() -> None:
    resources = SOURCE.read_text().partition("\nResources:")[2]

    fixed = re.findall(r"arn:(?!\$\{AWS::Partition\}|[\"'])\S+", resources)
    assert fixed == [
        'arn:aws-cn:s3:::",',
        'arn:aws-us-gov:s3:::",',
        'arn:aws-eusc:s3:::",',
        'arn:aws-iso:s3:::",',
        'arn:aws-iso-b:s3:::",',
        'arn:aws-iso-e:s3:::",',
        'arn:aws-iso-f:s3:::",',
        'arn:aws:s3:::",',
    ]  # delimiters of Fn::Join, which must be literals


def test_service_principals_are_valid_in_every_partition() -> None:
    principals = {
        service
        for _, statement in statements(resolved())
        if isinstance(statement.get("Principal"), dict)
        for service in _as_texts(statement["Principal"].get("Service", []))
    }

    assert {service for service in principals if not service.endswith(".amazonaws.com")} == set()


def _as_texts(value: str | list[str]) -> list[str]:
    return [value] if isinstance(value, str) else value


def test_every_parameter_has_a_description() -> None:
    parameters = translated()["Parameters"]

    assert [name for name, parameter in parameters.items() if not parameter.get("Description")] == []


def test_every_parameter_is_in_a_parameter_group() -> None:
    template = translated()
    groups = template["Metadata"]["AWS::CloudFormation::Interface"]["ParameterGroups"]

    assert {name for group in groups for name in group["Parameters"]} == set(template["Parameters"])


def test_every_output_has_a_description() -> None:
    outputs = translated()["Outputs"]

    assert [name for name, output in outputs.items() if not output.get("Description")] == []


@pytest.mark.parametrize("name", of_type(resolved(), "AWS::Lambda::Function"))
def test_function_has_the_runtime_and_architecture_of_the_layer(name: str) -> None:
    template = resolved()
    function = of_type(template, "AWS::Lambda::Function")[name]
    (layer,) = of_type(template, "AWS::Lambda::LayerVersion").values()

    assert (layer["CompatibleRuntimes"], layer["CompatibleArchitectures"]) == (
        [function["Runtime"]],
        function["Architectures"],
    )
