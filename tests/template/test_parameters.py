"""The parameters: what each accepts, and that the console says so."""

from __future__ import annotations

import re
from typing import Any

import pytest

from tests.support.translated import of_type, resolved, translated
from tests.template.objects.test_object_rule import REGIONS

PARAMETERS: dict[str, dict[str, Any]] = translated()["Parameters"]
FREE = [name for name, parameter in PARAMETERS.items() if "AllowedValues" not in parameter]
TEXTS = [name for name in FREE if PARAMETERS[name]["Type"] == "String"]
NUMBERS = [name for name in FREE if PARAMETERS[name]["Type"] == "Number"]
KEY_ID = "0d9a4c1e-8f27-4b63-a5c0-71e2d3f4b5a6"
LONGEST = {
    "KmsKeyArn": "arn:{partition}:kms:{region}:111122223333:key/{key}",
    "AwsManagedKeyArn": "arn:{partition}:kms:{region}:111122223333:key/mrk-{key}",
    "LogGroupKeyArn": "arn:{partition}:kms:{region}:111122223333:key/mrk-{key}",
    "ApprovedKeys": "arn:{partition}:kms:{region}:111122223333:key/{key}",
    "AlertTopicArn": f"arn:{{partition}}:sns:{{region}}:111122223333:{'t' * 80}",
    "PermissionsBoundaryArn": f"arn:{{partition}}:iam::111122223333:policy/{'p' * 510}/{'n' * 128}",
}
"""The longest value of each parameter that takes an ARN."""
REFUSED = [
    ("NotificationEmail", "somebody"),
    ("AlertTopicArn", "arn:aws:sns:us-east-1:111122223333:alerts.fifo"),
    ("ObjectScope", ""),
    ("ObjectScope", "*,payroll"),
    ("ObjectScope", "team-*"),
    ("ObjectScope", "payroll, team"),
    ("RunbookUrl", ""),
    ("RunbookUrl", "http://wiki.example.com/runbook"),
    ("RunbookUrl", "https://wiki.example.com/runbook#top"),
    ("PermissionsBoundaryArn", "boundary"),
    ("RolePath", "security/"),
    ("RolePath", "/security"),
    ("RolePath", "//"),
    ("KeyAliasPrefix", "aws/reseal"),
    ("KeyAliasPrefix", "/reseal"),
    ("KeyAliasPrefix", "re seal"),
]
TAKEN = [
    ("NotificationEmail", "you@example.com"),
    ("ObjectScope", "*"),
    ("ObjectScope", "team-,payroll/"),
    ("RunbookUrl", "https://wiki.example.com/display/SEC/Reseal+runbook?page=1"),
    ("PermissionsBoundaryArn", "arn:aws:iam::aws:policy/PowerUserAccess"),
    ("RolePath", "/"),
    ("RolePath", "/security/reseal/"),
    ("KeyAliasPrefix", "security/reseal"),
    ("KeyAliasPrefix", "aws-reseal"),
]


def accepts(name: str, value: str) -> bool:
    """As CloudFormation checks a text."""
    rules = PARAMETERS[name]
    return bool(re.fullmatch(rules["AllowedPattern"], value)) and len(value) <= rules["MaxLength"]


@pytest.mark.parametrize("name", TEXTS)
def test_text_has_a_pattern_and_a_length_and_its_refusal_says_both(name: str) -> None:
    parameter = PARAMETERS[name]

    assert {"AllowedPattern", "MaxLength", "ConstraintDescription"} <= parameter.keys()
    assert str(parameter["MaxLength"]) in parameter["ConstraintDescription"]


@pytest.mark.parametrize("name", NUMBERS)
def test_number_has_both_limits(name: str) -> None:
    assert {"MinValue", "MaxValue"} <= PARAMETERS[name].keys()


