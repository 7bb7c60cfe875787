"""AWS's limits on a function's environment and a role's policies, with the longest lists of keys."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from documents.modes import can_enforce, mode_parameters
from tests.support.translated import Template, enforcing, of_type, resolved, translated
from tests.template.objects.test_object_rule import LONGEST_SCOPE, REGIONS, listed

ENVIRONMENT_LIMIT = 4096
"""Lambda, quotas: the names and values of all environment variables, in bytes."""

POLICY_LIMIT = 10_240
"""IAM, quotas: all inline policies of a role, in characters without white space."""

MOST_KEYS = 38
ENFORCING = {name: "enforce" for check, name in mode_parameters().items() if can_enforce(check)}
"""Every right, and the longest modes."""

STACK = "s" * 32
"""A long name for a stack. CloudFormation allows 128 characters: then fewer keys fit."""
KEY_ID = "0d9a4c1e-8f27-4b63-a5c0-71e2d3f4b5a6"
PASSED_BY_NAME = {"Ledger", "Snapshot", "ReportBucket"}
_REFERENCE = re.compile(r"\$\{([A-Za-z]+)(\.Arn)?\}")


def parameter(name: str) -> dict[str, Any]:
    found: dict[str, Any] = translated()["Parameters"][name]
    return found


def accepts(name: str, value: str) -> bool:
    """As CloudFormation checks a parameter."""
    rules = parameter(name)
    return bool(re.fullmatch(rules["AllowedPattern"], value)) and len(value) <= rules.get("MaxLength", 4096)


def most_keys(partition: str, region: str) -> str:
    """The longest list that the parameter accepts, if all keys are in the Region."""
    lists = [listed(count, partition, region) for count in range(1, MOST_KEYS + 2)]
    return max((keys for keys in lists if accepts("ApprovedKeys", keys)), key=len)


def of_partition(partition: str, **parameters: str) -> Template:
    region = REGIONS[partition]
    pseudo = {"AWS::Partition": partition, "AWS::Region": region, "AWS::StackName": STACK}
    return enforcing(
        **pseudo,
        ApprovedKeys=most_keys(partition, region),
        KmsKeyArn=listed(1, partition, region),
        ObjectBuckets="*",
        AlertTopicArn=f"arn:{partition}:sns:{region}:444455556666:{'t' * 82}",
        ObjectScope=LONGEST_SCOPE,
        RunbookUrl=f"https://{'r' * (parameter('RunbookUrl')['MaxLength'] - len('https://'))}",
        **ENFORCING,
        **parameters,
    )


def rendered(value: Any, partition: str) -> Any:
    """The value with what CloudFormation puts for each reference: an ARN, than which no URL is longer."""
    if isinstance(value, list):
        return [rendered(item, partition) for item in value]
    if isinstance(value, str):
        return _REFERENCE.sub(lambda m: _arn(m[1], partition), value)
    if not isinstance(value, dict):
        return value
    name, attribute = [value.get("Ref"), None] if "Ref" in value else value.get("Fn::GetAtt", [None, None])
    if name is None:
        return {key: rendered(v, partition) for key, v in value.items()}
    if name in PASSED_BY_NAME or attribute == "QueueName":
        return f"{STACK}-{name}-{'X' * 12}"
    return _arn(name, partition)


def _arn(resource: str, partition: str) -> str:
    if resource.endswith("Key"):
        return f"arn:{partition}:kms:{REGIONS[partition]}:111122223333:key/{KEY_ID}"
    return f"arn:{partition}:sns:{REGIONS[partition]}:111122223333:{STACK}-{resource}-{'X' * 12}"


def size_of(function: dict[str, Any], partition: str) -> int:
    variables = rendered(function["Environment"]["Variables"], partition)
    return sum(len(name) + len(str(value)) for name, value in variables.items())


def test_longest_scope_is_accepted_and_a_longer_one_refused() -> None:
    assert len(LONGEST_SCOPE) == parameter("ObjectScope")["MaxLength"]
    assert accepts("ObjectScope", LONGEST_SCOPE)
    assert not accepts("ObjectScope", f"{LONGEST_SCOPE}s")
    assert not accepts("ObjectScope", "a,b,c,d,e,f")


def test_longest_list_of_keys_is_accepted_and_a_longer_one_refused() -> None:
    assert accepts("ApprovedKeys", listed(MOST_KEYS))
    assert not re.fullmatch(parameter("ApprovedKeys")["AllowedPattern"], listed(MOST_KEYS + 1))


@pytest.mark.parametrize("value", ["account", listed(1), listed(2)], ids=["account", "one", "two"])
def test_short_lists_and_the_account_are_accepted(value: str) -> None:
    assert accepts("ApprovedKeys", value)


@pytest.mark.parametrize("value", ["", "account,account", f"account,{listed(1)}", f"{listed(1)},"])
def test_malformed_list_of_keys_is_refused(value: str) -> None:
    assert not accepts("ApprovedKeys", value)


def test_refused_list_says_how_many_keys_are_accepted() -> None:
    assert f"at most {MOST_KEYS} key ARNs" in parameter("ApprovedKeys")["ConstraintDescription"]


@pytest.mark.parametrize("partition", REGIONS)
def test_environment_of_every_function_fits_with_the_longest_list_of_keys(partition: str) -> None:
    functions = of_type(of_partition(partition), "AWS::Lambda::Function")

    sizes = {name: size_of(function, partition) for name, function in functions.items()}

    assert {name: size for name, size in sizes.items() if size > ENVIRONMENT_LIMIT} == {}


@pytest.mark.parametrize("partition", REGIONS)
def test_environment_of_the_trail_check_fits_with_the_longest_list_of_buckets(partition: str) -> None:
    buckets = "b" * parameter("ObjectBuckets")["MaxLength"]
    functions = of_type(resolved(ObjectBuckets=buckets, ObjectScope=LONGEST_SCOPE), "AWS::Lambda::Function")

    assert size_of(functions["CheckTrailFunction"], partition) <= ENVIRONMENT_LIMIT


@pytest.mark.parametrize("partition", REGIONS)
@pytest.mark.parametrize("required", ["SSE-KMS", "DSSE-KMS"])
def test_policies_of_every_role_fit_with_the_longest_list_of_keys(partition: str, required: str) -> None:
    roles = of_type(of_partition(partition, RequiredEncryption=required), "AWS::IAM::Role")

    sizes = {
        name: sum(
            len(json.dumps(rendered(policy["PolicyDocument"], partition), separators=(",", ":")))
            for policy in role["Policies"]
        )
        for name, role in roles.items()
    }

    assert {name: size for name, size in sizes.items() if size > POLICY_LIMIT} == {}