@pytest.mark.parametrize("name", PARAMETERS)
def test_default_is_within_the_limits(name: str) -> None:
    parameter = PARAMETERS[name]
    default = parameter["Default"]

    if name in TEXTS:
        assert accepts(name, default)
    elif name in NUMBERS:
        assert parameter["MinValue"] <= default <= parameter["MaxValue"]
    else:
        assert default in parameter["AllowedValues"]


@pytest.mark.parametrize("partition", REGIONS)
@pytest.mark.parametrize("name", LONGEST)
def test_longest_arn_of_every_partition_is_accepted(name: str, partition: str) -> None:
    value = LONGEST[name].format(partition=partition, region=REGIONS[partition], key=KEY_ID)

    assert accepts(name, value)


@pytest.mark.parametrize(("name", "value"), TAKEN)
def test_value_is_accepted(name: str, value: str) -> None:
    assert accepts(name, value)


@pytest.mark.parametrize(("name", "value"), REFUSED)
def test_value_is_refused(name: str, value: str) -> None:
    assert not accepts(name, value)


def test_every_parameter_has_a_label_that_differs_from_its_name() -> None:
    labels = translated()["Metadata"]["AWS::CloudFormation::Interface"]["ParameterLabels"]

    assert labels.keys() == PARAMETERS.keys()
    assert [name for name, label in labels.items() if label["default"] == name] == []


def test_every_role_has_the_path_and_the_boundary_of_the_organisation() -> None:
    boundary = "arn:aws:iam::111122223333:policy/boundary"

    roles = of_type(resolved(RolePath="/security/", PermissionsBoundaryArn=boundary), "AWS::IAM::Role")

    assert {(role["Path"], role["PermissionsBoundary"]) for role in roles.values()} == {
        ("/security/", boundary)
    }
    assert not any("PermissionsBoundary" in role for role in of_type(resolved(), "AWS::IAM::Role").values())


def test_every_log_group_has_the_key_of_the_organisation() -> None:
    key = f"arn:aws:kms:us-east-1:111122223333:key/{KEY_ID}"

    groups = of_type(resolved(LogGroupKeyArn=key), "AWS::Logs::LogGroup")

    assert {group["KmsKeyId"] for group in groups.values()} == {key}
    assert not any("KmsKeyId" in group for group in of_type(resolved(), "AWS::Logs::LogGroup").values())


@pytest.mark.parametrize(
    ("parameters", "aliases"),
    [
        ({}, {"RemediationKey": "alias/a/b-remediation", "AlertsKey": "alias/a/b-alerts"}),
        (
            {"AlertTopicArn": "arn:aws:sns:us-east-1:111122223333:t", "ObjectBuckets": "*"},
            {"RemediationKey": "alias/a/b-remediation", "TrailKey": "alias/a/b-trail"},
        ),
    ],
)
def test_every_key_of_the_stack_has_its_alias(parameters: dict[str, str], aliases: dict[str, str]) -> None:
    made = of_type(resolved(KeyAliasPrefix="a/b", **parameters), "AWS::KMS::Alias").values()

    assert {alias["TargetKeyId"]["Ref"]: alias["AliasName"] for alias in made} == aliases
    assert of_type(resolved(**parameters), "AWS::KMS::Alias") == {}


def test_alias_of_the_remediation_key_is_kept_like_the_key() -> None:
    alias = resolved(KeyAliasPrefix="a")["Resources"]["RemediationKeyAlias"]

    assert (alias["DeletionPolicy"], alias["UpdateReplacePolicy"]) == ("RetainExceptOnCreate", "Retain")


@pytest.mark.parametrize("function", ["EnforceBucketFunction", "EnforceObjectFunction"])
def test_address_of_the_runbook_reaches_the_function(function: str) -> None:
    functions = of_type(resolved(RunbookUrl="https://wiki/runbook"), "AWS::Lambda::Function")

    assert functions[function]["Environment"]["Variables"]["RUNBOOK_URL"] == "https://wiki/runbook"
